import Disassembler
import Machine
import Processor

/// A trace: what happens in the machine, a line each, in a file.
///
/// **Constraint.** Each kind of event has a price, and nobody should pay for what he does not ask for: a trace of ports
/// or interrupts must not make the machine slower, and no trace at all must cost nothing.
///
/// **Choice.** Every kind has a gate of its own that exists anyway: ports the processor's ``Bus``, interrupts the
/// processor's delivery, memory the watchpoints (one on everything), instructions the observer between two steps. Only
/// the latter two make execution go step by step. What an instruction does is written behind its own line.
///
/// **Example.**
///
///      57811  exec       0008:000e297f <port_read8+0x5>  in al, dx
///      57811  in         port 0x64: 10, by 000e297f <port_read8+0x5>
///      57813  exec       0008:000e2981 <port_read8+0x7>  ret
///      57813  read       0000713c: 000e2afa, by 000e2981 <port_read8+0x7>
///     690112  interrupt  0x8, at 000f0b3c <wait+0x12>
public final class Tracer: Instrument {
    public let filter: TraceFilter
    public let file: TraceFile

    private let debugger: Debugger
    private var processor: Processor { debugger.machine.processor }
    private var texts: [UInt64: CodeText] = [:]
    private var attachment: Attachment?

    /// The step that is under way.
    private var place: Place?
    /// What it has done so far, if its own line comes before.
    private var effects: [String] = []
    /// An exception or interrupt came instead of the instruction.
    private var isInstead = false

    private struct Place {
        let step: UInt64
        let linear: UInt32
        let selector: UInt16
        let offset: UInt32
        let isCode32: Bool
        let privilege: UInt8
        let text: CodeText?
    }

    private struct CodeText {
        let bytes: [UInt8]
        let text: String
        let symbol: String
    }

    private struct Attachment {
        var bus: (any Bus)?
        var tap: PortTap?
        var removeObserver: (() -> Void)?
        var deliveryObserver: ((Delivery) -> Void)?
        var watch: Int?
    }

    public init(_ debugger: Debugger, _ filter: TraceFilter, _ file: TraceFile) {
        self.debugger = debugger
        self.filter = filter
        self.file = file
    }

    private func traces(_ kind: TraceFilter.Kind) -> Bool { filter.kinds.contains(kind) }

    // MARK: Attaching

    public func attach() {
        guard attachment == nil else { return }
        var attachment = Attachment()
        if traces(.ports), let bus = processor.bus {
            let tap = PortTap(bus) { [unowned self] in notePort(isInput: $0, $1, size: $2, value: $3, count: $4) }
            attachment.bus = bus
            attachment.tap = tap
            processor.bus = tap
        }
        if traces(.interrupts) || traces(.instructions) {
            let previous = processor.deliveryObserver
            attachment.deliveryObserver = previous
            processor.deliveryObserver = { [unowned self] delivery in
                note(delivery)
                previous?(delivery)
            }
        }
        if traces(.memory) {
            attachment.watch = processor.watches.count
            processor.watches.append(MemoryWatch(.linear, 0, count: .max, reads: true))
        }
        if traces(.memory) || traces(.instructions) {
            attachment.removeObserver = processor.addObserver { [unowned self] in look() }
        }
        place = nil
        self.attachment = attachment
    }

    public func detach() {
        guard let attachment else { return }
        if attachment.removeObserver != nil { look() }
        attachment.removeObserver?()
        if let bus = attachment.bus { processor.bus = bus }
        if traces(.interrupts) || traces(.instructions) { processor.deliveryObserver = attachment.deliveryObserver }
        if let watch = attachment.watch {
            _ = processor.takeWatchedAccesses(from: watch)
            processor.watches.remove(at: watch)
        }
        self.attachment = nil
        file.flush()
    }

    // MARK: Step by step

    /// Between two steps: writes what the one behind has done, and remembers where the next begins.
    private func look() {
        let state = processor.state
        if let place, place.step != state.pointee.steps {
            if traces(.instructions), !isInstead, let code = place.text {
                write(place.step, "exec", locationText(place) + code.symbol + "  " + code.text)
            }
            if let watch = attachment?.watch { noteMemory(processor.takeWatchedAccesses(from: watch)) }
            effects.forEach(file.write)
        }
        effects.removeAll(keepingCapacity: true)
        isInstead = false
        let code = state.pointee.segments[Int(SegmentIndex.cs.rawValue)]
        let linear = code.base &+ state.pointee.eip
        let isCode32 = code.attributes & SegmentAttribute.big != 0
        let isWanted =
            traces(.instructions) && !state.pointee.halted && filter.showsPrivilege(state.pointee.cpl)
            && filter.shows(linear, of: filter.code)
        place = Place(
            step: state.pointee.steps, linear: linear, selector: code.selector, offset: state.pointee.eip,
            isCode32: isCode32, privilege: state.pointee.cpl,
            text: isWanted ? text(linear, offset: state.pointee.eip, isCode32: isCode32) : nil)
    }

    /// What the instruction at an address says, from the cache if it is still the same.
    private func text(_ linear: UInt32, offset: UInt32, isCode32: Bool) -> CodeText? {
        let key = UInt64(linear) | UInt64(processor.state.pointee.cr3 & 0xFFFF_F000) << 20 | (isCode32 ? 0 : 1 << 63)
        let cached = texts[key]
        if let cached, bytes(at: linear, count: cached.bytes.count) == cached.bytes { return cached }
        let bytes = bytes(at: linear, count: Decoder.maximumLength)
        let line = Disassembler(symbolName: debugger.symbolText).line(
            bytes, at: offset, segmentBase: linear &- offset, code32: isCode32)
        guard let line else { return nil }
        let code = CodeText(
            bytes: line.bytes, text: line.text, symbol: debugger.symbolText(at: linear).map { " <\($0)>" } ?? "")
        texts[key] = code
        return code
    }

    private func bytes(at linear: UInt32, count: Int) -> [UInt8] {
        if linear & 0xFFF <= 0x1000 - UInt32(count), let physical = debugger.physicalAddress(of: linear) {
            return debugger.machine.memory.read(physical, count: count)
        }
        return debugger.readMemory(at: linear, count: count).prefix { $0 != nil }.compactMap { $0 }
    }

    // MARK: Events

    private func noteMemory(_ accesses: [WatchedAccess]) {
        for access in accesses {
            guard filter.shows(access.address, of: filter.memory) else { continue }
            let by: UInt32
            var who = ""
            switch access.origin {
            case .instruction(let linear): by = linear
            case .pageWalk(let linear):
                by = linear
                who = "the page walk for "
            case .outside: continue
            }
            guard filter.shows(by, of: filter.code), filter.showsPrivilege(place?.privilege ?? 0) else { continue }
            let value =
                access.isWrite
                ? bytes(at: access.address, count: access.before.count) : access.before
            write(
                access.step, access.isWrite ? "write" : "read",
                "\(access.address.digits): \(DebuggerCommands.valueText(value)), by \(who)\(placeText(by))")
        }
    }

    private func notePort(isInput: Bool, _ port: UInt16, size: Int, value: UInt32, count: Int) {
        guard filter.shows(UInt32(port), of: filter.ports), showsHere() else { return }
        let digits = String(value.digits.suffix(size * 2))
        let times = count > 1 ? " and \(count - 1) more" : ""
        effect(
            processor.steps, isInput ? "in" : "out",
            "port \(port.hexadecimal): \(digits)\(times), by \(placeText(processor.runningInstruction))")
    }

    private func note(_ delivery: Delivery) {
        if delivery.kind != .software { isInstead = true }
        guard traces(.interrupts), filter.shows(UInt32(delivery.vector), of: filter.vectors), showsHere() else { return }
        var text = delivery.vector.hexadecimal
        let isRealMode = debugger.usesRealModeVectors
        if delivery.kind == .exception, let name = VectorText.name(delivery.vector, isRealMode: isRealMode) {
            text += " " + name
        }
        if let code = delivery.errorCode { text += ", error code \(code.digits)" }
        if delivery.vector == Vector.pageFault, delivery.errorCode != nil {
            text += ", address \(processor.state.pointee.cr2.digits)"
        }
        let name: String
        switch delivery.kind {
        case .exception: name = "exception"
        case .interrupt: name = "interrupt"
        case .software: name = "software"
        }
        effect(delivery.step, name, text + ", at " + placeText(processor.runningInstruction))
    }

    /// Whether what the running instruction does is wanted.
    private func showsHere() -> Bool {
        filter.showsPrivilege(processor.state.pointee.cpl)
            && filter.shows(processor.runningInstruction, of: filter.code)
    }

    // MARK: Lines

    private func line(_ step: UInt64, _ kind: String, _ text: String) -> String {
        String(step).paddedLeft(to: 10) + "  " + kind.padded(to: 9) + "  " + text
    }

    private func write(_ step: UInt64, _ kind: String, _ text: String) {
        file.write(line(step, kind, text))
    }

    /// Writes a line, behind that of the instruction if there is one.
    private func effect(_ step: UInt64, _ kind: String, _ text: String) {
        if attachment?.removeObserver != nil { effects.append(line(step, kind, text)) } else { write(step, kind, text) }
    }

    /// Where an instruction is that does something; it is the running one, as a rule.
    private func placeText(_ linear: UInt32) -> String {
        let code = processor.state.pointee.segments[Int(SegmentIndex.cs.rawValue)]
        let text = text(
            linear, offset: linear &- code.base, isCode32: code.attributes & SegmentAttribute.big != 0)
        return linear.digits + (text?.symbol ?? "")
    }

    private func locationText(_ place: Place) -> String {
        place.selector.digits + ":"
            + (place.isCode32 ? place.offset.digits : UInt16(truncatingIfNeeded: place.offset).digits)
    }
}
