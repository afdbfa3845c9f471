import Processor

/// The whole state of a machine at one moment, as a value.
///
/// **Constraint.** Time travel takes many snapshots of one machine, and a file must bring one back on another host.
///
/// **Choice.** In memory a snapshot is copies of structs: each chip's registers, the processor's state with its TLB,
/// and RAM as pages that snapshots share until they change. Only for a file are they encoded, behind a header with
/// version, length and checksum; everything read from a file is validated before a machine believes it.
public struct MachineSnapshot: Sendable {
    /// ``Machine/steps`` when it was taken.
    public var steps: UInt64 { processor.state.steps }

    let processor: Processor.Snapshot
    let memory: PhysicalMemory.Snapshot
    let board: BoardState
    /// How much recorded input had been delivered, and a hash of it: to know one's own future again.
    let inputCount: Int
    let inputHash: UInt64
    /// A hash of the configuration that matters: another machine's snapshot does not fit.
    let configurationHash: UInt64
    /// Not in files: it only tells where somebody who goes back wants to go.
    let sleep: Machine.Sleep

    /// How much of the recorded input had been delivered.
    public var deliveredInput: Int { inputCount }

    /// Steps up to the snapshot that were work (``Machine/work``).
    public var work: UInt64 { sleep.work(processor.state) }

    /// The registers of the processor; for looking at a snapshot without restoring it.
    public var processorState: ProcessorState { processor.state }

    /// Whether processor and RAM are the same as in another snapshot of the same machine, but for the time. What comes
    /// next is then the same too, unless a device says something else.
    public func hasSameProcessorAndMemory(as other: MachineSnapshot) -> Bool {
        func timeless(_ state: ProcessorState) -> SavedProcessor {
            var state = state
            state.steps = 0
            state.interruptShadowEnd = 0
            state.resumeEnd = 0
            return SavedProcessor(state)
        }
        return timeless(processor.state) == timeless(other.processor.state) && memory == other.memory
    }

    /// ``Machine/stateDigest()`` of a machine in this state.
    public var stateDigest: UInt64 {
        var hasher = Hasher64()
        hasher.add(BinaryEncoder.encode(SavedProcessor(processor.state)))
        for translation in processor.translations {
            hasher.add(UInt64(translation.slot) << 32 | UInt64(translation.linear))
            hasher.add(UInt64(translation.physical))
        }
        hasher.add(BinaryEncoder.encode(board))
        for (page, bytes) in memory.contents {
            hasher.add(UInt64(page))
            hasher.add(bytes)
        }
        return hasher.value
    }

    /// An upper bound, in bytes, of what the snapshot holds besides RAM (``PhysicalMemory/snapshotBytes``) and does not
    /// share with the one before it.
    public func bytes(besides previous: MachineSnapshot?) -> Int {
        var bytes = 16 << 10
        bytes += processor.translations.count * MemoryLayout<Processor.CachedTranslation>.stride
        bytes += memory.ramSize >> 17
        let planes = board.display.planes
        if !planes.sharesStorage(with: previous?.board.display.planes) { bytes += planes.count * 4 }
        for (index, overlay) in board.overlays.enumerated() {
            let before = previous.flatMap { index < $0.board.overlays.count ? $0.board.overlays[index] : nil }
            bytes += overlay.bytes(besides: before)
        }
        for port in board.serialPorts { bytes += port.incoming.count }
        return bytes
    }

    // MARK: Files

    private static let magic: [UInt8] = Array("MRTLSNAP".utf8)
    private static let version: UInt32 = 3

    private struct Page: Codable {
        var number: UInt32
        var bytes: [UInt8]
    }

    /// What is in a file behind the header.
    private struct Contents: Codable {
        var configurationHash: UInt64
        var inputCount: UInt64
        var inputHash: UInt64
        var processor: SavedProcessor
        var translationSlots: [UInt32]
        var translationLinears: [UInt32]
        var translationPhysicals: [UInt32]
        var ramSize: UInt64
        var board: BoardState
        var pages: [Page]
    }

    /// Reads a snapshot from the contents of a file that ``encoded()`` made. Whatever the bytes are, the worst that
    /// happens is an error.
    public init(decoding bytes: [UInt8]) throws(SnapshotError) {
        let body = try SavedFile.open(bytes, magic: Self.magic, version: Self.version, kind: "machine snapshot")
        let contents = try BinaryDecoder.decode(Contents.self, from: body)
        try contents.processor.validate()
        try contents.board.validate(at: contents.processor.steps)
        guard contents.translationLinears.count == contents.translationSlots.count,
            contents.translationPhysicals.count == contents.translationSlots.count,
            let ramSize = Int(exactly: contents.ramSize),
            let memory = PhysicalMemory.Snapshot(
                ramSize: ramSize, contents: contents.pages.map { (page: $0.number, bytes: $0.bytes) }),
            let inputCount = Int(exactly: contents.inputCount)
        else { throw SnapshotError("the snapshot is inconsistent") }
        var state = ProcessorState()
        contents.processor.store(in: &state)
        let translations = contents.translationSlots.indices.map { index in
            Processor.CachedTranslation(
                slot: UInt16(truncatingIfNeeded: contents.translationSlots[index]),
                linear: contents.translationLinears[index], physical: contents.translationPhysicals[index])
        }
        processor = Processor.Snapshot(state: state, translations: translations)
        self.memory = memory
        board = contents.board
        self.inputCount = inputCount
        inputHash = contents.inputHash
        configurationHash = contents.configurationHash
        sleep = Machine.Sleep()
    }

    init(
        processor: Processor.Snapshot, memory: PhysicalMemory.Snapshot, board: BoardState, inputCount: Int,
        inputHash: UInt64, configurationHash: UInt64, sleep: Machine.Sleep
    ) {
        self.processor = processor
        self.memory = memory
        self.board = board
        self.inputCount = inputCount
        self.inputHash = inputHash
        self.configurationHash = configurationHash
        self.sleep = sleep
    }

    /// The snapshot as the contents of a file: a header with version and checksum, then the state. RAM is sparse.
    public func encoded() -> [UInt8] {
        let contents = Contents(
            configurationHash: configurationHash, inputCount: UInt64(inputCount), inputHash: inputHash,
            processor: SavedProcessor(processor.state),
            translationSlots: processor.translations.map { UInt32($0.slot) },
            translationLinears: processor.translations.map(\.linear),
            translationPhysicals: processor.translations.map(\.physical),
            ramSize: UInt64(memory.ramSize), board: board,
            pages: memory.contents.map { Page(number: $0.page, bytes: $0.bytes) })
        return SavedFile.seal(BinaryEncoder.encode(contents), magic: Self.magic, version: Self.version)
    }
}

/// The header that files of ours begin with: eight characters, version, length and checksum of what follows.
enum SavedFile {
    private static let headerSize = 8 + 4 + 8 + 8

    static func seal(_ body: [UInt8], magic: [UInt8], version: UInt32) -> [UInt8] {
        var hasher = Hasher64()
        hasher.add(body)
        return magic + BinaryEncoder.encode(version) + BinaryEncoder.encode(UInt64(body.count))
            + BinaryEncoder.encode(hasher.value) + body
    }

    /// The body of the file, if the header is right and it is complete and undamaged.
    static func open(_ bytes: [UInt8], magic: [UInt8], version: UInt32, kind: String) throws(SnapshotError) -> [UInt8] {
        guard bytes.count >= headerSize, Array(bytes[0..<8]) == magic else {
            throw SnapshotError("this is not a \(kind)")
        }
        let found = try BinaryDecoder.decode(UInt32.self, from: Array(bytes[8..<12]))
        guard found == version else {
            throw SnapshotError("this \(kind) has format version \(found); this program reads version \(version)")
        }
        let length = try BinaryDecoder.decode(UInt64.self, from: Array(bytes[12..<20]))
        let checksum = try BinaryDecoder.decode(UInt64.self, from: Array(bytes[20..<28]))
        let body = Array(bytes[headerSize...])
        guard length == UInt64(body.count) else { throw SnapshotError("this \(kind) is cut short") }
        var hasher = Hasher64()
        hasher.add(body)
        guard hasher.value == checksum else {
            throw SnapshotError("this \(kind) is damaged: its checksum does not match")
        }
        return body
    }
}

/// Reading a log from a file, and writing it.
extension InputLog {
    private static let magic: [UInt8] = Array("MRTLINPT".utf8)
    private static let version: UInt32 = 1

    /// Reads a log from the contents of a file that ``encoded()`` made. Whatever the bytes are, the worst that happens
    /// is an error.
    public init(decoding bytes: [UInt8]) throws(SnapshotError) {
        let body = try SavedFile.open(bytes, magic: Self.magic, version: Self.version, kind: "recording of input")
        self.init(events: try BinaryDecoder.decode([StampedInput].self, from: body))
    }

    /// The log as the contents of a file.
    public func encoded() -> [UInt8] {
        SavedFile.seal(BinaryEncoder.encode(events), magic: Self.magic, version: Self.version)
    }
}
