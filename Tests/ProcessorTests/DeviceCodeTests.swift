import Testing

@testable import Processor

/// Instructions that are fetched from memory-mapped devices.
@Suite("Code in a device")
struct DeviceCodeTests {
    @Test("Every fetch asks the device, and execution gets on")
    func executes() throws {
        let machine = try SystemFixture()
        machine.memory.mapMMIO(0xA0000..<0xC0000)
        // The device's bytes are the low bytes of their addresses: `inc eax` at 40h, and so on to `inc edi` at 47h.
        machine.state.pointee.eip = 0xA0040
        let before = (0..<8).map { machine.state.pointee.general[$0] }
        #expect(machine.processor.run(until: machine.processor.steps + 8) == .deadline)
        #expect(machine.state.pointee.eip == 0xA0048)
        for index in 0..<8 { #expect(machine.state.pointee.general[index] == before[index] + 1) }
        #expect(machine.bus.mmioReads.contains { $0.address == 0xA0040 })
    }
}
