import Machine
import Processor

/// Looking at the machine with the eyes of a thread that does not run: its registers as the kernel has saved them, its
/// memory by its own page directory.
struct Viewpoint {
    let registers: RegisterFile
    /// CR3 while it runs.
    let directory: UInt32
    /// Where its general registers, EIP and EFLAGS are saved, by their names: linear addresses.
    let saved: [String: UInt32]
}

extension Debugger {
    /// Calls `body`, in which registers, memory, symbols and backtraces are those of `thread`; the processor's own if
    /// it is nil or the thread that runs. The machine must not be moved meanwhile.
    ///
    /// - Throws: in words if the kernel has not saved the thread's registers where they could be found.
    public func looking<Result>(
        from thread: KernelThread?, _ body: () -> Result
    ) throws(KernelView.Silence) -> Result {
        let before = viewpoint
        defer { viewpoint = before }
        viewpoint = nil
        if let thread { viewpoint = try viewpoint(of: thread, try kernelView()) }
        return body()
    }

    /// Nil for the thread that runs: the processor has its registers.
    private func viewpoint(of thread: KernelThread, _ view: KernelView) throws(KernelView.Silence) -> Viewpoint? {
        if thread.address == view.runningThread?.address { return nil }
        guard let frame = view.structure("TrapFrame", at: thread.frame),
            let process = view.structure("Process", at: thread.processAddress)
        else {
            throw KernelView.Silence(
                description: "the registers of thread \(thread.number) are not where the kernel says")
        }
        var registers = machineRegisters
        let directory = process.number("space.directory").flatMap { $0 == 0 ? nil : $0 } ?? registers.cr3
        registers.cr3 = directory
        var saved: [String: UInt32] = [:]
        for (index, name) in RegisterFile.generalNames.enumerated() where name != "esp" {
            registers.general[index] = frame.number(name) ?? 0
            saved[name] = frame.address(of: name)
        }
        registers.eip = frame.number("eip") ?? 0
        registers.eflags = frame.number("eflags") ?? 0
        saved["eip"] = frame.address(of: "eip")
        saved["eflags"] = frame.address(of: "eflags")
        let code = segment(frame.number("cs") ?? 0)
        // Only from an outer level the processor pushes the stack as well (SDM vol. 3A, figure 6-4); else it goes on
        // behind what it pushed.
        let isUser = (frame.number("cs") ?? 0) & 3 != 0
        registers.general[4] = isUser ? frame.number("esp") ?? 0 : frame.address(of: "esp") ?? 0
        if isUser { saved["esp"] = frame.address(of: "esp") }
        let stack = isUser ? segment(frame.number("ss") ?? 0) : nil
        let flat = stack ?? registers.segments[Int(SegmentIndex.ss.rawValue)]
        registers.segments[Int(SegmentIndex.ss.rawValue)] = flat
        if let code { registers.segments[Int(SegmentIndex.cs.rawValue)] = code }
        // `sysenter` leaves DS and ES to whoever needs them.
        for (index, name) in [(SegmentIndex.ds, "ds"), (.es, "es"), (.fs, "fs"), (.gs, "gs")] {
            registers.segments[Int(index.rawValue)] = segment(frame.number(name) ?? 0) ?? flat
        }
        return Viewpoint(registers: registers, directory: directory, saved: saved)
    }

    /// A segment register that holds a selector; nil if no descriptor of a segment has it.
    func segment(_ value: UInt32) -> RegisterFile.Segment? {
        let selector = UInt16(truncatingIfNeeded: value)
        guard selector & 0xFFFC != 0, let descriptor = descriptor(of: selector), !descriptor.isSystem,
            descriptor.isPresent
        else { return nil }
        return RegisterFile.Segment(selector, descriptor)
    }

    /// Changes a register where the kernel has saved it.
    func setRegister(_ name: String, to value: UInt32, of viewpoint: Viewpoint) -> Bool {
        var place = name == "pc" ? "eip" : name
        var value = value
        if let part = RegisterFile.Part(named: name), RegisterFile.generalNames.indices.contains(part.register) {
            place = RegisterFile.generalNames[part.register]
            let old = viewpoint.registers.general[part.register]
            let mask = part.mask << part.shift
            value = old & ~mask | value << part.shift & mask
        }
        guard let address = viewpoint.saved[place] else { return false }
        return writeMemory((0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }, at: address)
    }
}

extension RegisterFile.Segment {
    /// What the processor loads from a descriptor.
    init(_ selector: UInt16, _ descriptor: Descriptor) {
        self.init()
        self.selector = selector
        base = descriptor.base
        limit = descriptor.limit
        attributes = descriptor.attributes
    }
}
