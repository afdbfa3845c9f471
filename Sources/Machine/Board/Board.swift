import Processor

/// The main board: what the chips are soldered to.
///
/// **Constraint.** Chips need each other (a key ends as an interrupt, a port opens A20), but must be testable and
/// savable one by one.
///
/// **Choice.** A chip knows the board and nothing else: virtual time (``now``), the event queue (``schedule(_:at:)``),
/// the interrupt controller and the way out. The board knows the processor only by its pins: INTR, NMI, A20 and RESET.
/// Ports are looked up in one table with a byte for each of the 65,536, so that dispatch is a load and a `switch`.
///
/// **Example.** The guest writes the divisor of timer channel 0. The timer schedules an event for the next edge of its
/// output; that is before the deadline the processor runs to, so it is asked to come back; the machine sets the new
/// deadline and goes on.
final class Board: Bus {
    let processor: Processor
    let output = OutputGate()
    var clock: VirtualClock
    var events = EventQueue()
    var systemControl = SystemControl()
    /// Wishes of the guest that the machine fulfils between two instructions.
    var request = Request()

    struct Request {
        var reset = false
        var exitCode: Int32?
    }

    private let hostility: Machine.Hostility
    private let serialPortCount: Int
    private let cmos: [UInt8]
    private let drives: [DriveSlot?]

    /// A drive as it is plugged in: primary master, primary slave, secondary master, secondary slave.
    struct DriveSlot {
        let disk: Disk
        let model: String
        let geometry: DiskGeometry
    }

    // The chips hold the board and the board the chips: made on first use, all of them at the end of `init`.
    private(set) lazy var interrupts = PIC8259 { [unowned self] level in
        processor.state.pointee.interruptRequested = level
        if level { processor.requestExit() }
    }
    private(set) lazy var timer = PIT8254(board: self)
    private(set) lazy var realTimeClock = RTC146818(board: self, memory: cmos)
    private(set) lazy var keyboard = PS2Keyboard(board: self)
    private(set) lazy var keyboardController = KBC8042(board: self)
    private(set) lazy var serialPorts = (0..<serialPortCount).map { UART16550(board: self, number: $0) }
    private(set) lazy var display = VGA(board: self)
    private(set) lazy var disks = (0..<2).map { channel in
        let slots = (0..<2).map { drives[2 * channel + $0] }
        return IDEChannel(
            board: self, number: channel, disks: slots.map { $0?.disk }, models: slots.map { $0?.model ?? "" },
            geometries: slots.map { $0?.geometry }, isLineConnected: !hostility.contains(.deadDiskInterrupts))
    }

    /// Who answers at each port: a raw value of ``PortDevice``. Allocated for as long as the board lives.
    private let ports: UnsafeMutablePointer<UInt8>

    init(
        processor: Processor, nanosecondsPerStep: UInt32, hostility: Machine.Hostility, serialPorts: Int, cmos: [UInt8],
        drives: [DriveSlot?]
    ) {
        self.processor = processor
        self.hostility = hostility
        self.cmos = cmos
        serialPortCount = min(max(serialPorts, 0), 2)
        self.drives = (0..<4).map { $0 < drives.count ? drives[$0] : nil }
        clock = VirtualClock(nanosecondsPerStep: nanosecondsPerStep)
        ports = .allocate(capacity: 65_536)
        ports.initialize(repeating: PortDevice.none.rawValue, count: 65_536)
        mapPorts()
        resetChips()
    }

    deinit {
        ports.deallocate()
    }

    // MARK: Time

    /// Virtual nanoseconds since power-on.
    var now: UInt64 { clock.nanoseconds(at: processor.steps) }

    /// Asks for `source`'s event at `nanoseconds`, instead of any that it had.
    func schedule(_ source: EventSource, at nanoseconds: UInt64) {
        if nanoseconds < events.next { processor.requestExit() }
        events.schedule(source, at: nanoseconds)
    }

    /// Lets everything happen that is due.
    func fireDueEvents() {
        while let source = events.takeDue(at: now) {
            switch source {
            case .addressLine20: setAddressLine20()
            case .timer: timer.edge()
            case .clockPeriodic: realTimeClock.periodicTick()
            case .clockUpdate: realTimeClock.update()
            case .keyboardController: keyboardController.transfer()
            case .keyboard: keyboard.timer()
            case .typing: keyboard.typeNext()
            case .serial0Transmit: serialPorts.first?.transmitted()
            case .serial0Receive: serialPorts.first?.received()
            case .serial0Timeout: serialPorts.first?.timedOut()
            case .serial1Transmit: serialPorts.dropFirst().first?.transmitted()
            case .serial1Receive: serialPorts.dropFirst().first?.received()
            case .serial1Timeout: serialPorts.dropFirst().first?.timedOut()
            case .disk0: disks[0].serve()
            case .disk1: disks[1].serve()
            }
        }
    }

    // MARK: Lines

    /// A reset of all chips. Time goes on; the clock and CMOS RAM are on a battery.
    func resetChips() {
        request = Request()
        systemControl = SystemControl()
        interrupts.reset()
        timer.reset()
        realTimeClock.reset()
        keyboardController.reset()
        for port in serialPorts { port.reset() }
        display.reset()
        for channel in disks { channel.reset() }
        events.cancel(.addressLine20)
        if hostility.contains(.deadKeyboardA20) || hostility.contains(.noKeyboardController) {
            // The reset vector must be reachable: somebody holds A20 open.
            systemControl.portA = SystemControl.PortA.addressLine20
        }
        setAddressLine20()
    }

    /// The guest pulls the reset line.
    func requestReset() {
        request.reset = true
        processor.requestExit()
    }

    /// A20 is open if the keyboard controller or port 92h says so.
    private var opensAddressLine20: Bool {
        let deadKeyboard = hostility.contains(.deadKeyboardA20) || hostility.contains(.noKeyboardController)
        let byKeyboard = !deadKeyboard && keyboardController.drivesAddressLine20
        return byKeyboard || systemControl.portA & SystemControl.PortA.addressLine20 != 0
    }

    private static let slowA20Time: UInt64 = 100_000_000

    func updateAddressLine20() {
        guard opensAddressLine20 != processor.isA20Enabled else { return }
        if hostility.contains(.slowA20) {
            schedule(.addressLine20, at: now &+ Self.slowA20Time)
        } else {
            setAddressLine20()
        }
    }

    private func setAddressLine20() {
        processor.isA20Enabled = opensAddressLine20
    }

    func speakerMayHaveChanged() {
        let frequency = systemControl.portB & 0x02 != 0 ? timer.speakerFrequency : 0
        guard frequency != systemControl.speakerFrequency else { return }
        systemControl.speakerFrequency = frequency
        let time = now
        output.send { $0.speaker(frequency: frequency, nanoseconds: time) }
    }

    func acknowledgeInterrupt() -> UInt8 {
        interrupts.acknowledge()
    }

    /// FERR#, as a PC/AT wires it: IRQ 13 until the handler writes to port F0h, which makes the board assert IGNNE# for
    /// as long as FERR# is there.
    func numericErrorChanged(_ isAsserted: Bool) {
        interrupts.setLine(Self.numericErrorLine, isAsserted)
        if !isAsserted { processor.state.pointee.x87.ignoresErrors = false }
    }

    private static let numericErrorLine = 13

    private func acknowledgeNumericError() {
        interrupts.setLine(Self.numericErrorLine, false)
        if processor.state.pointee.x87.errorOutput { processor.state.pointee.x87.ignoresErrors = true }
    }

    // MARK: Ports

    /// Who answers at a port.
    enum PortDevice: UInt8 {
        case none, interrupts, timer, systemControl, realTimeClock, keyboardController, serial0, serial1, display
        case disk0, disk1, debugConsole, exit, numericError
    }

    private func mapPorts() {
        func map(_ device: PortDevice, _ range: ClosedRange<Int>) {
            for port in range { ports[port] = device.rawValue }
        }
        map(.interrupts, 0x20...0x21)
        map(.interrupts, 0xA0...0xA1)
        map(.interrupts, 0x4D0...0x4D1)
        map(.timer, 0x40...0x43)
        map(.systemControl, 0x61...0x61)
        map(.systemControl, 0x80...0x80)
        map(.realTimeClock, 0x70...0x71)
        if !hostility.contains(.deadPort92) { map(.systemControl, 0x92...0x92) }
        if !hostility.contains(.noKeyboardController) {
            map(.keyboardController, 0x60...0x60)
            map(.keyboardController, 0x64...0x64)
        }
        if serialPortCount > 0 { map(.serial0, 0x3F8...0x3FF) }
        if serialPortCount > 1 { map(.serial1, 0x2F8...0x2FF) }
        map(.display, 0x3B0...0x3DF)
        map(.disk0, 0x1F0...0x1F7)
        map(.disk0, 0x3F6...0x3F6)
        map(.disk1, 0x170...0x177)
        map(.disk1, 0x376...0x376)
        map(.debugConsole, 0xE9...0xE9)
        map(.numericError, 0xF0...0xF0)
        map(.exit, 0x501...0x501)
    }

    func device(at port: UInt16) -> PortDevice {
        PortDevice(rawValue: ports[Int(port)]) ?? .none
    }

    func readPort(_ port: UInt16, size: Int) -> UInt32 {
        if size > 1, let channel = dataChannel(port) {
            return channel.readData(size: size) & Self.mask(size)
        }
        // Eight-bit chips see a wide access as several, from the lowest port up.
        var value: UInt32 = 0
        for index in 0..<min(size, 4) {
            value |= UInt32(readByte(port &+ UInt16(index))) << UInt32(8 * index)
        }
        return value
    }

    func writePort(_ port: UInt16, size: Int, value: UInt32) {
        if size > 1, let channel = dataChannel(port) {
            channel.writeData(value, size: size)
        } else if device(at: port) == .exit {
            exit(value & Self.mask(size))
        } else {
            for index in 0..<min(size, 4) {
                writeByte(port &+ UInt16(index), UInt8(truncatingIfNeeded: value >> UInt32(8 * index)))
            }
        }
    }

    func readPort(_ port: UInt16, size: Int, into target: UnsafeMutableRawBufferPointer) -> Int {
        size > 1 ? dataChannel(port)?.readData(size: size, into: target) ?? 0 : 0
    }

    func writePort(_ port: UInt16, size: Int, from source: UnsafeRawBufferPointer) -> Int {
        size > 1 ? dataChannel(port)?.writeData(size: size, from: source) ?? 0 : 0
    }

    private static func mask(_ size: Int) -> UInt32 {
        size >= 4 ? 0xFFFF_FFFF : (1 << UInt32(8 * size)) - 1
    }

    private func dataChannel(_ port: UInt16) -> IDEChannel? {
        switch port {
        case 0x1F0: disks[0]
        case 0x170: disks[1]
        default: nil
        }
    }

    private func readByte(_ port: UInt16) -> UInt8 {
        switch device(at: port) {
        case .none: return 0xFF
        case .interrupts: return interrupts.read(port)
        case .timer: return timer.read(port)
        case .systemControl: return readSystemControl(port)
        case .realTimeClock: return realTimeClock.read(port)
        case .keyboardController: return keyboardController.read(port)
        case .serial0: return serialPorts[0].read(port & 7)
        case .serial1: return serialPorts[1].read(port & 7)
        case .display: return display.read(port)
        case .disk0: return readDisk(disks[0], port)
        case .disk1: return readDisk(disks[1], port)
        // Reading its own address is how software recognises the debug console.
        case .debugConsole: return 0xE9
        case .exit, .numericError: return 0xFF
        }
    }

    private func writeByte(_ port: UInt16, _ value: UInt8) {
        switch device(at: port) {
        case .none: break
        case .interrupts: interrupts.write(port, value)
        case .timer: timer.write(port, value)
        case .systemControl: writeSystemControl(port, value)
        case .realTimeClock: realTimeClock.write(port, value)
        case .keyboardController: keyboardController.write(port, value)
        case .serial0: serialPorts[0].write(port & 7, value)
        case .serial1: serialPorts[1].write(port & 7, value)
        case .display: display.write(port, value)
        case .disk0: writeDisk(disks[0], port, value)
        case .disk1: writeDisk(disks[1], port, value)
        case .debugConsole: output.send { $0.debugConsole(sent: value) }
        case .exit: exit(UInt32(value))
        case .numericError: acknowledgeNumericError()
        }
    }

    /// Ports 1F0h-1F7h are the command block, 3F6h the alternate status and device control.
    private func readDisk(_ channel: IDEChannel, _ port: UInt16) -> UInt8 {
        if port & 0x200 != 0 { return channel.read(8) }
        let register = Int(port & 7)
        return register == 0 ? UInt8(truncatingIfNeeded: channel.readData(size: 1)) : channel.read(register)
    }

    private func writeDisk(_ channel: IDEChannel, _ port: UInt16, _ value: UInt8) {
        if port & 0x200 != 0 {
            channel.write(8, value)
        } else if port & 7 == 0 {
            channel.writeData(UInt32(value), size: 1)
        } else {
            channel.write(Int(port & 7), value)
        }
    }

    private func exit(_ value: UInt32) {
        request.exitCode = Int32(truncatingIfNeeded: value << 1 | 1)
        processor.requestExit()
    }

    private func readSystemControl(_ port: UInt16) -> UInt8 {
        switch port {
        case 0x61:
            let refresh: UInt8 = now / SystemControl.refreshTime & 1 != 0 ? 0x10 : 0
            return systemControl.portB & 0x0F | refresh | (timer.output(2) ? 0x20 : 0)
        case 0x92: return systemControl.portA
        default: return systemControl.postCode
        }
    }

    private func writeSystemControl(_ port: UInt16, _ value: UInt8) {
        switch port {
        case 0x61:
            systemControl.portB = value & 0x0F
            timer.speakerGate = value & 0x01 != 0
            speakerMayHaveChanged()
        case 0x92:
            let before = systemControl.portA
            systemControl.portA = value & ~SystemControl.PortA.fastReset
            updateAddressLine20()
            if value & ~before & SystemControl.PortA.fastReset != 0 { requestReset() }
        default:
            systemControl.postCode = value
            output.send { $0.powerOnSelfTest(code: value) }
        }
    }

    // MARK: Memory-mapped devices

    func readMMIO(_ address: UInt32, size: Int) -> UInt32 {
        guard (0xA0000..<0xC0000).contains(address) else { return Self.mask(size) }
        var value: UInt32 = 0
        for index in 0..<UInt32(min(size, 4)) {
            value |= UInt32(display.readMemory(address &+ index)) << (8 * index)
        }
        return value
    }

    func writeMMIO(_ address: UInt32, size: Int, value: UInt32) {
        guard (0xA0000..<0xC0000).contains(address) else { return }
        for index in 0..<UInt32(min(size, 4)) {
            display.writeMemory(address &+ index, UInt8(truncatingIfNeeded: value >> (8 * index)))
        }
    }
}
