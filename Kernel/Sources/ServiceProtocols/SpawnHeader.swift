/// What begins the bytes of `ManagerRequest.spawn`. Behind it come the path, the arguments and the environment.
public struct SpawnHeader {
    /// Bytes of the path in the payload, 1...`maximumPath`; also where the name comes from if an image is given.
    public var pathLength: UInt32 = 0
    /// Bytes of the arguments, each ended by a NUL, 0...`maximumArguments`; the first is the program's name.
    public var argumentsLength: UInt32 = 0
    /// Bytes of the environment, `NAME=value` each ended by a NUL, 0...`maximumEnvironment`.
    public var environmentLength: UInt32 = 0
    /// Where the program's ELF file lies in the sender's memory, and its length, 0...`maximumImage`; a length of 0: in
    /// the payload.
    public var imageAddress: UInt32 = 0
    public var imageLength: UInt32 = 0
    /// The most memory that the process may have, in KiB, everything counted that the kernel keeps for it; 0: the
    /// usual.
    public var memoryLimit: UInt32 = 0
    /// A `Permissions`.
    public var permissions: UInt32 = 0
    /// 1: nobody will wait for the process.
    public var isDetached: UInt32 = 0

    public init() {}

    public static var maximumPath: Int { 100 }
    public static var maximumArguments: Int { 1024 }
    public static var maximumEnvironment: Int { 1024 }
    /// 4 MiB.
    public static var maximumImage: UInt32 { 4 << 20 }
    /// The most bytes of a whole request.
    public static var maximumRequest: Int {
        MemoryLayout<SpawnHeader>.size + maximumPath + maximumArguments + maximumEnvironment
    }
}

/// The bytes of a `ManagerRequest.spawn`, taken apart.
public struct SpawnRequest {
    public let header: SpawnHeader
    /// The parts, inside the bytes that the request was made from.
    public let path: UnsafeRawBufferPointer
    public let arguments: UnsafeRawBufferPointer
    public let environment: UnsafeRawBufferPointer

    /// Takes bytes apart; nil if they do not hold what they announce.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        let size = MemoryLayout<SpawnHeader>.size
        guard bytes.count >= size else { return nil }
        // Valid: the header is integers, and the bytes are enough for it.
        header = bytes.loadUnaligned(as: SpawnHeader.self)
        // Bounded before they are added, so that no sum overflows.
        guard header.pathLength <= UInt32(SpawnHeader.maximumPath), header.pathLength > 0,
            header.argumentsLength <= UInt32(SpawnHeader.maximumArguments),
            header.environmentLength <= UInt32(SpawnHeader.maximumEnvironment),
            header.imageLength <= SpawnHeader.maximumImage, header.isDetached <= 1,
            header.imageAddress <= UInt32.max - header.imageLength
        else { return nil }
        let pathEnd = size + Int(header.pathLength)
        let argumentsEnd = pathEnd + Int(header.argumentsLength)
        guard bytes.count == argumentsEnd + Int(header.environmentLength) else { return nil }
        path = UnsafeRawBufferPointer(rebasing: bytes[size..<pathEnd])
        arguments = UnsafeRawBufferPointer(rebasing: bytes[pathEnd..<argumentsEnd])
        environment = UnsafeRawBufferPointer(rebasing: bytes[argumentsEnd...])
        guard !path.contains(0), arguments.isEmpty || arguments.last == 0, environment.isEmpty || environment.last == 0
        else { return nil }
    }
}
