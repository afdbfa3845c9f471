import Machine
import Testing

/// `hlt` where Bochs, which sleeps on, cannot be asked.
@Suite("hlt")
struct HaltTests {
    @Test("The single-step trap behind hlt wakes the processor (SDM vol. 2, HLT)")
    func singleStep() throws {
        let program: [UInt8] = [
            0xFA,  // cli
            0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xD0, 0xBC, 0x00, 0x70,  // DS = SS = 0, SP = 7000h
            0xC7, 0x06, 0x04, 0x00, 0x23, 0x7E,  // vector 1: 0:7E23h
            0xC7, 0x06, 0x06, 0x00, 0x00, 0x00,
            0x68, 0x02, 0x01, 0x9D,  // push 102h; popf
            0xF4,  // hlt
            0xB0, 0x01, 0xBA, 0x01, 0x05, 0xEE, 0xEB, 0xFE,  // never here: exit code 3
            // 7E23h: the return address, then exit code 5 if it is that behind the `hlt`
            0x5B, 0x81, 0xFB, 0x1B, 0x7E, 0xB0, 0x02, 0x74, 0x02, 0xB0, 0x03, 0xBA, 0x01, 0x05, 0xEE, 0xEB, 0xFE,
        ]
        let machine = try BareMachine.make(program)
        guard case .exited(let code) = machine.run(until: 1_000_000) else {
            Issue.record("the machine sleeps")
            return
        }
        #expect(code == 5)
    }
}
