/// One channel of an AT Attachment interface with up to two drives, programmed I/O only (ATA/ATAPI-5, T13 1321D).
///
/// The drives share the registers, as they do on the cable; each has its own settings. A command takes virtual time:
/// BSY is set until the channel's event comes, which carries out the command or transfers the next block.
final class IDEChannel {
    enum Status {
        static let error: UInt8 = 0x01, dataRequest: UInt8 = 0x08, seekComplete: UInt8 = 0x10
        static let fault: UInt8 = 0x20, ready: UInt8 = 0x40, busy: UInt8 = 0x80
    }

    enum ErrorBit {
        static let abort: UInt8 = 0x04, notFound: UInt8 = 0x10, uncorrectable: UInt8 = 0x40
    }

    /// What the channel is doing.
    enum Phase: UInt8, Codable, Sendable {
        case idle
        /// A command was written and waits for the event.
        case commandPending
        /// The host reads ``Registers/buffer``.
        case dataIn
        /// The host fills ``Registers/buffer``.
        case dataOut
        /// The host has filled the buffer; the drive writes it out.
        case writing
        /// The drive fetches the next block for the host.
        case reading
        /// A software reset.
        case resetting
    }

    /// What belongs to one drive.
    struct DriveState: Codable, Sendable, Equatable {
        /// Sectors per interrupt of READ and WRITE MULTIPLE; 0: not allowed.
        var multiple: UInt8 = 0
        var geometry = DiskGeometry(cylinders: 1, heads: 1, sectors: 1)
        var transferMode: UInt8 = 0x0C
        var status: UInt8 = Status.ready | Status.seekComplete
        var error: UInt8 = 0x01
    }

    struct Registers: Codable, Sendable, Equatable {
        var features: UInt8 = 0
        var sectorCount: UInt8 = 1
        var lbaLow: UInt8 = 1
        var lbaMid: UInt8 = 0
        var lbaHigh: UInt8 = 0
        var device: UInt8 = 0xA0
        /// Device control: bit 1 nIEN, bit 2 SRST.
        var control: UInt8 = 0
        var command: UInt8 = 0
        var phase = Phase.idle
        var interrupt = false
        /// The data of the running transfer block, and how far the host has got.
        var buffer: [UInt8] = []
        var position = 0
        /// Sectors of the command not transferred yet (those in ``buffer`` not included when reading).
        var remaining = 0
        /// The sector where the next block starts.
        var nextSector: UInt64 = 0
        /// What READ and WRITE BUFFER use.
        var sectorBuffer = [UInt8](repeating: 0, count: 512)
        var drives = [DriveState(), DriveState()]

        func validate() throws(SnapshotError) {
            guard drives.count == 2, sectorBuffer.count == 512, (0...256).contains(remaining),
                buffer.count <= 256 * 512, (0...buffer.count).contains(position), nextSector < 1 << 40,
                drives.allSatisfy({ $0.geometry.isValid && $0.multiple <= 16 })
            else { throw SnapshotError("the disk controller's state is inconsistent") }
        }
    }

    private(set) var registers = Registers()
    private unowned let board: Board
    let number: Int
    private let event: EventSource
    private let line: Int
    private let isLineConnected: Bool
    /// nil where there is no drive.
    let disks: [Disk?]
    let models: [String]
    private let nativeGeometry: [DiskGeometry?]

    private static let commandTime: UInt64 = 10_000
    private static let sectorTime: UInt64 = 5_000
    private static let resetTime: UInt64 = 2_000_000
    private static let highestMultiple: UInt8 = 16

    /// `number`: 0 for the primary channel (IRQ 14), 1 for the secondary (IRQ 15).
    init(
        board: Board, number: Int, disks: [Disk?], models: [String], geometries: [DiskGeometry?], isLineConnected: Bool
    ) {
        self.board = board
        self.number = number
        self.disks = disks
        self.models = models
        nativeGeometry = geometries
        event = number == 0 ? .disk0 : .disk1
        line = number == 0 ? 14 : 15
        self.isLineConnected = isLineConnected
        reset()
    }

    func restore(_ registers: Registers) {
        self.registers = registers
    }

    func reset() {
        registers = Registers()
        for index in 0..<2 {
            if let geometry = nativeGeometry[index] { registers.drives[index].geometry = geometry }
        }
        board.events.cancel(event)
        setInterrupt(false)
        setSignature()
    }

    private func setSignature() {
        registers.sectorCount = 1
        registers.lbaLow = 1
        registers.lbaMid = 0
        registers.lbaHigh = 0
        registers.device = 0
    }

    // MARK: Selected drive

    private var isEmpty: Bool { disks[0] == nil && disks[1] == nil }
    private var selected: Int { Int(registers.device >> 4 & 1) }
    private var disk: Disk? { disks[selected] }
    private var drive: DriveState {
        get { registers.drives[selected] }
        set { registers.drives[selected] = newValue }
    }

    private func setInterrupt(_ level: Bool) {
        registers.interrupt = level
        board.interrupts.setLine(line, level && isLineConnected && registers.control & 0x02 == 0)
    }

    private var capacity: UInt64 { disk?.sectorCount ?? 0 }

    // MARK: Ports

    /// Reads `register` 0...7 of the command block, or 8 for the alternate status. Never 0 with ``readData(size:)`` at
    /// hand.
    func read(_ register: Int) -> UInt8 {
        // Without any drive the lines float.
        guard !isEmpty else { return 0xFF }
        // Drive 0 answers for an absent drive 1, except that its status is 0.
        switch register {
        case 1: return disk == nil ? 0 : drive.error
        case 2: return registers.sectorCount
        case 3: return registers.lbaLow
        case 4: return registers.lbaMid
        case 5: return registers.lbaHigh
        case 6: return registers.device | 0xA0
        case 7:
            setInterrupt(false)
            return disk == nil ? 0 : drive.status
        case 8: return disk == nil ? 0 : drive.status
        default: return 0xFF
        }
    }

    func write(_ register: Int, _ value: UInt8) {
        guard !isEmpty else { return }
        if register == 8 {
            writeControl(value)
            return
        }
        // While BSY is set the command block does not listen.
        guard drive.status & Status.busy == 0 else { return }
        switch register {
        case 1: registers.features = value
        case 2: registers.sectorCount = value
        case 3: registers.lbaLow = value
        case 4: registers.lbaMid = value
        case 5: registers.lbaHigh = value
        case 6: registers.device = value
        case 7: writeCommand(value)
        default: break
        }
    }

    private func writeControl(_ value: UInt8) {
        let before = registers.control
        registers.control = value
        setInterrupt(registers.interrupt)
        if value & 0x04 != 0, before & 0x04 == 0 {
            registers.phase = .resetting
            // An absent drive must not look busy: the drive that answers for it takes the selection of the other.
            for index in 0..<2 where disks[index] != nil {
                registers.drives[index].status = Status.busy
            }
            board.events.cancel(event)
            setInterrupt(false)
        } else if value & 0x04 == 0, before & 0x04 != 0 {
            board.schedule(event, at: board.now &+ Self.resetTime)
        }
    }

    private func writeCommand(_ value: UInt8) {
        setInterrupt(false)
        guard disk != nil || value == 0x90 else { return }
        registers.command = value
        registers.phase = .commandPending
        registers.buffer.removeAll()
        registers.position = 0
        drive.status = Status.busy
        board.schedule(event, at: board.now &+ Self.commandTime)
    }

    /// The data register; `size` is 1, 2 or 4 bytes. (A byte access, which ATA forbids, gets the low half of a word.)
    func readData(size: Int) -> UInt32 {
        guard !isEmpty else { return 0xFFFF_FFFF }
        guard registers.phase == .dataIn, drive.status & Status.dataRequest != 0 else { return 0 }
        var value: UInt32 = 0
        for index in 0..<(size == 4 ? 4 : 2) where registers.position < registers.buffer.count {
            value |= UInt32(registers.buffer[registers.position]) << UInt32(8 * index)
            registers.position += 1
        }
        if registers.position >= registers.buffer.count { blockRead() }
        return value
    }

    /// The data register for `rep ins`: as many elements of `size` (2 or 4) bytes as `target` has room for, up to the
    /// block's last, with which the drive goes on and which is therefore read by itself. Returns how many.
    func readData(size: Int, into target: UnsafeMutableRawBufferPointer) -> Int {
        guard !isEmpty, registers.phase == .dataIn, drive.status & Status.dataRequest != 0 else { return 0 }
        let range = atOnce(target.count, size: size)
        registers.buffer.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
        registers.position = range.upperBound
        return range.count / size
    }

    /// The data register for `rep outs`, likewise.
    func writeData(size: Int, from source: UnsafeRawBufferPointer) -> Int {
        guard registers.phase == .dataOut, drive.status & Status.dataRequest != 0 else { return 0 }
        let range = atOnce(source.count, size: size)
        registers.buffer.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[range])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<range.count]))
        }
        registers.position = range.upperBound
        return range.count / size
    }

    /// The bytes of the buffer that may be moved at once: whole elements, at most `count` bytes, not the last one.
    private func atOnce(_ count: Int, size: Int) -> Range<Int> {
        let most = min(count, registers.buffer.count - registers.position - 1)
        return registers.position..<registers.position + max(most, 0) / size * size
    }

    func writeData(_ value: UInt32, size: Int) {
        guard registers.phase == .dataOut, drive.status & Status.dataRequest != 0 else { return }
        for index in 0..<(size == 4 ? 4 : 2) where registers.position < registers.buffer.count {
            registers.buffer[registers.position] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
            registers.position += 1
        }
        if registers.position >= registers.buffer.count { blockWritten() }
    }

    // MARK: The course of a command

    /// The event: the drive has done what it was busy with.
    func serve() {
        switch registers.phase {
        case .resetting: finishReset()
        case .commandPending: execute()
        case .reading: fetchBlock()
        case .writing: storeBlock()
        case .idle, .dataIn, .dataOut: break
        }
    }

    private func finishReset() {
        registers.phase = .idle
        for index in 0..<2 where disks[index] != nil {
            registers.drives[index].status = Status.ready | Status.seekComplete
            registers.drives[index].error = 0x01
            registers.drives[index].multiple = 0
        }
        setSignature()
    }

    private func finish() {
        registers.phase = .idle
        drive.status = Status.ready | Status.seekComplete
        drive.error = 0
        setInterrupt(true)
    }

    private func fail(_ error: UInt8) {
        registers.phase = .idle
        drive.status = Status.ready | Status.seekComplete | Status.error
        drive.error = error
        setInterrupt(true)
    }

    private func execute() {
        switch registers.command {
        case 0x10...0x1F, 0x70...0x7F: finish()
        case 0x20, 0x21, 0xC4: beginTransfer { self.fetchBlock() }
        case 0x30, 0x31, 0xC5: beginTransfer { self.requestBlock() }
        case 0x40, 0x41: verify()
        case 0x90: diagnose()
        case 0x91: initializeParameters()
        case 0xC6: setMultiple()
        case 0xE0, 0xE1, 0xE2, 0xE3, 0xE6, 0x94, 0x95, 0x96, 0x97, 0x99: finish()
        case 0xE5, 0x98:
            registers.sectorCount = 0xFF
            finish()
        case 0xE4: offer(registers.sectorBuffer)
        case 0xE8: requestSectorBuffer()
        case 0xE7: finish()
        case 0xEC:
            if let disk { offer(identity(of: disk)) } else { fail(ErrorBit.abort) }
        case 0xEF: setFeatures()
        case 0xF8:
            setAddress(capacity &- 1)
            finish()
        default: fail(ErrorBit.abort)
        }
    }

    /// A block of the host's to read, outside the sector commands.
    private func offer(_ bytes: [UInt8]) {
        registers.buffer = bytes
        registers.position = 0
        registers.remaining = 0
        registers.phase = .dataIn
        drive.status = Status.ready | Status.seekComplete | Status.dataRequest
        drive.error = 0
        setInterrupt(true)
    }

    private func requestSectorBuffer() {
        registers.buffer = [UInt8](repeating: 0, count: 512)
        registers.position = 0
        registers.remaining = 0
        registers.phase = .dataOut
        drive.status = Status.ready | Status.seekComplete | Status.dataRequest
    }

    // MARK: Addresses

    /// The sector that the registers name; nil if there is no such one.
    private var address: UInt64? {
        let sector: UInt64
        if registers.device & 0x40 != 0 {
            sector = UInt64(registers.device & 0xF) << 24 | UInt64(registers.lbaHigh) << 16
                | UInt64(registers.lbaMid) << 8 | UInt64(registers.lbaLow)
        } else {
            let geometry = drive.geometry
            let cylinder = UInt64(registers.lbaHigh) << 8 | UInt64(registers.lbaMid)
            let head = UInt64(registers.device & 0xF)
            guard registers.lbaLow >= 1, registers.lbaLow <= geometry.sectors, head < UInt64(geometry.heads) else {
                return nil
            }
            sector =
                (cylinder * UInt64(geometry.heads) + head) * UInt64(geometry.sectors) + UInt64(registers.lbaLow) - 1
        }
        return sector < capacity ? sector : nil
    }

    private func setAddress(_ sector: UInt64) {
        if registers.device & 0x40 != 0 {
            registers.lbaLow = UInt8(truncatingIfNeeded: sector)
            registers.lbaMid = UInt8(truncatingIfNeeded: sector >> 8)
            registers.lbaHigh = UInt8(truncatingIfNeeded: sector >> 16)
            registers.device = registers.device & 0xF0 | UInt8(truncatingIfNeeded: sector >> 24) & 0xF
        } else {
            let sectors = UInt64(max(drive.geometry.sectors, 1)), heads = UInt64(max(drive.geometry.heads, 1))
            let track = sector / sectors
            let cylinder = track / heads
            registers.lbaLow = UInt8(truncatingIfNeeded: sector % sectors + 1)
            registers.lbaMid = UInt8(truncatingIfNeeded: cylinder)
            registers.lbaHigh = UInt8(truncatingIfNeeded: cylinder >> 8)
            registers.device = registers.device & 0xF0 | UInt8(truncatingIfNeeded: track % heads) & 0xF
        }
    }

    /// After a sector: the registers name the last one transferred, and the count says what is left.
    private func noteProgress(lastSector: UInt64, left: Int) {
        setAddress(lastSector)
        registers.sectorCount = UInt8(truncatingIfNeeded: left)
    }

    // MARK: Sector transfers

    private var isMultiple: Bool { registers.command == 0xC4 || registers.command == 0xC5 }
    private var sectorsPerBlock: Int { isMultiple ? Int(drive.multiple) : 1 }

    private func beginTransfer(_ start: () -> Void) {
        guard !isMultiple || drive.multiple > 0 else {
            fail(ErrorBit.abort)
            return
        }
        guard let sector = address else {
            fail(ErrorBit.notFound)
            return
        }
        registers.nextSector = sector
        registers.remaining = registers.sectorCount == 0 ? 256 : Int(registers.sectorCount)
        start()
    }

    private func fetchBlock() {
        let count = min(registers.remaining, max(sectorsPerBlock, 1))
        registers.buffer.removeAll(keepingCapacity: true)
        registers.position = 0
        for _ in 0..<count {
            let sector = registers.nextSector
            guard sector < capacity, let disk else {
                noteProgress(lastSector: sector, left: registers.remaining)
                fail(ErrorBit.notFound)
                return
            }
            do {
                registers.buffer += try disk.read(sector)
            } catch {
                board.output.send { $0.warning(error.description) }
                noteProgress(lastSector: sector, left: registers.remaining)
                fail(ErrorBit.uncorrectable)
                return
            }
            registers.remaining -= 1
            noteProgress(lastSector: sector, left: registers.remaining)
            registers.nextSector = sector + 1
        }
        registers.phase = .dataIn
        drive.status = Status.ready | Status.seekComplete | Status.dataRequest
        drive.error = 0
        setInterrupt(true)
    }

    /// The host has read the whole buffer.
    private func blockRead() {
        registers.buffer.removeAll(keepingCapacity: true)
        registers.position = 0
        if registers.remaining > 0 {
            registers.phase = .reading
            drive.status = Status.busy
            board.schedule(event, at: board.now &+ Self.sectorTime)
        } else {
            registers.phase = .idle
            drive.status = Status.ready | Status.seekComplete
        }
    }

    /// Asks the host for the next block. Before the first one there is no interrupt.
    private func requestBlock() {
        let count = min(registers.remaining, max(sectorsPerBlock, 1))
        registers.buffer = [UInt8](repeating: 0, count: count * 512)
        registers.position = 0
        registers.phase = .dataOut
        drive.status = Status.ready | Status.seekComplete | Status.dataRequest
        drive.error = 0
    }

    /// The host has filled the buffer.
    private func blockWritten() {
        if registers.command == 0xE8 {
            registers.sectorBuffer = registers.buffer
            finish()
            return
        }
        registers.phase = .writing
        drive.status = Status.busy
        board.schedule(event, at: board.now &+ Self.sectorTime)
    }

    private func storeBlock() {
        for start in stride(from: 0, to: registers.buffer.count - 511, by: 512) {
            let sector = registers.nextSector
            guard sector < capacity, let disk else {
                noteProgress(lastSector: sector, left: registers.remaining)
                fail(ErrorBit.notFound)
                return
            }
            do {
                let bytes = Array(registers.buffer[start..<start + 512])
                try disk.write(bytes, at: sector, silenced: board.output.isSilenced)
            } catch {
                board.output.send { $0.warning(error.description) }
                noteProgress(lastSector: sector, left: registers.remaining)
                fail(disk.isReadOnly ? ErrorBit.abort : ErrorBit.uncorrectable)
                return
            }
            registers.remaining = max(0, registers.remaining - 1)
            noteProgress(lastSector: sector, left: registers.remaining)
            registers.nextSector = sector + 1
        }
        if registers.remaining > 0 {
            requestBlock()
            setInterrupt(true)
        } else {
            finish()
        }
    }

    private func verify() {
        guard let first = address else {
            fail(ErrorBit.notFound)
            return
        }
        let count = registers.sectorCount == 0 ? 256 : UInt64(registers.sectorCount)
        guard first + count <= capacity else {
            noteProgress(lastSector: capacity &- 1, left: Int(first + count - capacity))
            fail(ErrorBit.notFound)
            return
        }
        noteProgress(lastSector: first + count - 1, left: 0)
        finish()
    }

    // MARK: Other commands

    private func diagnose() {
        // Both drives carry it out; 1 says that both are well.
        for index in 0..<2 where disks[index] != nil {
            registers.drives[index].status = Status.ready | Status.seekComplete
            registers.drives[index].error = 0x01
        }
        registers.phase = .idle
        setSignature()
        if disks[0] == nil { registers.device = 0x10 }
        setInterrupt(true)
    }

    private func initializeParameters() {
        let heads = registers.device & 0xF &+ 1
        guard let disk, (1...63).contains(registers.sectorCount) else {
            fail(ErrorBit.abort)
            return
        }
        let cylinders = disk.sectorCount / (UInt64(heads) * UInt64(registers.sectorCount))
        drive.geometry = DiskGeometry(
            cylinders: UInt16(min(max(cylinders, 1), 65_535)), heads: heads, sectors: registers.sectorCount)
        finish()
    }

    private func setMultiple() {
        let count = registers.sectorCount
        guard count <= Self.highestMultiple, count & (count &- 1) == 0 else {
            drive.multiple = 0
            fail(ErrorBit.abort)
            return
        }
        drive.multiple = count
        finish()
    }

    private func setFeatures() {
        switch registers.features {
        // Write cache, read look-ahead, power-on defaults kept or restored: nothing to do, all allowed.
        case 0x02, 0x82, 0x55, 0xAA, 0x66, 0xCC, 0x05, 0x85: finish()
        case 0x03:
            // PIO modes up to 4; there is no DMA.
            let mode = registers.sectorCount
            if mode >> 3 == 0 || mode >> 3 == 1 && mode & 7 <= 4 {
                drive.transferMode = mode
                finish()
            } else {
                fail(ErrorBit.abort)
            }
        default: fail(ErrorBit.abort)
        }
    }

    /// The 256 words of IDENTIFY DEVICE (ATA-5, 8.12).
    private func identity(of disk: Disk) -> [UInt8] {
        var words = [UInt16](repeating: 0, count: 256)

        /// ASCII, two characters to a word, the first in the high half, padded with spaces.
        func set(_ text: String, at word: Int, count: Int) {
            var characters = text.utf8.prefix(2 * count).map { (0x20..<0x7F).contains($0) ? $0 : 0x5F }
            characters += [UInt8](repeating: 0x20, count: 2 * count - characters.count)
            for index in 0..<count {
                words[word + index] = UInt16(characters[2 * index]) << 8 | UInt16(characters[2 * index + 1])
            }
        }
        func set(_ value: UInt64, at word: Int) {
            words[word] = UInt16(truncatingIfNeeded: value)
            words[word + 1] = UInt16(truncatingIfNeeded: value >> 16)
        }
        let native = nativeGeometry[selected] ?? drive.geometry
        let current = drive.geometry
        words[0] = 0x0040
        words[1] = native.cylinders
        words[3] = UInt16(native.heads)
        words[4] = UInt16(native.sectors) * 512
        words[5] = 512
        words[6] = UInt16(native.sectors)
        set("MRT\(number)\(selected)00000001", at: 10, count: 10)
        words[20] = 3
        words[21] = 512
        set("1.0", at: 23, count: 4)
        set(models[selected], at: 27, count: 20)
        words[47] = 0x8000 | UInt16(Self.highestMultiple)
        words[48] = 1
        // LBA and IORDY; no DMA.
        words[49] = 0x0A00
        words[50] = 0x4000
        words[51] = 0x0200
        words[53] = 0x0003
        words[54] = current.cylinders
        words[55] = UInt16(current.heads)
        words[56] = UInt16(current.sectors)
        set(min(current.capacity, capacity), at: 57)
        words[59] = drive.multiple > 0 ? 0x0100 | UInt16(drive.multiple) : 0
        set(capacity, at: 60)
        words[64] = 0x0003
        words[67] = 120
        words[68] = 120
        // ATA-1 to ATA-5.
        words[80] = 0x003E
        // NOP, READ and WRITE BUFFER, power management; FLUSH CACHE.
        words[82] = 0x3008
        words[83] = 0x5000
        words[84] = 0x4000
        words[85] = 0x3008
        words[86] = 0x1000
        words[87] = 0x4000
        return words.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    }
}
