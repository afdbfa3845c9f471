/// What makes a task switch happen (SDM vol. 3A, table 7-2): what becomes of busy flags, NT and the link.
enum TaskSwitchKind {
    case jump, call, interrupt, `return`
}

/// Task switches (SDM vol. 3A, 7.3).
///
/// Up to the commit point (the load of TR) a fault belongs to the old task and nothing has changed. From then on the
/// registers are the new task's; a segment register that cannot be loaded is left unusable, and the fault is thrown
/// with EIP at the new task's first instruction, for the new task to handle.
extension Core {
    /// Switches to the task of the TSS `selector`, whose `descriptor` the caller has checked (type, busy flag,
    /// present).
    ///
    /// - Parameters:
    ///   - returnEIP: where the old task goes on.
    ///   - flags: what to save as the old task's EFLAGS; nil for the present ones.
    ///   - external: the EXT bit for error codes.
    func switchTask(
        to selector: UInt16, _ descriptor: Descriptor, _ kind: TaskSwitchKind, returnEIP: UInt32, flags: UInt32? = nil,
        external: UInt16 = 0
    ) throws(Fault) {
        let state = state
        let old = state.pointee.tr
        let is32Bit = descriptor.type & SystemType.is32Bit != 0
        let isOld32Bit = old.attributes & UInt16(SystemType.is32Bit) != 0
        let base = descriptor.base
        guard descriptor.limit >= (is32Bit ? 0x67 : 0x2B), let newAddress = descriptorAddress(selector) else {
            throw .invalidTSS(selector.errorCode | external)
        }
        // Nothing is saved beyond the limit of the old TSS.
        guard old.limit >= (isOld32Bit ? 0x5F : 0x29) else { throw .invalidTSS(old.selector.errorCode | external) }

        // Everything that the switch reads or writes is translated first, so that page faults come before any effect.
        try probeLinear(
            base, size: is32Bit ? 0x68 : 0x2C, kind == .return || kind == .jump ? .read : .write, user: false)
        let saved: UInt32 = isOld32Bit ? 0x20 : 0x0E
        try probeLinear(old.base &+ saved, size: isOld32Bit ? 0x40 : 0x1C, .write, user: false)
        if kind != .return { try probeLinear(newAddress &+ 4, size: 4, .write, user: false) }
        let oldAddress = descriptorAddress(old.selector)
        if let oldAddress { try probeLinear(oldAddress &+ 4, size: 4, .write, user: false) }
        var image = try TaskImage(self, base: base, is32Bit: is32Bit)

        // The old task.
        if kind == .jump || kind == .return, let oldAddress {
            let type = try readSystem8(oldAddress &+ 5)
            try writeSystem8(oldAddress &+ 5, type & ~SystemType.busy)
        }
        var oldFlags = flags ?? eflags
        if kind == .return { oldFlags &= ~Flag.nestedTask }
        try saveTask(base: old.base, is32Bit: isOld32Bit, eip: returnEIP, flags: oldFlags)

        // The new task.
        var newDescriptor = descriptor
        if kind == .call || kind == .interrupt {
            try writeSystem16(base, old.selector)
            image.flags |= Flag.nestedTask
        }
        if kind != .return {
            newDescriptor.high |= UInt32(SystemType.busy) << 8
            try writeSystem8(newAddress &+ 5, UInt8(truncatingIfNeeded: newDescriptor.high >> 8))
        }
        note(.taskSwitch(from: old.selector, to: selector))
        state.pointee.tr = SegmentRegister(selector: selector, descriptor: newDescriptor)
        state.pointee.cr0 |= ControlRegister.taskSwitched
        try load(image, external: external)
    }

    private func saveTask(base: UInt32, is32Bit: Bool, eip: UInt32, flags: UInt32) throws(Fault) {
        let state = state
        if is32Bit {
            try writeSystem32(base &+ 0x20, eip)
            try writeSystem32(base &+ 0x24, flags)
            for index in 0..<8 {
                try writeSystem32(base &+ 0x28 &+ UInt32(index) &* 4, state.pointee.general[index])
            }
            for index in 0..<6 {
                try writeSystem16(base &+ 0x48 &+ UInt32(index) &* 4, state.pointee.segments[index].selector)
            }
        } else {
            try writeSystem16(base &+ 0x0E, UInt16(truncatingIfNeeded: eip))
            try writeSystem16(base &+ 0x10, UInt16(truncatingIfNeeded: flags))
            for index in 0..<8 {
                let value = UInt16(truncatingIfNeeded: state.pointee.general[index])
                try writeSystem16(base &+ 0x12 &+ UInt32(index) &* 2, value)
            }
            for index in 0..<4 {
                try writeSystem16(base &+ 0x22 &+ UInt32(index) &* 2, state.pointee.segments[index].selector)
            }
        }
    }

    /// Past the commit point: makes the registers those of `image`, and throws at the first thing that is wrong with
    /// it.
    private func load(_ image: TaskImage, external: UInt16) throws(Fault) {
        let state = state
        state.pointee.eip = image.eip
        setFlags(image.flags, mask: 0xFFFF_FFFF)
        for index in 0..<8 {
            state.pointee.general[index] = image.general[index]
        }
        state.pointee.debugRegisters[7] &= ~DebugControl.localEnables
        for index in 0..<6 {
            var unusable = SegmentRegister()
            unusable.selector = image.segments[index]
            setSegment(UInt8(index), unusable)
        }
        let codeSelector = image.segments[Int(SegmentIndex.cs.rawValue)]
        setPrivilege(isVirtual8086 ? 3 : codeSelector.requestedPrivilege)
        if let base = image.cr3, state.pointee.cr0 & ControlRegister.paging != 0 { try setPageDirectoryBase(base) }
        state.pointee.ldtr = SegmentRegister()
        state.pointee.ldtr.selector = image.ldt
        try loadTaskLDT(image.ldt, external: external)
        if isVirtual8086 {
            for index in 0..<6 {
                setSegment(UInt8(index), SegmentRegister(realModeSelector: image.segments[index], privilege: 3))
            }
        } else {
            try loadTaskSegments(image, external: external)
        }
        try checkCodeOffset(image.eip, segment(.cs), external: external)
        if image.trapsOnEntry {
            state.pointee.debugRegisters[6] |= DebugStatus.taskSwitch
            throw Fault(Vector.debug)
        }
    }

    private func loadTaskLDT(_ selector: UInt16, external: UInt16) throws(Fault) {
        guard !selector.isNullSelector else { return }
        let invalid = Fault.invalidTSS(selector.errorCode | external)
        guard !selector.isLocal else { throw invalid }
        let descriptor = try readDescriptor(selector, orFault: Vector.invalidTSS, external: external)
        guard descriptor.isSystem, descriptor.type == SystemType.ldt, descriptor.isPresent else { throw invalid }
        state.pointee.ldtr = SegmentRegister(selector: selector, descriptor: descriptor)
    }

    private func loadTaskSegments(_ image: TaskImage, external: UInt16) throws(Fault) {
        let level = state.pointee.cpl
        // The stack comes before the code: a fault that the code segment causes needs somewhere to be pushed.
        let codeIndex = SegmentIndex.cs.rawValue
        let stackIndex = SegmentIndex.ss.rawValue
        let codeSelector = image.segments[Int(codeIndex)]
        let stackSelector = image.segments[Int(stackIndex)]
        setSegment(
            stackIndex,
            try stackSegment(stackSelector, privilege: level, orFault: Vector.invalidTSS, external: external))
        let invalid = Fault.invalidTSS(codeSelector.errorCode | external)
        guard !codeSelector.isNullSelector else { throw invalid }
        var code = try readDescriptor(codeSelector, orFault: Vector.invalidTSS, external: external)
        guard code.isCode, code.isConforming ? code.privilege <= level : code.privilege == level else { throw invalid }
        guard code.isPresent else { throw .notPresent(codeSelector.errorCode | external) }
        try markAccessed(codeSelector, &code)
        setSegment(codeIndex, SegmentRegister(selector: codeSelector, descriptor: code))
        for index in 0..<6 where index != Int(codeIndex) && index != Int(stackIndex) {
            let selector = image.segments[index]
            guard !selector.isNullSelector else { continue }
            let invalid = Fault.invalidTSS(selector.errorCode | external)
            var descriptor = try readDescriptor(selector, orFault: Vector.invalidTSS, external: external)
            guard descriptor.isReadable else { throw invalid }
            if !descriptor.isConforming, descriptor.privilege < max(level, selector.requestedPrivilege) {
                throw invalid
            }
            guard descriptor.isPresent else { throw .notPresent(selector.errorCode | external) }
            try markAccessed(selector, &descriptor)
            setSegment(UInt8(index), SegmentRegister(selector: selector, descriptor: descriptor))
        }
    }
}

/// What a task switch takes from a TSS (SDM vol. 3A, figures 7-2 and 7-10).
private struct TaskImage {
    /// Nil in a 16-bit TSS.
    var cr3: UInt32?
    var eip: UInt32
    var flags: UInt32
    var general = InlineArray<8, UInt32>(repeating: 0)
    var segments = InlineArray<6, UInt16>(repeating: 0)
    var ldt: UInt16
    /// The T bit: a debug exception follows the switch.
    var trapsOnEntry = false

    init(_ core: Core, base: UInt32, is32Bit: Bool) throws(Fault) {
        if is32Bit {
            cr3 = try core.readSystem32(base &+ 0x1C)
            eip = try core.readSystem32(base &+ 0x20)
            flags = try core.readSystem32(base &+ 0x24)
            for index in 0..<8 {
                general[index] = try core.readSystem32(base &+ 0x28 &+ UInt32(index) &* 4)
            }
            for index in 0..<6 {
                segments[index] = try core.readSystem16(base &+ 0x48 &+ UInt32(index) &* 4)
            }
            ldt = try core.readSystem16(base &+ 0x60)
            trapsOnEntry = try core.readSystem16(base &+ 0x64) & 1 != 0
        } else {
            eip = UInt32(try core.readSystem16(base &+ 0x0E))
            flags = UInt32(try core.readSystem16(base &+ 0x10))
            // The upper halves come out as ones, as on the hardware; the manual leaves them undefined.
            for index in 0..<8 {
                general[index] = UInt32(try core.readSystem16(base &+ 0x12 &+ UInt32(index) &* 2)) | 0xFFFF_0000
            }
            for index in 0..<4 {
                segments[index] = try core.readSystem16(base &+ 0x22 &+ UInt32(index) &* 2)
            }
            ldt = try core.readSystem16(base &+ 0x2A)
        }
    }
}
