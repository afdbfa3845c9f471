extension KBC8042 {
    func report(_ board: Board) -> ChipReport {
        var report = ChipReport("kbc", "Intel 8042 keyboard controller", ports: board.ports(of: [.keyboardController]))
        let registers = registers
        let command = registers.memory[0]
        report.add(
            "status", registers.status,
            ChipReport.words(
                registers.status,
                [
                    (Status.outputFull, "output full"), (Status.system, "self test passed"),
                    (Status.lastWasCommand, "last write was a command"), (Status.notInhibited, "not locked"),
                    (Status.auxiliaryOutput, "output is of the mouse"), (Status.timeout, "time-out"),
                ]))
        report.add(
            "output", registers.output,
            registers.status & Status.outputFull == 0
                ? "read already" : registers.outputIsFromKeyboard ? "from the keyboard" : "from the controller")
        report.add(
            "command", command,
            ChipReport.words(
                command,
                [
                    (CommandByte.keyboardInterrupt, "IRQ 1 on"), (CommandByte.auxiliaryInterrupt, "IRQ 12 on"),
                    (CommandByte.system, "system"), (CommandByte.keyboardDisabled, "keyboard off"),
                    (CommandByte.auxiliaryDisabled, "mouse off"), (CommandByte.translate, "codes translated to set 1"),
                ], none: "nothing"))
        report.add(
            "port", registers.outputPort,
            ChipReport.words(
                registers.outputPort,
                [
                    (OutputPort.notReset, "not in reset"), (OutputPort.addressLine20, "A20 open"),
                    (OutputPort.keyboardInterrupt, "IRQ 1"), (OutputPort.auxiliaryInterrupt, "IRQ 12"),
                ]))
        if registers.command != 0 {
            report.add("pending", registers.command, "waits for the parameter of this command at port 60h")
        }
        report.add("replies", bytes: registers.replies, "wait for the output buffer")
        return report
    }
}

extension PS2Keyboard {
    var report: ChipReport {
        var report = ChipReport("keyboard", "PS/2 keyboard with 104 keys, behind the 8042", ports: [])
        report.add("set", registers.scanCodeSet, "scan code set")
        report.add("scanning", flag: registers.isScanning, registers.isTesting ? "self test running" : "")
        report.add(
            "lamps", registers.lamps,
            ChipReport.words(registers.lamps, [(1, "Scroll Lock"), (2, "Num Lock"), (4, "Caps Lock")], none: "all off"))
        let delay = (Int(registers.typematic >> 5 & 3) + 1) * 250
        report.add("typematic", registers.typematic, "repeats after \(delay) ms")
        report.add("queue", bytes: registers.queue, "codes on their way")
        report.add("held", words: registers.held.map { "\($0)" }.joined(separator: " "), "keys that are down")
        let characters = registers.waiting.reduce(0) { count, motion in
            if case .text(let text) = motion { count + text.count } else { count }
        }
        let keys = registers.waiting.count { if case .key = $0 { true } else { false } }
        if characters > 0 { report.add("typing", count: characters, "characters still to be typed") }
        if keys > 0 { report.add("waiting", count: keys, "presses and releases that wait for room in the queue") }
        return report
    }
}
