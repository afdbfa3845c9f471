import Disassembler
import Processor
import Testing

@Suite("Disassembler listings") struct ListingTests {
    @Test func sizeFollowsTheCode() throws {
        let bytes: [UInt8] = [0x8B, 0x44, 0x8B, 0x10]
        let disassembler = Disassembler()
        #expect(disassembler.line(bytes, at: 0, code32: true)?.text == "mov eax, dword ptr [ebx + 4*ecx + 0x10]")
        #expect(disassembler.line(bytes, at: 0, code32: false)?.text == "mov ax, word ptr [si - 0x75]")
        #expect(disassembler.line(bytes, at: 0, code32: false)?.bytes.count == 3)
    }

    @Test func branchTargetsHaveNames() {
        let disassembler = Disassembler { $0 == 0xF_0105 ? "delay" : nil }
        let call: [UInt8] = [0xE8, 0x02, 0x01]
        #expect(disassembler.line(call, at: 0, segmentBase: 0xF_0000, code32: false)?.text == "call 0x105 <delay>")
        #expect(disassembler.line(call, at: 0, segmentBase: 0, code32: false)?.text == "call 0x105")
    }

    /// IP wraps at 64 KiB.
    @Test func sixteenBitBranchesWrap() {
        #expect(Disassembler().line([0xEB, 0x10], at: 0xFFFE, code32: false)?.text == "jmp 0x10")
    }

    @Test func whatIsNoInstructionTakesOneByte() {
        // 0F 04 is none, and lea has no register form.
        let lines = Disassembler().lines([0x0F, 0x04, 0x90, 0x8D, 0xC0], at: 0, code32: true)
        #expect(lines.map(\.text) == ["(bad)", "add al, 0x90", "(bad)"])
        #expect(lines.first?.bytes == [0x0F])
        #expect(lines.first?.isValid == false)
    }

    @Test func aMisplacedLockIsShownAndInvalid() {
        let line = Disassembler().line([0xF0, 0x89, 0xC3], at: 0, code32: true)
        #expect(line?.text == "lock mov ebx, eax")
        #expect(line?.isValid == false)
    }

    @Test func listingsEndWithTheBytes() {
        #expect(Disassembler().lines([0x90, 0xE8, 0x00], at: 0, code32: true).map(\.text) == ["nop"])
        #expect(Disassembler().line([], at: 0, code32: true) == nil)
        // Sixteen prefixes: the processor gives up, so does the listing, byte by byte.
        let prefixes = [UInt8](repeating: 0x66, count: 16)
        #expect(Disassembler().lines(prefixes, at: 0, code32: true).first?.text == "(bad)")
    }

    @Test(
        arguments: [
            ([0xF3, 0x90], "pause"), ([0xF3, 0x0F, 0x1E, 0xFB], "endbr32"), ([0x0F, 0x0B], "ud2"), ([0xF1], "int1"),
            ([0xEA, 0x5B, 0xE0, 0x00, 0xF0], "jmp far 0xf000:0xe05b"),
            ([0x66, 0x0F, 0x01, 0x16, 0x34, 0x12], "lgdtd [0x1234]"),
            ([0x0F, 0x01, 0x16, 0x34, 0x12], "lgdtw [0x1234]"), ([0xD1, 0xE0], "shl ax, 1"),
            ([0xF3, 0xA7], "repe cmpsw word ptr [si], word ptr es:[di]"),
            ([0x2E, 0x8A, 0x07], "mov al, byte ptr cs:[bx]"),
        ] as [([UInt8], String)])
    func texts(bytes: [UInt8], text: String) {
        #expect(Disassembler().line(bytes, at: 0, code32: false)?.text == text)
    }
}
