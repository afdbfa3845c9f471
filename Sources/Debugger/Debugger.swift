import Disassembler
import Machine
import Processor

/// The debugger, as a library: it looks at a ``Machine`` and moves it, and knows neither a protocol nor a terminal.
///
/// **Constraint.** A prompt, a gdb stub and a test ask the same things of a debugger, and later all of them want to go
/// backwards. The machine makes that possible: its whole state is a value, and its only clock is ``Machine/steps``.
///
/// **Choice.** Looking never changes the machine: memory is read through the page tables of the moment without setting
/// a bit or filling the TLB. Changing it is input, stamped and recorded like a key press, so that a replay does it too.
/// And every move, however complicated ("over this call", "out of this function"), is made of one primitive: run until
/// step N, or until one of a set of addresses is reached and a condition holds (``Goal``). Going backwards is "restore
/// a snapshot and run to N", with the same goals looked for on the way (``Timeline``,
/// `TimeTravel/Debugger+Search.swift`).
///
/// **Example.**
///
///     let debugger = Debugger(machine)
///     try debugger.symbols.load(elf, name: "kernel.elf")
///     try debugger.setBreakpoint("kernelMain")
///     let stop = debugger.continue()           // reason: breakpoint 1, step 812345, 0008:00100020 kernelMain
///     print(debugger.registers.eip, debugger.backtrace())
public final class Debugger {
    public let machine: Machine
    /// The names of addresses.
    public var symbols = SymbolTable() {
        didSet { knownLayouts = [:] }
    }
    /// What has been looked for in the symbol files, by the variable that a program is recognised by.
    var knownLayouts: [String: ProgramLayout?] = [:]
    /// Whose eyes the machine is looked at with; nil: the processor's own.
    var viewpoint: Viewpoint?
    /// The text of source files.
    public var sources = SourceFiles()
    /// In the order in which they were set.
    public internal(set) var breakpoints: [Breakpoint] = []
    /// In the order in which they were set.
    public internal(set) var watchpoints: [Watchpoint] = []
    /// In the order in which they were set.
    public internal(set) var catchpoints: [Catchpoint] = []
    /// For breakpoints, watchpoints and catchpoints together.
    var nextBreakpointNumber = 1
    /// The numbers of the watchpoints or catchpoints that a search of the past has found last.
    var foundInPast: Set<Int> = []
    /// Hears what breakpoints say that have a ``StopRule/message``.
    public var didLog: ((String) -> Void)?
    /// The machine's past.
    public let timeline: Timeline

    /// Those who look on while the machine is moved forwards.
    public var instruments: [any Instrument] = []

    /// Runs the machine until ``Machine/steps`` reaches the number, or something else ends the run.
    let runMachine: (UInt64) -> RunResult

    /// A debugger for a machine that is recorded from here on.
    public convenience init(_ machine: Machine) {
        self.init(Timeline(machine))
    }

    /// - Parameters:
    ///   - timeline: a machine with its past; to be used by this thread only, and by nobody else while it is being
    ///     debugged.
    ///   - run: how the machine is run for longer than a step, where that needs pacing or frames; in the end it calls
    ///     ``Timeline/run(until:)``, which is also what is done by default.
    public init(_ timeline: Timeline, run: ((UInt64) -> RunResult)? = nil) {
        self.timeline = timeline
        machine = timeline.machine
        runMachine = run ?? { timeline.run(until: $0) }
    }

    /// The processor's registers, or those of the thread that ``looking(from:_:)`` has chosen; a copy.
    public var registers: RegisterFile { viewpoint?.registers ?? machineRegisters }
    /// The processor's registers, whatever is being looked at.
    var machineRegisters: RegisterFile { RegisterFile(machine.processor) }

    /// Whether the processor is in virtual-8086 mode.
    public var isVirtual8086: Bool { registers.eflags & Flag.virtual8086 != 0 }

    /// Presses the reset button, as recorded input.
    public func reset() {
        timeline.branch()
        machine.inject(.resetButton)
    }

    // MARK: Where the machine is

    /// Where the next instruction is.
    public struct Location: Equatable, Sendable {
        /// The selector in CS.
        public let selector: UInt16
        /// EIP.
        public let offset: UInt32
        /// Base of CS plus EIP.
        public let linear: UInt32
        /// CS.D: operands and addresses have 32 bits by default.
        public let isCode32: Bool
        /// The symbol that the address lies in, if one is known.
        public let symbol: SymbolTable.Match?
    }

    public var location: Location {
        let registers = registers
        let code = registers.segments[Int(SegmentIndex.cs.rawValue)]
        let linear = code.base &+ registers.eip
        return Location(
            selector: code.selector, offset: registers.eip, linear: linear,
            isCode32: code.attributes & SegmentAttribute.big != 0, symbol: symbol(at: linear))
    }

    /// The symbol that a linear address lies in. Where the programs of several symbol files occupy the same addresses,
    /// the one whose code is in memory there now.
    public func symbol(at linear: UInt32) -> SymbolTable.Match? {
        symbols.nearest(to: linear) { address, count in readMemory(at: address, count: count) }
    }

    /// `kernelMain+0x10`, or nil.
    public func symbolText(at linear: UInt32) -> String? {
        symbol(at: linear)?.description
    }

    // MARK: Code

    /// What the next instruction says.
    public var currentInstruction: Disassembler.Line? {
        disassemble(at: location.offset, count: 1).first
    }

    /// Instructions from `offset` in the code segment on, of the code segment's size unless `code32` says otherwise.
    /// The list is shorter where memory ends.
    public func disassemble(at offset: UInt32, count: Int, code32: Bool? = nil) -> [Disassembler.Line] {
        let code = registers.segments[Int(SegmentIndex.cs.rawValue)]
        return disassemble(
            linear: code.base &+ offset, offset: offset, count: count,
            code32: code32 ?? (code.attributes & SegmentAttribute.big != 0))
    }

    /// Instructions from the linear address `linear` on, which is `offset` in their code segment.
    public func disassemble(linear: UInt32, offset: UInt32, count: Int, code32: Bool) -> [Disassembler.Line] {
        let bytes = readMemory(at: linear, count: max(0, min(count, 4096)) * Decoder.maximumLength)
        return Disassembler(symbolName: symbolText).lines(
            Array(bytes.prefix { $0 != nil }.compactMap { $0 }), at: offset, segmentBase: linear &- offset,
            code32: code32, count: count)
    }

    // MARK: Addresses

    /// The linear address that a person means: see ``AddressExpression``; or the first of a source line (`FILE:LINE`).
    public func address(_ text: String) throws(AddressExpression.InvalidExpression) -> UInt32 {
        if let address = try linePlaces(text).first?.addresses.first { return address }
        return try expression(text).evaluate(in: environment())
    }

    /// The symbol that somebody means by a name (``SymbolTable/symbol(named:memory:)``).
    func symbol(named name: String) throws(SymbolTable.Ambiguity) -> SymbolTable.Symbol? {
        try symbols.symbol(named: name) { address, count in self.readMemory(at: address, count: count) }
    }

    /// An expression, its symbols looked up now.
    func expression(_ text: String) throws(AddressExpression.InvalidExpression) -> Expression {
        let registers = registers
        // A symbol's search may fail in words of its own, which the parser's closures cannot throw.
        var ambiguity: SymbolTable.Ambiguity?
        let names = ExpressionParser.Names(
            isRegister: { registers.value(named: $0) != nil || StopVariable.names.contains($0) },
            isSegment: { registers.segmentBase(named: $0) != nil },
            isModule: { [symbols] in !symbols.modules(named: $0).isEmpty },
            symbol: { [unowned self] name in
                do throws(SymbolTable.Ambiguity) {
                    return try self.symbol(named: name)?.address
                } catch {
                    ambiguity = error
                    return nil
                }
            })
        do throws(AddressExpression.InvalidExpression) {
            return try ExpressionParser.parse(text, names)
        } catch {
            if let ambiguity { throw AddressExpression.InvalidExpression(ambiguity.description) }
            throw error
        }
    }

    /// The machine as expressions see it; `variable` knows what is no register.
    func environment(_ variable: @escaping (String) -> UInt32? = { _ in nil }) -> Expression.Environment {
        let registers = registers
        return Expression.Environment(
            register: { [unowned self] in registers.value(named: $0) ?? variable($0) ?? kernelVariable($0) },
            segmentBase: { registers.segmentBase(named: $0) },
            memory: { [unowned self] in readValue(at: $0, size: $1) },
            processes: { [unowned self] in processes(named: $0) })
    }

    /// Where the code of `FILE:LINE` is; empty if the text means something else.
    func linePlaces(_ text: String) throws(AddressExpression.InvalidExpression) -> [SymbolTable.LinePlace] {
        guard let (file, line) = SourceLocation.parse(text) else { return [] }
        let places: [SymbolTable.LinePlace]
        do throws(SymbolTable.Ambiguity) {
            places = try symbols.places(ofLine: line, inFile: file)
        } catch {
            throw AddressExpression.InvalidExpression(error.description)
        }
        guard places.isEmpty else { return places }
        if let path = symbols.files(named: file).first {
            throw AddressExpression.InvalidExpression("there is no code at line \(line) of '\(path)' or behind")
        }
        if file.contains("."), registers.segmentBase(named: file) == nil {
            throw AddressExpression.InvalidExpression("no symbol file has lines of '\(file)'")
        }
        return []
    }
}
