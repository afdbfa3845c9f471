import Foundation
import Machine
import Testing

/// The firmware in our own machine, as a library object in the test's process.
struct EmulatedPC: FirmwareHost {
    /// Steps until a test counts as hung.
    private static let patience: UInt64 = 2_000_000_000
    /// Steps between two looks at the log.
    private static let portion: UInt64 = 100_000

    var testDescription: String { "vm" }

    func run(_ setup: Setup, _ steps: [Step]) throws -> Outcome {
        try Firmware.built.get()
        var configuration = Machine.Configuration()
        configuration.memorySize = setup.memory << 20
        configuration.memoryFill = .junk(seed: 1)
        configuration.firmware = [UInt8](try Data(contentsOf: Firmware.rom))
        configuration.drives = try setup.disks.map { disk in
            let bytes = [UInt8](try Data(contentsOf: disk.file))
            return Machine.Drive(image: TestDisk(bytes, badSector: disk.badSector), policy: .discard)
        }
        let machine = try Machine(configuration)
        let console = DebugConsole()
        machine.output = console

        var outcome = Outcome()
        var seen = 0
        /// Runs until `done`; true if the machine was switched off instead.
        func run(_ what: String, until done: () -> Bool) throws -> Bool {
            while true {
                let result = machine.run(until: machine.steps + EmulatedPC.portion)
                if done() {
                    return false
                }
                if case .exited = result {
                    return true
                }
                guard result == .reached, machine.steps < EmulatedPC.patience else {
                    throw HostFailure(description: "vm: no \(what) but \(result); the log is:\n\(console.text)")
                }
            }
        }

        for step in steps {
            switch step {
            case .wait(let text):
                _ = try run("'\(text)'") {
                    guard let range = console.text.dropFirst(seen).range(of: text) else { return false }
                    seen = console.text.distance(from: console.text.startIndex, to: range.upperBound)
                    return true
                }
            case .press(let key):
                machine.inject(.key(key, isPressed: true))
                machine.inject(.key(key, isPressed: false))
            case .capture:
                let frame = machine.frame()
                outcome.picture = Outcome.Picture(
                    width: frame.width, height: frame.height,
                    pixels: frame.pixels.flatMap { [UInt8($0 >> 16 & 255), UInt8($0 >> 8 & 255), UInt8($0 & 255)] })
                outcome.cells = frame.text.map { $0.cells.map(cell) } ?? []
            case .waitForExit:
                guard try run("exit", until: { false }) else {
                    throw HostFailure(description: "vm does not end; the log is:\n\(console.text)")
                }
            }
        }
        outcome.log = console.text
        return outcome
    }

    private func cell(_ cell: TextScreen.Cell) -> Outcome.Cell {
        func colour(_ value: UInt32) -> [UInt8] {
            [16, 8, 0].map { UInt8(value >> ($0 as UInt32) & 255) >> 2 }
        }
        return Outcome.Cell(code: cell.code, foreground: colour(cell.foreground), background: colour(cell.background))
    }
}

/// What the firmware and its test programs say.
private final class DebugConsole: OutputSink {
    private var bytes: [UInt8] = []

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func debugConsole(sent byte: UInt8) {
        bytes.append(byte)
    }
}

/// A disk in memory with one sector that may be broken. Writes stay in the machine's overlay.
private final class TestDisk: DiskImage {
    private let bytes: [UInt8]
    private let badSector: UInt64?

    init(_ bytes: [UInt8], badSector: UInt64?) {
        self.bytes = bytes
        self.badSector = badSector
    }

    var sectorCount: UInt64 { UInt64(bytes.count / 512) }
    var isReadOnly: Bool { true }

    func read(_ count: Int, at sector: UInt64) throws(DiskError) -> [UInt8] {
        if let badSector, (sector..<sector + UInt64(count)).contains(badSector) {
            throw DiskError("bad sector \(badSector)")
        }
        return Array(bytes[Int(sector) * 512..<(Int(sector) + count) * 512])
    }

    func write(_ bytes: [UInt8], at sector: UInt64) throws(DiskError) {
        throw DiskError("the disk is read-only")
    }
}
