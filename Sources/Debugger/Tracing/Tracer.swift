import Disassembler
import Machine
import Processor

/// A trace: what happens in the machine, a line each, in a file.
///
/// **Constraint.** Each kind of event has a price, and nobody should pay for what he does not ask for: a trace of ports
/// or interrupts must not make the machine slower, and no trace at all must cost nothing. Where every step is written,
/// a boot of twenty million steps must still take seconds.
///
/// **Choice.** Every kind has a gate that exists anyway: events the processor's listener (``ProcessorEvent``), memory
/// the watchpoints (one on everything), instructions the observer between two steps. Only the latter two make execution
/// go step by step. What an instruction does is written behind its own line. What an instruction says is made into text
/// once (``TracedCode``); later it is enough that the bytes are still the same.
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
    private let processor: Processor
    private var codes = TracedCodes()
    private var attachment: Attachment?

    /// The step that is under way.
    private var place: Place?
    /// What it has done so far, if its own line comes before.
    private var effects = TraceText()
    /// An exception or interrupt came instead of the instruction.
    private var isInstead = false
    /// A port's element whose line is not written yet: others of the same instruction may follow.
    private var pendingPort: PortAccess?

    private let tracesInstructions: Bool
    private let tracesMemory: Bool
    private let showsEverywhere: Bool

    private struct Place {
        let step: UInt64
        let privilege: UInt8
        let code: TracedCode?
    }

    private struct PortAccess {
        let first: ProcessorEvent.Occurrence
        let isInput: Bool
        let port: UInt16
        let size: Int
        let value: UInt32
        var more = 0
    }

    private struct Attachment {
        var removeObserver: (() -> Void)?
        var listener: Processor.EventListener?
        var watch: Int?
    }

    public init(_ debugger: Debugger, _ filter: TraceFilter, _ file: TraceFile) {
        self.debugger = debugger
        self.filter = filter
        self.file = file
        processor = debugger.machine.processor
        tracesInstructions = filter.kinds.contains(.instructions)
        tracesMemory = filter.kinds.contains(.memory)
        showsEverywhere = filter.code.isEmpty && filter.isUser == nil
    }

    private func traces(_ kind: TraceFilter.Kind) -> Bool { filter.kinds.contains(kind) }

    // MARK: Attaching

    public func attach() {
        guard attachment == nil else { return }
        var attachment = Attachment()
        if filter.kinds != [.memory] {
            let previous = processor.eventListener
            attachment.listener = previous
            processor.eventListener = { [unowned self] occurrence in
                note(occurrence)
                return previous?(occurrence) ?? false
            }
        }
        if tracesMemory {
            attachment.watch = processor.watches.count
            processor.watches.append(MemoryWatch(.linear, 0, count: .max, reads: true))
        }
        if tracesMemory || tracesInstructions {
            attachment.removeObserver = processor.addObserver(code: tracesMemory ? [] : filter.code) { [unowned self] in
                look()
            }
        }
        place = nil
        self.attachment = attachment
    }

    public func detach() {
        guard let attachment else { return }
        writePendingPort()
        if attachment.removeObserver != nil { look() }
        attachment.removeObserver?()
        if filter.kinds != [.memory] { processor.eventListener = attachment.listener }
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
        let step = state.pointee.steps
        if let place, place.step != step { write(place) }
        isInstead = false
        let code = state.pointee.segments[Int(SegmentIndex.cs.rawValue)]
        let linear = code.base &+ state.pointee.eip
        let isWanted = tracesInstructions && !state.pointee.halted && shows(linear, state.pointee.cpl)
        place = Place(step: step, privilege: state.pointee.cpl, code: isWanted ? self.code(at: linear) : nil)
    }

    private func write(_ place: Place) {
        if !isInstead, let code = place.code {
            file.write { text in
                text.begin(place.step)
                text.append(code.line)
                text.end()
            }
        }
        if let watch = attachment?.watch { noteMemory(processor.takeWatchedAccesses(from: watch), place) }
        if pendingPort != nil { writePendingPort() }
        if !effects.bytes.isEmpty {
            file.write { $0.append(effects) }
            effects.removeAll()
        }
    }

    /// The instruction at a linear address, as it is at hand.
    private func code(at linear: UInt32) -> TracedCode? { codes.code(at: linear, debugger) }

    /// Whether what an instruction does is wanted.
    private func shows(_ linear: UInt32, _ privilege: UInt8) -> Bool {
        showsEverywhere || filter.showsPrivilege(privilege) && filter.shows(linear, of: filter.code)
    }

    // MARK: Memory

    private func noteMemory(_ accesses: [WatchedAccess], _ place: Place) {
        for access in accesses where filter.memory.isEmpty || filter.shows(access.address, of: filter.memory) {
            let by: UInt32
            var isWalk = false
            switch access.origin {
            case .instruction(let linear): by = linear
            case .pageWalk(let linear):
                by = linear
                isWalk = true
            case .outside: continue
            }
            guard shows(by, place.privilege) else { continue }
            let value =
                access.isWrite
                ? processor.contents(ofLinear: access.address, count: access.before.count) : access.before
            let symbol = (place.code?.key.linear == by ? place.code : code(at: by))?.symbol ?? []
            file.write { text in
                text.begin(access.step)
                text.append(access.isWrite ? "write      " : "read       ")
                text.append(digits: access.address)
                text.append(": ")
                if value.count <= 4, value.count != 3 {
                    for byte in value.reversed() { text.append(digits: byte) }
                } else {
                    text.append(DebuggerCommands.valueText(value))
                }
                text.append(isWalk ? ", by the page walk for " : ", by ")
                text.append(digits: by)
                text.append(symbol)
                text.end()
            }
        }
    }

    // MARK: Events

    private func note(_ occurrence: ProcessorEvent.Occurrence) {
        switch occurrence.event {
        case .portRead(let port, let size, let value):
            notePort(PortAccess(first: occurrence, isInput: true, port: port, size: size, value: value))
        case .portWrite(let port, let size, let value):
            notePort(PortAccess(first: occurrence, isInput: false, port: port, size: size, value: value))
        case .exception(let vector, let errorCode, let address):
            isInstead = true
            var text = vector.hexadecimal
            if let name = VectorText.name(vector, isRealMode: debugger.usesRealModeVectors) { text += " " + name }
            if let errorCode { text += ", error code \(errorCode.digits)" }
            if let address, errorCode != nil { text += ", address \(address.digits)" }
            noteDelivery(occurrence, vector, "exception  ", text)
        case .interrupt(let vector):
            isInstead = true
            noteDelivery(occurrence, vector, "interrupt  ", vector.hexadecimal)
        case .softwareInterrupt(let vector): noteDelivery(occurrence, vector, "software   ", vector.hexadecimal)
        case .timeStampRead, .modelSpecificRead, .modelSpecificWrite, .controlRegister, .virtual8086, .taskSwitch:
            guard traces(.system), shows(occurrence.instruction, occurrence.privilege) else { return }
            effect(occurrence, "system     ", CatchText.event(occurrence.event), ", by ")
        }
    }

    private func noteDelivery(
        _ occurrence: ProcessorEvent.Occurrence, _ vector: UInt8, _ kind: String, _ text: String
    ) {
        guard traces(.interrupts), filter.shows(UInt32(vector), of: filter.vectors),
            shows(occurrence.instruction, occurrence.privilege)
        else { return }
        effect(occurrence, kind, text + (occurrence.hasFailed ? ", without getting to its handler" : ""), ", at ")
    }

    private func notePort(_ access: PortAccess) {
        guard traces(.ports), filter.shows(UInt32(access.port), of: filter.ports),
            shows(access.first.instruction, access.first.privilege)
        else { return }
        if let pendingPort, pendingPort.first.instruction == access.first.instruction,
            pendingPort.isInput == access.isInput, pendingPort.port == access.port, pendingPort.size == access.size,
            // The elements of a string instruction are steps one behind the other.
            pendingPort.first.step &+ UInt64(pendingPort.more) &+ 1 == access.first.step
        {
            self.pendingPort?.more += 1
            return
        }
        writePendingPort()
        pendingPort = access
    }

    private func writePendingPort() {
        guard let access = pendingPort else { return }
        pendingPort = nil
        let digits = access.value.digits.suffix(access.size * 2)
        let times = access.more > 0 ? " and \(access.more) more" : ""
        effect(
            access.first, access.isInput ? "in         " : "out        ",
            "port \(access.port.hexadecimal): \(digits)\(times)", ", by ")
    }

    /// Writes a line, behind that of the instruction if there is one.
    private func effect(_ occurrence: ProcessorEvent.Occurrence, _ kind: String, _ text: String, _ preposition: String)
    {
        if pendingPort != nil { writePendingPort() }
        let symbol = code(at: occurrence.instruction)?.symbol ?? []
        func write(_ lines: inout TraceText) {
            lines.begin(occurrence.step)
            lines.append(kind)
            lines.append(text)
            lines.append(preposition)
            lines.append(digits: occurrence.instruction)
            lines.append(symbol)
            lines.end()
        }
        if attachment?.removeObserver != nil { write(&effects) } else { file.write(write) }
    }
}
