import KernelABI
import RandomTestSupport
import Testing

@testable import KernelLogic

@Suite struct PieceListTests {
    private func list(_ pieces: [MessagePiece], limit: UInt32 = maximumMessageLength) -> PieceList {
        var list = PieceList()
        for piece in pieces { _ = list.append(piece, limit: limit) }
        return list
    }

    /// All runs of a walk, whose number is bounded.
    private func runs(_ source: PieceList, _ destination: PieceList, _ range: Range<UInt32>) -> [PieceWalk.Run] {
        withUnsafePointer(to: source) { source in
            withUnsafePointer(to: destination) { destination in
                var walk = PieceWalk(from: source, to: destination, range)
                var runs: [PieceWalk.Run] = []
                while runs.count < 1000, let run = walk.next() { runs.append(run) }
                return runs
            }
        }
    }

    @Test func piecesAreLimitedInNumberAndBytes() {
        var pieces = PieceList()
        func fits(_ address: UInt32, _ length: UInt32) -> Bool {
            pieces.append(MessagePiece(address: address, length: length), limit: 65536)
        }
        let first = [fits(0x1000, 60000), fits(0x2000, 0), fits(0x3000, .max)]
        #expect(first == [true, true, false])
        #expect(pieces.length == 65536 && pieces.count == 3)
        #expect(pieces[2] == MessagePiece(address: 0x3000, length: 5536))
        let second = [fits(0x4000, 1), fits(0, 0), fits(0, 0), fits(0, 0), fits(0, 0), fits(0, 0)]
        #expect(second == [false, true, true, true, true, false], "a byte too many; a ninth piece")
        #expect(pieces.length == 65536 && pieces.count == maximumMessagePieces)
        pieces.set(7, 8)
        #expect(pieces.count == 1 && pieces.length == 8)
        pieces.removeAll()
        #expect(pieces.count == 0 && pieces.length == 0)
    }

    @Test func runsEndWithPiecesAndPages() {
        let source = list([MessagePiece(address: 0x1800, length: 5000)])
        let destination = list([MessagePiece(address: 0x5FF0, length: 16), MessagePiece(address: 0x9000, length: 8000)])
        #expect(
            runs(source, destination, 0..<5000) == [
                .init(source: 0x1800, destination: 0x5FF0, count: 16),
                .init(source: 0x1810, destination: 0x9000, count: 2032),
                .init(source: 0x2000, destination: 0x97F0, count: 2064),
                .init(source: 0x2810, destination: 0xA000, count: 888),
            ])
    }

    @Test func theLastBytesOfTheAddressSpaceAreARun() {
        let source = list([MessagePiece(address: 0xFFFF_FFF0, length: 16)])
        #expect(runs(source, source, 0..<16) == [.init(source: 0xFFFF_FFF0, destination: 0xFFFF_FFF0, count: 16)])
    }

    @Test func nothingComesOfNothing() {
        let some = list([MessagePiece(address: 0x1000, length: 10)])
        #expect(runs(PieceList(), some, 0..<10).isEmpty)
        #expect(runs(some, PieceList(), 0..<10).isEmpty)
        #expect(runs(some, some, 10..<10).isEmpty)
        #expect(runs(some, some, 10..<20).isEmpty, "beyond the end")
        #expect(runs(some, list([MessagePiece(address: 0x5000, length: 4)]), 0..<10).count == 1)
    }

    /// Byte by byte, the runs are what the pieces are; and none leaves its page or is longer than it must be.
    @Test func runsAreTheBytesOfThePieces() {
        var random = SplitMix64(seed: 20)
        func randomList() -> (PieceList, [UInt32]) {
            var pieces: [MessagePiece] = []
            for _ in 0..<Int(random.next(upperBound: 9 as UInt64)) {
                pieces.append(
                    MessagePiece(
                        address: 0x0800_0000 + UInt32(random.next(upperBound: 0x10000 as UInt64)),
                        length: UInt32(
                            random.next(upperBound: 3 as UInt64) == 0 ? 0 : random.next(upperBound: 9000 as UInt64))))
            }
            let made = list(pieces)
            return (
                made, (0..<made.count).flatMap { index in (0..<made[index].length).map { made[index].address + $0 } }
            )
        }
        for _ in 0..<60 {
            let (source, from) = randomList()
            let (destination, to) = randomList()
            let end = min(from.count, to.count)
            let start = end == 0 ? 0 : Int(random.next(upperBound: UInt64(end)))
            let found = runs(source, destination, UInt32(start)..<UInt32(end))
            var at = start
            for run in found {
                guard run.count > 0, at + Int(run.count) <= end else {
                    Issue.record("a run of \(run.count) bytes at \(at) of \(end)")
                    return
                }
                #expect(run.source >> 12 == (run.source + run.count - 1) >> 12)
                #expect(run.destination >> 12 == (run.destination + run.count - 1) >> 12)
                for byte in 0..<Int(run.count)
                where from[at + byte] != run.source + UInt32(byte) || to[at + byte] != run.destination + UInt32(byte) {
                    Issue.record("byte \(at + byte) goes from or to another place")
                    return
                }
                at += Int(run.count)
            }
            #expect(at == end)
            // Pieces and pages on both sides bound the work.
            #expect(found.count <= 2 * 8 + 2 * (16 + 8))
        }
    }
}
