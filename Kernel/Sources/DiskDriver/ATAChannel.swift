import CUser
import DeviceLogic
import User

/// The first ATA channel with up to two drives, by programmed I/O (ATA/ATAPI-6, T13 1410D).
///
/// The drive interrupts when it has a sector to give or has taken one, and when a command ends (`DiskInterrupt`); the
/// status decides what it meant, so that an interrupt too few or too many does no harm. Where the standard has no
/// interrupt, before the first sector of a write and after the selection of a drive, the status is polled. No wait is
/// longer than `patience`. A drive that is not ready in time is reset, so that the next request finds it working, and
/// so does a successor of this driver that died in the middle of a transfer. Nothing is sent to a device that is not a
/// disk but IDENTIFY DEVICE, which every ATA and ATAPI device may be sent.
struct ATAChannel {
    private enum Port {
        static var data: UInt16 { 0x1F0 }
        static var error: UInt16 { 0x1F1 }
        static var sectorCount: UInt16 { 0x1F2 }
        static var lbaLow: UInt16 { 0x1F3 }
        static var lbaMiddle: UInt16 { 0x1F4 }
        static var lbaHigh: UInt16 { 0x1F5 }
        static var device: UInt16 { 0x1F6 }
        /// Status when read, which ends the drive's interrupt; command when written.
        static var command: UInt16 { 0x1F7 }
        /// Alternate status when read, which leaves the interrupt alone; device control when written.
        static var control: UInt16 { 0x3F6 }
    }

    private enum Control {
        /// The drive may interrupt (nIEN is 0).
        static var normal: UInt8 { 0x00 }
        static var softwareReset: UInt8 { 0x04 }
    }

    private enum Status {
        static var error: UInt8 { 0x01 }
        static var dataRequest: UInt8 { 0x08 }
        static var fault: UInt8 { 0x20 }
        static var ready: UInt8 { 0x40 }
        static var busy: UInt8 { 0x80 }
    }

    private enum ErrorBit {
        static var aborted: UInt8 { 0x04 }
        static var notFound: UInt8 { 0x10 }
        static var uncorrectable: UInt8 { 0x40 }
    }

    private enum Command {
        static var read: UInt8 { 0x20 }
        static var readExtended: UInt8 { 0x24 }
        static var write: UInt8 { 0x30 }
        static var writeExtended: UInt8 { 0x34 }
        static var flush: UInt8 { 0xE7 }
        static var flushExtended: UInt8 { 0xEA }
        static var identify: UInt8 { 0xEC }
    }

    /// How long a drive may take, in milliseconds: one that sleeps has to turn its platters first.
    private static var patience: UInt32 { 10_000 }

    /// What the drives said of themselves; nil for one that has not been asked, or is not there.
    private var identities: InlineArray<2, DriveIdentity?> = [nil, nil]
    private var interrupt = DiskInterrupt()

    /// Drive 0 or 1.
    ///
    /// - Throws: `.noSuchDrive`, `.timeout`.
    mutating func identity(_ drive: UInt32) throws(DiskError) -> DriveIdentity {
        guard drive < 2 else { throw .noSuchDrive }
        if let known = identities[Int(drive)] { return known }
        port_write8(Port.control, Control.normal)
        try select(drive, lba: 0)
        // Without a second drive the first one answers for it, with 0.
        guard status != 0 else { throw .noSuchDrive }
        send(Command.identify)
        guard status != 0 else { throw .noSuchDrive }
        do throws(DiskError) { try waitForInterrupt(untilSet: Status.dataRequest) } catch {
            // A device that is no disk gives the command up.
            throw error == .timeout ? .timeout : .noSuchDrive
        }
        var words = InlineArray<256, UInt16>(repeating: 0)
        // Valid: `InlineArray` stores its elements contiguously, 256 of them.
        let identity = withUnsafeMutableBytes(of: &words) { bytes in
            port_read_words(Port.data, bytes.baseAddress, 256)
            return DriveIdentity(UnsafeBufferPointer(bytes.bindMemory(to: UInt16.self)))
        }
        guard let identity, identity.sectors > 0 else { throw .noSuchDrive }
        identities[Int(drive)] = identity
        return identity
    }

    /// Reads sectors into a buffer that holds exactly them.
    mutating func read(
        _ drive: UInt32, _ sector: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(DiskError) {
        let count = UInt32(buffer.count / diskSectorSize)
        try begin(drive, sector, count, Command.read, Command.readExtended)
        for index in 0..<Int(count) {
            try waitForInterrupt(untilSet: Status.dataRequest)
            port_read_words(Port.data, buffer.baseAddress.map { $0 + index * diskSectorSize }, 256)
        }
    }

    /// Writes sectors.
    mutating func write(_ drive: UInt32, _ sector: UInt64, _ bytes: UnsafeRawBufferPointer) throws(DiskError) {
        let count = UInt32(bytes.count / diskSectorSize)
        try begin(drive, sector, count, Command.write, Command.writeExtended)
        for index in 0..<Int(count) {
            if index == 0 {
                try poll(untilSet: Status.dataRequest)
            } else {
                try waitForInterrupt(untilSet: Status.dataRequest)
            }
            port_write_words(Port.data, bytes.baseAddress.map { $0 + index * diskSectorSize }, 256)
        }
        try waitForInterrupt(untilSet: Status.ready)
    }

    /// Makes a drive write what it keeps in its cache.
    mutating func flush(_ drive: UInt32) throws(DiskError) {
        let identity = try identity(drive)
        guard identity.hasFlush else { return }
        try select(drive, lba: 0)
        send(identity.has48BitAddresses ? Command.flushExtended : Command.flush)
        try waitForInterrupt(untilSet: Status.ready)
    }

    /// Sends a command with an address.
    private mutating func begin(
        _ drive: UInt32, _ sector: UInt64, _ count: UInt32, _ command: UInt8, _ extended: UInt8
    ) throws(DiskError) {
        let identity = try identity(drive)
        guard identity.contains(sector, count: UInt64(count)) else { throw .outOfRange }
        let isLong = DriveIdentity.needs48Bits(sector, count: UInt64(count))
        guard !isLong || identity.has48BitAddresses else { throw .outOfRange }
        try select(drive, lba: isLong ? 0 : UInt8(truncatingIfNeeded: sector >> 24) & 0x0F)
        if isLong {
            // Each register takes two bytes, the upper one first.
            port_write8(Port.sectorCount, UInt8(truncatingIfNeeded: count >> 8))
            port_write8(Port.lbaLow, UInt8(truncatingIfNeeded: sector >> 24))
            port_write8(Port.lbaMiddle, UInt8(truncatingIfNeeded: sector >> 32))
            port_write8(Port.lbaHigh, UInt8(truncatingIfNeeded: sector >> 40))
        }
        port_write8(Port.sectorCount, UInt8(truncatingIfNeeded: count))
        port_write8(Port.lbaLow, UInt8(truncatingIfNeeded: sector))
        port_write8(Port.lbaMiddle, UInt8(truncatingIfNeeded: sector >> 8))
        port_write8(Port.lbaHigh, UInt8(truncatingIfNeeded: sector >> 16))
        send(isLong ? extended : command)
    }

    /// Sends a command; interrupts of earlier ones are none of this one's.
    private mutating func send(_ command: UInt8) {
        interrupt.clear()
        port_write8(Port.command, command)
        pause()
    }

    // MARK: Waiting

    private var status: UInt8 { port_read8(Port.control) }

    /// The 400 ns that a drive has for its status: four reads of it.
    private func pause() { for _ in 0..<4 { _ = status } }

    /// Selects a drive, with the upper bits of an address, when the channel is idle.
    private func select(_ drive: UInt32, lba: UInt8) throws(DiskError) {
        // An empty channel floats: all ones, or with the pull-down of DD7 all but that.
        guard status & 0x7F != 0x7F else { throw .noSuchDrive }
        if status & (Status.busy | Status.dataRequest) != 0 { try recover() }
        // Bit 6: LBA. Bits 7 and 5 were fixed once, and are still set by everybody.
        port_write8(Port.device, 0xE0 | UInt8(truncatingIfNeeded: drive) << 4 | lba)
        pause()
        try poll(untilSet: 0)
    }

    /// Waits for interrupts until the drive is not busy and has set a bit, or reports an error.
    private mutating func waitForInterrupt(untilSet bit: UInt8) throws(DiskError) {
        let start = Clock.milliseconds
        while true {
            let hasCome = interrupt.wait()
            let status = port_read8(Port.command)
            interrupt.acknowledge()
            if try isDone(status, bit) {
                interrupt.note(hasCome: hasCome)
                return
            }
            try checkPatience(since: start)
        }
    }

    /// Polls until the drive is not busy and has set a bit, if any, or reports an error: first without a pause, as it
    /// is mostly ready at once, then every millisecond.
    private func poll(untilSet bit: UInt8) throws(DiskError) {
        for _ in 0..<2000 where try isDone(status, bit) { return }
        let start = Clock.milliseconds
        while try !isDone(status, bit) {
            try checkPatience(since: start)
            Thread.sleep(milliseconds: 1)
        }
    }

    /// Whether a status says that the drive is not busy, and has set a bit.
    private func isDone(_ status: UInt8, _ bit: UInt8) throws(DiskError) -> Bool {
        guard status & Status.busy == 0 else { return false }
        // An error counts where a command is under way.
        if bit != 0, status & (Status.error | Status.fault) != 0 { throw failure(status) }
        return status & bit == bit
    }

    private func checkPatience(since start: UInt32) throws(DiskError) {
        guard Clock.milliseconds &- start >= Self.patience else { return }
        try? reset()
        throw .timeout
    }

    private func failure(_ status: UInt8) -> DiskError {
        if status & Status.fault != 0 { return .deviceFault }
        let error = port_read8(Port.error)
        if error & (ErrorBit.uncorrectable | ErrorBit.notFound) != 0 { return .unreadable }
        return error & ErrorBit.aborted != 0 ? .aborted : .deviceFault
    }

    /// Brings a channel that is in the middle of something to its senses.
    private func recover() throws(DiskError) {
        for _ in 0..<1000 where status & (Status.busy | Status.dataRequest) == 0 { return }
        try reset()
    }

    /// A software reset: SRST for 5 us at least, then up to 31 s until BSY is gone, of which we grant some.
    private func reset() throws(DiskError) {
        port_write8(Port.control, Control.softwareReset)
        Thread.sleep(milliseconds: 1)
        port_write8(Port.control, Control.normal)
        Thread.sleep(milliseconds: 3)
        let start = Clock.milliseconds
        while status & Status.busy != 0 {
            guard Clock.milliseconds &- start < Self.patience else { throw .timeout }
            Thread.sleep(milliseconds: 1)
        }
    }
}
