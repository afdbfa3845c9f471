import KernelABI
import KernelLogic
import RandomTestSupport
import Testing

@Suite struct LogRingTests {
    private func withRing(size: Int = 512, _ body: (inout LogRing) -> Void) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
        defer { memory.deallocate() }
        var ring = LogRing(memory: memory)
        body(&ring)
    }

    /// The lines from a position on, read through a buffer of `size` bytes.
    private func lines(_ ring: LogRing, from position: UInt32 = 0, size: Int = 512) -> [(LogRecord, String)] {
        var result: [(LogRecord, String)] = []
        var position = position
        while true {
            var bytes = [UInt8](repeating: 0, count: size)
            let (count, next) = bytes.withUnsafeMutableBytes { ring.read(position, into: $0) }
            guard count > 0 else { return result }
            position = next
            var offset = 0
            while offset < count {
                let record = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: LogRecord.self) }
                result.append(
                    (record, String(decoding: bytes[(offset + 8)..<(offset + 8 + Int(record.length))], as: UTF8.self)))
                offset += Int(record.size)
            }
        }
    }

    private func write(_ line: String, _ ring: inout LogRing, level: LogLevel = .information, at time: UInt32 = 0) {
        for byte in (line + "\n").utf8 { ring.append(byte, level: level.rawValue, milliseconds: time) }
    }

    @Test func handsOutTextFromAPosition() {
        withRing { ring in
            func text(_ position: UInt32) -> String {
                var bytes: [UInt8] = []
                ring.forEachByte(from: position) { bytes.append($0) }
                return String(decoding: bytes, as: UTF8.self)
            }
            #expect(text(0) == "")
            write("first", &ring)
            let position = ring.end
            write("", &ring)
            write("third", &ring)
            #expect(text(0) == "first\n\nthird\n")
            #expect(text(position) == "\nthird\n")
            for number in 0..<100 { write("line \(number)", &ring) }
            #expect(text(position).hasSuffix("line 98\nline 99\n"), "what is gone is passed over")
            #expect(!text(position).contains("third"))
        }
    }

    @Test func keepsLinesWithLevelAndTime() {
        withRing { ring in
            #expect(lines(ring).isEmpty)
            write("first", &ring, at: 5)
            write("", &ring)
            write("second", &ring, level: .error, at: 70000)
            let all = lines(ring)
            #expect(all.map(\.1) == ["first", "", "second"])
            #expect(all[0].0 == LogRecord(length: 5, level: 0, milliseconds: 5))
            #expect(all[2].0 == LogRecord(length: 6, level: 2, milliseconds: 70000))
            let end = ring.end
            #expect(lines(ring, from: end).isEmpty)
            write("third", &ring)
            #expect(lines(ring, from: end).map(\.1) == ["third"], "a reader goes on where it was")
        }
    }

    @Test func aLineThatHasNotEndedIsNotThereYet() {
        withRing { ring in
            for byte in "half".utf8 { ring.append(byte, level: 0, milliseconds: 0) }
            #expect(lines(ring).isEmpty)
            write("", &ring)
            #expect(lines(ring).map(\.1) == ["half"])
        }
    }

    @Test func theNewestLinesTakeThePlaceOfTheOldest() {
        var random = SplitMix64(seed: 11)
        withRing { ring in
            var written: [String] = []
            for number in 0..<2000 {
                let length = Int.random(in: 0..<300, using: &random)
                let line = "\(number) " + String(repeating: "x", count: length)
                write(line, &ring)
                written.append(String(line.prefix(LogRing.longestText)))
                let kept = lines(ring, size: Int.random(in: 256...512, using: &random)).map(\.1)
                #expect(!kept.isEmpty && written.suffix(kept.count) == kept[...])
                #expect(ring.end &- ring.first <= 512)
            }
            #expect(lines(ring, from: 3).count == lines(ring).count, "too old a position is the oldest")
            #expect(lines(ring, from: ring.end &+ 9).count == lines(ring).count, "so is one that does not exist yet")
        }
    }
}
