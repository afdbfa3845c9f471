import EmulatorTestSupport
import Foundation
import Machine
import Testing

/// The image on machines that are worse than they should be: it must boot all the same, and say the same.
@Suite(.serialized) struct HostileTests {
    /// A BIOS's habits, and what the kernel's `boot:` line must say then.
    struct Case: CustomStringConvertible {
        let habits: HostileBIOS.Habits
        let expected: String
        var description: String { habits.description }
    }

    /// In QEMU and in our emulator.
    static let cases = [
        Case(habits: .noExtensions, expected: "by CHS"),
        Case(habits: .badMap, expected: "map by E820"),
        Case(habits: [.noE820, .noE801, .no88, .noExtensions], expected: "map by CMOS"),
        Case(habits: .clobbersRegisters, expected: "drive 0x80 by int 13h extensions, map by E820"),
        Case(habits: [.clobbersRegisters, .noExtensions, .noE820], expected: "by CHS, map by E801"),
        Case(
            habits: [
                .noExtensions, .badMap, .noE801, .no88, .noA20Service, .clobbersRegisters, .flakyDisk, .wrongDrive,
                .a20Off,
            ],
            expected: "drive 0x80 by CHS, map by E820, A20 port 92h"),
    ]

    /// In QEMU only: what is left of habits one by one.
    static let furtherCases = [
        Case(habits: [], expected: "drive 0x80 by int 13h extensions, map by E820, A20 already on"),
        Case(habits: .noE820, expected: "map by E801"),
        Case(habits: [.noE820, .noE801], expected: "map by 88h"),
        Case(habits: [.a20Off], expected: "A20 BIOS"),
        Case(habits: [.a20Off, .noA20Service], expected: "A20 port 92h"),
        Case(habits: [.flakyDisk, .wrongDrive], expected: "drive 0x80"),
        Case(habits: [.shortTransfers, .clobbersRegisters, .badMap], expected: "drive 0x80"),
    ]

    @Test(arguments: cases + furtherCases)
    func badBIOSInQEMU(_ hostile: Case) async throws {
        let directory = try ScratchDirectory()
        let disk = try HostileBIOS.disk(hostile.habits, in: directory)
        let image = try BuiltFile.kernelImage.url()
        let engine = QEMU(arguments: ["-drive", "file=\(image.path),format=raw,if=ide,index=1,snapshot=on"])
        try await boot(engine, disk, expected: hostile.expected)
    }

    @Test(arguments: cases)
    func badBIOSInOurEmulator(_ hostile: Case) async throws {
        let directory = try ScratchDirectory()
        let disk = try HostileBIOS.disk(hostile.habits, in: directory)
        let engine = MartletVM(memoryFill: .junk(seed: 1), secondDisk: try BuiltFile.kernelImage.url())
        try await boot(engine, disk, expected: hostile.expected)
    }

    /// EFLAGS.AC (bit 18) tells a 486 from a 386, and a BIOS's interrupt handlers may lose it: none may come in between.
    @Test func nothingInterruptsTheLookAtTheProcessor() throws {
        let configuration = MachineConfiguration(processor: .i486, memory: 4)
        let machine = try Machine(
            try MartletVM().machineConfiguration(configuration, image: try BuiltFile.kernelImage.url()))
        let state = machine.processor.state
        // In real mode and outside of the firmware's segments: our boot code.
        var looks = 0
        for _ in 0..<5_000_000 {
            guard case .reached = machine.step() else { break }
            let hasBit = state.pointee.eflags & 0x4_0000 != 0
            if looks > 0, !hasBit { break }
            guard hasBit, state.pointee.cr0 & 1 == 0, state.pointee.segments[1].base < 0xE0000 else { continue }
            looks += 1
            #expect(state.pointee.eflags & 0x200 == 0, "interrupts are enabled while AC is set")
        }
        #expect(looks > 0)
    }

    /// Hardware on which ways to switch A20 do nothing; what is expected is a way that does. (A machine on which none
    /// does cannot be had: its A20 could not be switched off either.)
    static let a20Cases: [(Machine.Hostility, HostileBIOS.Habits, String)] = [
        (.deadPort92, .noA20Service, "A20 8042"),
        (.deadKeyboardA20, .noA20Service, "A20 port 92h"),
        (.noKeyboardController, .noA20Service, "A20 port 92h"),
        (.slowA20, [], "A20 BIOS"),
        (.slowA20, .noA20Service, "A20 port 92h"),
    ]

    @Test(arguments: a20Cases)
    func deadA20Methods(hostility: Machine.Hostility, habits: HostileBIOS.Habits, expected: String) async throws {
        let directory = try ScratchDirectory()
        let disk = try HostileBIOS.disk(habits.union(.a20Off), in: directory)
        let engine = MartletVM(hostility: hostility, secondDisk: try BuiltFile.kernelImage.url())
        try await boot(engine, disk, expected: expected)
    }

    @Test(arguments: [1, 2, 3])
    func memoryFullOfJunk(seed: UInt64) async throws {
        let engine = MartletVM(memoryFill: .junk(seed: seed))
        try await boot(engine, try BuiltFile.kernelImage.url(), expected: "drive 0x80")
    }

    private static func machine(_ engine: some BootEngine) -> MachineConfiguration {
        MachineConfiguration(board: engine is MartletVM ? .isapc : .pc, memory: 16)
    }

    private func boot(_ engine: some BootEngine, _ disk: URL, expected: String) async throws {
        try await withMachine(engine, Self.machine(engine), image: disk) { machine in
            let log = KernelLog(try await machine.wait(for: "\n" + KernelLog.prompt))
            #expect(log.commonLines == (try await Reference.shared.commonLines()))
            #expect(log.lines("boot").first?.contains(expected) == true, "boot: \(log.lines("boot"))")
            let length = machine.serialOutput.count
            try machine.send("echo alive\r")
            try await machine.wait(for: "\r\nalive\r\n", from: length)
        }
    }
}
