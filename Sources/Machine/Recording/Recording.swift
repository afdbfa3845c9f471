/// A machine's life from power-on, to be lived again elsewhere.
///
/// **Constraint.** Somebody records a failure on one host; somebody else wants to look at it on another, forwards and
/// backwards. What went into the machine must be in the file, and whatever is not (the disk images and the firmware,
/// which both have) must be told apart from what merely has the same name.
///
/// **Choice.** Two machines with equal configurations, disks and input live the same life, so the file holds the
/// configuration, hashes of firmware and disks, and the input with its steps; no state. Digests of the state at the
/// beginning and at the end say whether it has come true. A disk is meant as it was at power-on: of blocks that have
/// been overwritten since, the file holds what was there, so that the image of the recorded run fits as well as an
/// untouched copy. On replay images are never written.
///
/// **Example.** A boot of ten seconds in which a person typed `help` is some 700 bytes, and 4 KiB for each block of the
/// disk that the guest has written.
public struct Recording: Sendable {
    /// The input, from power-on to ``end``.
    public let input: InputLog
    /// ``Machine/steps`` at the end of the recording.
    public let end: UInt64
    /// ``Machine/stateDigest()`` there.
    public let endDigest: UInt64

    private let machine: RecordedMachine
    private let initialDigest: UInt64
    /// How much of the input had been delivered when ``initialDigest`` was taken.
    private let initialInput: Int

    /// - Parameters:
    ///   - machine: the machine whose life it is.
    ///   - initial: a snapshot of step 0.
    ///   - end: ``Machine/steps`` at the end; input after it is left out.
    ///   - endDigest: ``Machine/stateDigest()`` at the end.
    /// - Throws: if `initial` is of another step, or a disk cannot be read.
    public init(
        of machine: Machine, from initial: MachineSnapshot, until end: UInt64, endDigest: UInt64
    ) throws(SnapshotError) {
        guard initial.steps == 0 else { throw SnapshotError("the recording does not begin at power-on") }
        self.machine = try RecordedMachine(machine)
        self.end = end
        self.endDigest = endDigest
        input = InputLog(events: machine.inputLog.events.filter { $0.step <= end })
        initialDigest = initial.stateDigest
        initialInput = initial.deliveredInput
    }

    // MARK: Replaying

    /// Bytes of RAM, the processor's model and nanoseconds per step of the recorded machine.
    public var memorySize: Int { Int(clamping: machine.memorySize) }
    public var processorModel: String { machine.processorModel }
    public var nanosecondsPerStep: UInt32 { machine.nanosecondsPerStep }

    /// The configuration of a machine that is to live the same life.
    ///
    /// - Parameters:
    ///   - firmware: the BIOS ROM, if the recorded machine had one.
    ///   - images: the recorded machine's disks, in the order of the drives. They are only read.
    /// - Throws: if something is not what the recording was made with.
    public func configuration(
        firmware: [UInt8], images: [any DiskImage]
    ) throws(SnapshotError) -> Machine.Configuration {
        try machine.configuration(firmware: firmware, images: images)
    }

    /// Gives the recorded input to a machine that has just been built from ``configuration(firmware:images:)``.
    ///
    /// - Throws: if its state is not that of the recorded machine at the beginning.
    public func start(_ machine: Machine) throws(SnapshotError) {
        guard machine.steps == 0 else { throw SnapshotError("a replay begins at power-on") }
        machine.replay(InputLog(events: Array(input.events.prefix(initialInput))))
        _ = machine.run(until: 0)
        guard machine.stateDigest() == initialDigest else {
            throw SnapshotError(
                "the machine does not begin as the recorded one did: that was of another version of the program")
        }
        machine.replay(input, delivered: initialInput)
    }

    // MARK: Files

    private static let magic: [UInt8] = Array("MRTLRECD".utf8)
    private static let version: UInt32 = 1

    private struct Contents: Codable {
        var machine: RecordedMachine
        var initialDigest: UInt64
        var initialInput: UInt64
        var end: UInt64
        var endDigest: UInt64
        var events: [StampedInput]
    }

    /// Reads a recording from the contents of a file that ``encoded()`` made. Whatever the bytes are, the worst that
    /// happens is an error.
    public init(decoding bytes: [UInt8]) throws(SnapshotError) {
        let body = try SavedFile.open(bytes, magic: Self.magic, version: Self.version, kind: "recording")
        let contents = try BinaryDecoder.decode(Contents.self, from: body)
        try contents.machine.validate()
        input = InputLog(events: contents.events)
        guard let initialInput = Int(exactly: contents.initialInput), initialInput <= input.events.count,
            input.events.count == contents.events.count, input.events.last?.step ?? 0 <= contents.end,
            input.events.prefix(initialInput).allSatisfy({ $0.step == 0 })
        else { throw SnapshotError("the recording is inconsistent") }
        machine = contents.machine
        initialDigest = contents.initialDigest
        self.initialInput = initialInput
        end = contents.end
        endDigest = contents.endDigest
    }

    /// The recording as the contents of a file.
    public func encoded() -> [UInt8] {
        let contents = Contents(
            machine: machine, initialDigest: initialDigest, initialInput: UInt64(initialInput), end: end,
            endDigest: endDigest, events: input.events)
        return SavedFile.seal(BinaryEncoder.encode(contents), magic: Self.magic, version: Self.version)
    }
}
