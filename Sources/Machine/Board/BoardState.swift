/// The state of everything on the board, for snapshots: the registers of each chip.
struct BoardState: Codable, Sendable {
    var clock: VirtualClock
    var events: EventQueue
    var systemControl: SystemControl
    var interrupts: PIC8259.Registers
    var timer: PIT8254.Registers
    var realTimeClock: RTC146818.Registers
    var keyboard: PS2Keyboard.Registers
    var keyboardController: KBC8042.Registers
    var serialPorts: [UART16550.Registers]
    var display: VGA.Registers
    var disks: [IDEChannel.Registers]
    /// The overlays of the four drives; empty where there is none.
    var overlays: [DiskOverlay]

    /// Throws unless every value is one that the chips can live with at `step`: a snapshot may come from a file.
    func validate(at step: UInt64) throws(SnapshotError) {
        try clock.validate(at: step)
        try events.validate()
        try interrupts.validate()
        try timer.validate()
        try realTimeClock.validate()
        try keyboard.validate()
        try keyboardController.validate()
        for port in serialPorts { try port.validate() }
        try display.validate()
        for channel in disks { try channel.validate() }
        guard disks.count == 2, overlays.count == 4 else {
            throw SnapshotError("there is not the right number of disks")
        }
    }
}

extension Board {
    var state: BoardState {
        BoardState(
            clock: clock, events: events, systemControl: systemControl, interrupts: interrupts.registers,
            timer: timer.registers, realTimeClock: realTimeClock.registers, keyboard: keyboard.registers,
            keyboardController: keyboardController.registers, serialPorts: serialPorts.map(\.registers),
            display: display.registers, disks: disks.map(\.registers),
            overlays: disks.flatMap { $0.disks.map { $0?.overlay ?? DiskOverlay() } })
    }

    /// Throws, without having changed anything, unless `state` is of a board like this one.
    func check(_ state: BoardState) throws(SnapshotError) {
        guard state.serialPorts.count == serialPorts.count else {
            throw SnapshotError("the snapshot is of a machine with \(state.serialPorts.count) serial ports")
        }
        for (index, overlay) in state.overlays.enumerated() {
            let disk = disks[index / 2].disks[index % 2]
            guard disk?.accepts(overlay: overlay) ?? overlay.isEmpty else {
                throw SnapshotError("the snapshot is of a machine with another disk \(index)")
            }
        }
    }

    /// `state` has passed ``check(_:)``. Steps, INTR and A20 are the processor's own state.
    func restore(_ state: BoardState) {
        clock = state.clock
        events = state.events
        systemControl = state.systemControl
        request = Request()
        interrupts.restore(state.interrupts)
        timer.restore(state.timer)
        realTimeClock.restore(state.realTimeClock)
        keyboard.restore(state.keyboard)
        keyboardController.restore(state.keyboardController)
        for (port, registers) in zip(serialPorts, state.serialPorts) { port.restore(registers) }
        display.restore(state.display)
        for (channel, registers) in zip(disks, state.disks) { channel.restore(registers) }
        for (index, overlay) in state.overlays.enumerated() {
            disks[index / 2].disks[index % 2]?.restore(overlay: overlay)
        }
    }
}
