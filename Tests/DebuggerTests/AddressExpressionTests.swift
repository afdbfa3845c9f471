import Debugger
import Testing

@Suite("Address expressions") struct AddressExpressionTests {
    private let environment = AddressExpression.Environment(
        register: { ["eax": 0x1000, "sp": 0x7C00, "bx": 0xFFFF_FFFF][$0] },
        segmentBase: { ["cs": 0xF_0000, "ds": 0x1_0000][$0] },
        symbol: {
            [
                "kernelMain": 0x10_0000, "Scheduler.run()": 0x10_2000, "FrameAllocator.allocate(count:)": 0x10_3000,
                "a": 7,
            ][$0]
        },
        memory: { address, size in address == 0x1004 ? [1: 0xDD, 2: 0xCCDD, 4: 0xAABB_CCDD][size] : nil })

    @Test(
        arguments: [
            ("0x7c00", 0x7C00), ("4096", 4096), ("kernelMain", 0x10_0000), ("kernelMain+16", 0x10_0010),
            ("kernelMain + 0x10 - 1", 0x10_000F), ("$eax", 0x1000), ("eax", 0x1000), ("$EAX+4", 0x1004),
            ("cs:10", 0xF_0010), ("$ds:ff", 0x1_00FF), ("f000:fff0", 0xF_FFF0), ("0:7c00", 0x7C00), ("$bx+1", 0),
            ("Scheduler.run()", 0x10_2000), ("FrameAllocator.allocate(count:)", 0x10_3000), ("a", 7),
            ("cs:a", 0xF_000A),
            ("0:kernelMain", 0x10_0000), ("FrameAllocator.allocate(count:) + 1", 0x10_3001), ("2+3*4", 14),
            ("(2+3)*4", 20), ("1 << 4 | 1", 17), ("-1", 0xFFFF_FFFF), ("~0 >> 28", 15), ("!5", 0), ("7 % 4 == 3", 1),
            ("1 == 1 && 2 < 1 || 3 >= 3", 1), ("0 && [5]", 0), ("1 || [5]", 1), ("[eax+4]", 0xAABB_CCDD),
            ("byte[0x1004]", 0xDD), ("word[100:4]", 0xCCDD), ("dword[ $eax + 4 ] & 0xff", 0xDD), ("6 ^ 3", 5),
            ("0x10 - 1 - 1", 14), ("8 / 2 / 2", 2), ("5 != 5", 0), ("(0:7c00)+1", 0x7C01), ("3 <= 3", 1), ("3 > 3", 0),
        ] as [(String, UInt32)])
    func values(text: String, value: UInt32) throws {
        #expect(try AddressExpression.evaluate(text, in: environment) == value)
    }

    @Test(arguments: [
        "", "nothing", "$xyz", "0x123456789", "1:2:3", "4+", "0xg", "99999999999", ":", "+", "-", "kernelMain 2",
        "(1", "1)", "[5]", "byte[", "1 / 0", "5 % 0", "1 +* 2", "&& 1", "$", "[]", "1 = 1", "nothing(1)",
    ])
    func errorsAreWords(text: String) {
        #expect(throws: AddressExpression.InvalidExpression.self) {
            try AddressExpression.evaluate(text, in: environment)
        }
    }
    /// However deep, it ends in words.
    @Test func deepNesting() {
        for text in [
            String(repeating: "(", count: 100_000), String(repeating: "-", count: 100_000) + "1",
            String(repeating: "[", count: 5000) + "1" + String(repeating: "]", count: 5000),
        ] {
            #expect(throws: AddressExpression.InvalidExpression.self) {
                try AddressExpression.evaluate(text, in: environment)
            }
        }
    }
}
