import KernelABI

/// The pieces of memory that one side of a message consists of, as the kernel keeps them while a thread waits: a copy,
/// so that nothing that happens to the list in user memory meanwhile can deceive a check that was made.
///
/// One buffer is a list of one piece, so that there is one way of copying. The bytes are limited when the list is made.
public struct PieceList {
    /// Bytes of all pieces.
    public private(set) var length: UInt32
    public private(set) var count: UInt32
    private var pieces: InlineArray<8, MessagePiece>

    public init() {
        length = 0
        count = 0
        pieces = InlineArray(repeating: MessagePiece(address: 0, length: 0))
    }

    /// Makes it empty.
    @inline(__always)
    public mutating func removeAll() {
        length = 0
        count = 0
    }

    /// Makes it one piece. `length` is in bytes, and not limited here.
    @inline(__always)
    public mutating func set(_ address: UInt32, _ length: UInt32) {
        self.length = length
        count = 1
        pieces[0] = MessagePiece(address: address, length: length)
    }

    /// Adds a piece, or as much of it as keeps `length` at or below `limit`.
    ///
    /// - Returns: Whether all of it was added. False also if there are `maximumMessagePieces` already.
    public mutating func append(_ piece: MessagePiece, limit: UInt32) -> Bool {
        guard count < maximumMessagePieces else { return false }
        let room = limit > length ? limit - length : 0
        let part = min(piece.length, room)
        pieces[Int(count & 7)] = MessagePiece(address: piece.address, length: part)
        count += 1
        length += part
        return part == piece.length
    }

    /// A piece, 0 ..< `count`.
    @inline(__always)
    public subscript(index: UInt32) -> MessagePiece { pieces[Int(index & 7)] }
}

/// A place in the bytes of a `PieceList`, which must outlive it.
public struct PieceCursor {
    /// Nil: there are no more pieces.
    private let list: UnsafePointer<PieceList>?
    /// The piece after the present one.
    private var next: UInt32 = 0
    /// Where the next byte lies.
    public private(set) var address: UInt32 = 0
    /// Bytes left in the present piece; 0 only at the end.
    private var left: UInt32 = 0

    @inline(__always)
    public init(_ list: UnsafePointer<PieceList>) {
        self.list = list
        enterPiece()
    }

    /// The beginning of a single piece.
    @inline(__always)
    public init(_ address: UInt32, _ length: UInt32) {
        list = nil
        self.address = address
        left = length
    }

    /// How many bytes lie one behind the other from `address` on, in one page; 0 at the end.
    @inline(__always)
    public var run: UInt32 { min(left, pageSize - address & (pageSize - 1)) }

    /// Moves on by `count` bytes, at most `run`.
    @inline(__always)
    public mutating func advance(_ count: UInt32) {
        address &+= count
        left &-= count
        if left == 0 { enterPiece() }
    }

    /// Moves on by `count` bytes, or to the end.
    public mutating func skip(_ count: UInt32) {
        var rest = count
        while rest > 0, left > 0 {
            let step = min(rest, left)
            advance(step)
            rest -= step
        }
    }

    /// Goes to the next piece that has bytes.
    @inline(__always)
    private mutating func enterPiece() {
        guard let list else { return }
        while left == 0, next < list.pointee.count {
            let piece = list.pointee[next]
            address = piece.address
            left = piece.length
            next += 1
        }
    }
}

/// The way from the pieces of one side to those of the other: runs of bytes that lie one behind the other, and in one
/// page, on both sides. Example: 5000 bytes at 0x1800 into (0x5FF0, 16) and (0x9000, 8000) are the runs
///
///     0x1800 -> 0x5FF0, 16      0x1810 -> 0x9000, 2032      0x2000 -> 0x97F0, 2064      0x2810 -> 0xA000, 888
public struct PieceWalk {
    /// Bytes in a row.
    public struct Run: Equatable {
        public var source: UInt32
        public var destination: UInt32
        public var count: UInt32

        @inline(__always)
        public init(source: UInt32, destination: UInt32, count: UInt32) {
            self.source = source
            self.destination = destination
            self.count = count
        }
    }

    private var source: PieceCursor
    private var destination: PieceCursor
    private var left: UInt32

    /// The bytes `range` of the message; of these, what both sides have.
    @inline(__always)
    public init(
        from source: UnsafePointer<PieceList>, to destination: UnsafePointer<PieceList>, _ range: Range<UInt32>
    ) {
        self.source = PieceCursor(source)
        self.destination = PieceCursor(destination)
        left = range.upperBound &- range.lowerBound
        if range.lowerBound != 0 {
            self.source.skip(range.lowerBound)
            self.destination.skip(range.lowerBound)
        }
    }

    /// The next run; nil after the last.
    @inline(__always)
    public mutating func next() -> Run? {
        let count = min(left, source.run, destination.run)
        guard count > 0 else { return nil }
        let run = Run(source: source.address, destination: destination.address, count: count)
        source.advance(count)
        destination.advance(count)
        left &-= count
        return run
    }
}
