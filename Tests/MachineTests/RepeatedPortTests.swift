import Processor
import Testing

@testable import Machine

/// `rep ins` and `rep outs` at the disk's data register: what moves at once must look as if it had moved word by word.
@Suite struct RepeatedPortTests {
    /// Two sectors, of which no two words are the same.
    private static let contents: [UInt8] = (0..<512).flatMap { word in [UInt8(word & 0xFF), UInt8(word >> 8 ^ 0x5A)] }

    /// A machine in real mode whose disk is ready to transfer two sectors after `command`, in front of `code` at
    /// 0:7000h.
    private func machine(_ command: UInt8, _ code: [UInt8], disk: IDEChannelTests.TestDisk) throws -> Machine {
        let bench = try Bench { $0.drives = [Machine.Drive(image: disk, policy: .writeThrough)] }
        bench.out(0x1F6, 0xE0)
        bench.out(0x1F2, 2)
        bench.out(0x1F3, [1])
        bench.out(0x1F7, command)
        bench.wait("the drive stays busy", until: { bench.inb(0x3F6) & 0x88 == 0x08 })
        let machine = bench.machine
        machine.memory.write(code, at: 0x7000)
        machine.memory.write(Self.contents, at: 0x3000)
        let state = machine.processor.state
        state.pointee.segments[1].selector = 0
        state.pointee.segments[1].base = 0
        state.pointee.eip = 0x7000
        machine.processor.stateWasReplaced()
        return machine
    }

    /// Runs to `hlt`, by pieces of `piece` steps.
    private func run(_ machine: Machine, piece: UInt64) {
        for _ in 0..<500_000 {
            guard machine.run(until: machine.steps &+ piece) == .reached else { return }
        }
        Issue.record("the guest does not come to an end")
    }

    private func disk() throws -> IDEChannelTests.TestDisk {
        let disk = IDEChannelTests.TestDisk(sectorCount: 100)
        try disk.write(Self.contents, at: 1)
        return disk
    }

    /// cld (or std); mov di, 0FF1h; mov dx, 1F0h; mov cx, COUNT; rep insw (with 66h: insd); hlt
    private func input(_ count: UInt16, wide: Bool, descending: Bool = false) -> [UInt8] {
        [descending ? 0xFD : 0xFC, 0xBF, 0xF1, 0x0F, 0xBA, 0xF0, 0x01, 0xB9, UInt8(count & 0xFF), UInt8(count >> 8)]
            + (wide ? [0xF3, 0x66, 0x6D, 0xF4] : [0xF3, 0x6D, 0xF4])
    }

    /// Odd addresses across a page; less than a block, exactly one, and more, when the drive is busy with the next.
    @Test(arguments: [(100, false), (256, false), (300, false), (60, true), (128, true), (200, true)])
    func readingAtOnceIsReadingOneByOne(_ count: Int, _ wide: Bool) throws {
        let whole = try machine(0x20, input(UInt16(count), wide: wide), disk: disk())
        run(whole, piece: .max / 2)
        for piece in [1, 7, 100] as [UInt64] {
            let cut = try machine(0x20, input(UInt16(count), wide: wide), disk: disk())
            run(cut, piece: piece)
            #expect(whole.steps == cut.steps)
            #expect(whole.stateDigest() == cut.stateDigest())
        }
        let bytes = min(count * (wide ? 4 : 2), 512)
        #expect(whole.memory.read(0xFF1, count: bytes) == Array(Self.contents[..<bytes]))
        #expect(whole.processor.state.pointee.general[1] & 0xFFFF == 0)
    }

    @Test func readingDownwards() throws {
        let whole = try machine(0x20, input(256, wide: false, descending: true), disk: disk())
        run(whole, piece: .max / 2)
        let stepped = try machine(0x20, input(256, wide: false, descending: true), disk: disk())
        run(stepped, piece: 1)
        #expect(whole.stateDigest() == stepped.stateDigest())
        #expect(whole.memory.read(0xFF1, count: 2) == Array(Self.contents[..<2]))
        #expect(whole.memory.read(0xFF1 - 510, count: 2) == Array(Self.contents[510..<512]))
    }

    /// A program may change its own code with what it reads; the instruction behind it is then another.
    @Test func readingOverTheNextInstruction() throws {
        // cld; mov di, 700Ch; mov dx, 1F0h; mov cx, 100h; rep insw; (here the words come to lie) hlt
        let code: [UInt8] = [0xFC, 0xBF, 0x0C, 0x70, 0xBA, 0xF0, 0x01, 0xB9, 0x00, 0x01, 0xF3, 0x6D, 0xF4]
        var contents = [UInt8](repeating: 0x43, count: 512)
        contents[511] = 0xF4
        let disk = try disk()
        try disk.write(contents, at: 1)
        let whole = try machine(0x20, code, disk: disk)
        run(whole, piece: .max / 2)
        let stepped = try machine(0x20, code, disk: disk)
        run(stepped, piece: 1)
        #expect(whole.stateDigest() == stepped.stateDigest())
        // 511 times inc bx.
        #expect(whole.processor.state.pointee.general[3] & 0xFFFF == 511)
    }

    /// cld; mov si, 3000h; mov dx, 1F0h; twice: mov cx, 100h; rep outsw; wait until the drive is not busy; then hlt.
    private static let output: [UInt8] = {
        let block: [UInt8] = [
            0xBA, 0xF0, 0x01, 0xB9, 0x00, 0x01, 0xF3, 0x6F, 0xBA, 0xF6, 0x03, 0xEC, 0xA8, 0x80, 0x75, 0xFB,
        ]
        return [0xFC, 0xBE, 0x00, 0x30] + block + block + [0xF4]
    }()

    @Test func writingAtOnceIsWritingOneByOne() throws {
        let (first, second) = (
            IDEChannelTests.TestDisk(sectorCount: 100), IDEChannelTests.TestDisk(sectorCount: 100)
        )
        let whole = try machine(0x30, Self.output, disk: first)
        run(whole, piece: .max / 2)
        let stepped = try machine(0x30, Self.output, disk: second)
        run(stepped, piece: 1)
        #expect(whole.steps == stepped.steps)
        #expect(whole.stateDigest() == stepped.stateDigest())
        #expect(first.written == second.written)
        #expect(try first.read(2, at: 1) == Self.contents)
    }
}
