import Testing
import UserText

@Suite struct TextTests {
    @Test func `numbers are written in decimal`() {
        #expect(("\(UInt32(0)) \(UInt32(9)) \(UInt32(10)) \(UInt32.max)" as Text).description == "0 9 10 4294967295")
        #expect(("\(-17) \(0) \(2_147_483_647)" as Text).description == "-17 0 2147483647")
        #expect(("[\(UInt32(42), width: 5)] [\(UInt32(123), width: 2)]" as Text).description == "[   42] [123]")
    }

    @Test func `addresses have eight digits`() {
        #expect(
            ("\(hex: 0) \(hex: 0x804_8123) \(hex: 0xFFFF_FFFF)" as Text).description
                == "0x00000000 0x08048123 0xffffffff")
    }

    @Test func `bytes, digits and truths`() {
        #expect(("\(hexByte: 0) \(hexByte: 0xAB)" as Text).description == "00 ab")
        let (five, twelve): (UInt32, UInt32) = (5, 12)
        #expect(
            ("\(five, digits: 2) \(twelve, digits: 2) \(five, digits: 4) \(twelve, digits: 1)" as Text).description
                == "05 12 0005 12")
        #expect(("\(true) \(false)" as Text).description == "true false")
    }

    @Test func `texts, literals and bytes are joined`() {
        let name: Text = "shell"
        #expect(("<\(name)> \(Array("bytes".utf8)) é" as Text).description == "<shell> bytes é")
    }

    @Test func `columns are filled up`() {
        var text: Text = "ab"
        text.pad(to: 5)
        text.append("c")
        text.pad(to: 3)
        #expect(text.description == "ab   c")
    }

    @Test func `a text that is too long is cut off and says so`() {
        var text = Text()
        for _ in 0..<300 { text.append(UInt8(ascii: "x")) }
        #expect(text.count == Text.capacity)
        #expect(text.description.hasSuffix("xxx..."))
        text.pad(to: 400)
        #expect(text.count == Text.capacity)
    }

    @Test func `a text of exactly the capacity is whole`() {
        var text = Text()
        for _ in 0..<Text.capacity { text.append(UInt8(ascii: "x")) }
        #expect(!text.description.contains("."))
        #expect(text[Text.capacity - 1] == UInt8(ascii: "x"))
        #expect(text[Text.capacity] == 0)
    }

    @Test func `a line ends, however long it is`() {
        var text = Text()
        for length in 0...Text.capacity {
            #expect(text.count == length)
            text.withLine {
                #expect($0.count == length + 1)
                #expect($0.last == 0x0A)
                #expect(!$0.dropLast().contains(0x0A))
            }
            if length < Text.capacity { text.append("x") }
        }
    }

    @Test func `numbers are read as strictly as they are written`() {
        #expect(Decimal.parse("0".utf8) == 0)
        #expect(Decimal.parse("0042".utf8) == 42)
        #expect(Decimal.parse("4294967295".utf8) == UInt32.max)
        for text in ["", "4294967296", "99999999999", "-1", "+1", " 1", "1 ", "0x10", "é"] {
            #expect(Decimal.parse(text.utf8) == nil, "\(text)")
        }
    }
}
