/// What the kernel in the machine knows: its processes, threads, capabilities and queues, read from memory by the names
/// in the kernel's debugging information.
///
/// **Constraint.** Who asks may stand anywhere: before the kernel has started, in the middle of a list that is being
/// changed, in a kernel that has gone mad and written over its own structures, or in a machine that runs another
/// system. The answer must be right where it can be, say where it cannot, and end in any case.
///
/// **Choice.** A view is made at a stop and looks once. Every structure is read through the page tables of the moment,
/// as all memory is; every list is followed for a bounded number of elements, and no element twice; a pointer that
/// leads nowhere is a line in ``problems`` and the end of that list. Nothing is deduced from the machine's behaviour:
/// only from what the kernel has written down. What else follows (who waits for whom) is computed from that.
///
/// **Example.**
///
///     let view = try debugger.kernelView()
///     for thread in view.threads { print(thread.number, view.waitText(thread)) }
public final class KernelView {
    /// Why there is nothing to see. ``description`` is a line for the user.
    public struct Silence: Error, CustomStringConvertible, Equatable {
        public let description: String
    }

    static let noSymbols = Silence(
        description: "no symbol file of a Martlet kernel is loaded; 'symbol-file images/kernel.elf' loads ours")

    let debugger: Debugger
    let layout: ProgramLayout
    /// What could not be read, or contradicts itself, in words.
    public private(set) var problems: [String] = []

    /// The most elements that a list is followed for.
    static let listLimit = 4096

    init(_ debugger: Debugger, _ layout: ProgramLayout) {
        self.debugger = debugger
        self.layout = layout
    }

    // MARK: What there is

    /// All processes, the kernel's own first; those that are being destroyed last.
    public private(set) lazy var processes: [KernelProcess] = readProcesses()
    /// All threads of these processes, by their numbers.
    public private(set) lazy var threads: [KernelThread] = readThreads()
    /// Names of processes, by their numbers.
    private(set) lazy var names: [UInt32: String] = readNames()
    /// What fills the tables of all processes.
    public private(set) lazy var capabilities: [KernelCapability] = readCapabilities()

    /// The thread that the kernel counts as running: the one that entered it last.
    public var currentThread: KernelThread? {
        guard let address = variable(ProgramLayout.currentThread) else { return nil }
        return thread(at: address)
    }

    /// The thread of a number.
    public func thread(_ number: UInt32) -> KernelThread? { threads.first { $0.number == number } }

    /// The thread whose structure is at an address, whether or not it is in a list.
    func thread(at address: UInt32) -> KernelThread? {
        if let known = knownThreads[address] { return known }
        let thread = structure("Thread", at: address).map { KernelThread($0, self) }
        knownThreads[address] = thread
        return thread
    }

    private var knownThreads: [UInt32: KernelThread?] = [:]

    /// The process whose structure is at an address.
    func process(at address: UInt32) -> KernelProcess? { processes.first { $0.address == address } }

    /// `shell`, or `process 7` where the name is not known.
    public func name(ofProcess number: UInt32) -> String { names[number] ?? "process \(number)" }

    /// `thread 9 (shell)`.
    public func name(of thread: KernelThread) -> String {
        "thread \(thread.number) (\(name(ofProcess: thread.process)))"
    }

    /// `thread 9 (shell)` for the thread at an address.
    func threadName(at address: UInt32) -> String { thread(at: address).map(name) ?? "a thread at \(address.digits)" }

    // MARK: Reading

    /// Notes what is wrong, once.
    func complain(_ problem: String) {
        if !problems.contains(problem) { problems.append(problem) }
    }

    /// A variable of the kernel of 4 bytes that is not 0.
    func variable(_ name: String) -> UInt32? {
        layout.address(of: name).flatMap { debugger.readValue(at: $0, size: 4) }.flatMap { $0 == 0 ? nil : $0 }
    }

    /// A structure; nil if the kernel has no such type, or the memory is not there, which is noted.
    func structure(_ type: String, at address: UInt32) -> GuestStructure? {
        guard layout.layout(type) != nil else {
            complain("the kernel's debugging information does not say how a \(type) lies in memory")
            return nil
        }
        let structure = layout.structure(type, at: address) { debugger.readMemory(at: $0, count: $1) }
        if structure == nil { complain("a pointer to a \(type) leads to \(address.digits), where there is no memory") }
        return structure
    }

    /// The elements of a list, from the first on, each of which knows the next.
    func list(_ type: String, from first: UInt32?, by next: String = "next", _ what: String) -> [GuestStructure] {
        var elements: [GuestStructure] = []
        var seen: Set<UInt32> = []
        var address = first
        while let place = address, place != 0 {
            guard seen.insert(place).inserted else {
                complain("\(what) is a circle: it comes back to \(place.digits)")
                break
            }
            guard elements.count < Self.listLimit else {
                complain("\(what) has more than \(Self.listLimit) elements")
                break
            }
            guard let element = structure(type, at: place) else { break }
            elements.append(element)
            address = element.number(next)
        }
        return elements
    }

    /// The elements of a queue that is a variable of the kernel.
    func queue(_ type: String, in variable: String) -> [GuestStructure] {
        guard let address = layout.address(of: variable), let queue = structure("Queue", at: address) else { return [] }
        return list(type, from: queue.pointer("first"), "the queue \(variable)")
    }
}

extension Debugger {
    /// The kernel that runs in the machine.
    ///
    /// - Throws: in words why there is none to be seen: no symbol file of a Martlet kernel, other code in memory, or a
    ///   kernel that has no threads yet.
    public func kernelView() throws(KernelView.Silence) -> KernelView {
        guard let layout = kernelLayout else { throw KernelView.noSymbols }
        guard isKernelInMemory(layout) else {
            throw KernelView.Silence(
                description: "the code in memory is not that of '\(layout.module)': the kernel is not loaded yet, or "
                    + "another system runs")
        }
        let view = KernelView(self, layout)
        guard view.variable(ProgramLayout.currentThread) != nil else {
            throw KernelView.Silence(description: "the kernel has no threads yet: it is still starting")
        }
        return view
    }

    /// Whether memory holds the kernel's code and may hold its data.
    func isKernelInMemory(_ layout: ProgramLayout) -> Bool {
        guard let variable = layout.address(of: ProgramLayout.currentThread) else { return false }
        func isThere(_ address: UInt32) -> Bool {
            symbols.isInMemory(layout.module, at: address) { address, count in readMemory(at: address, count: count) }
        }
        // A few bytes may be the same by chance: a kernel begins with zeros, as does memory. For a variable, which lies
        // outside of the code, the beginning of the code speaks.
        return isThere(variable) && layout.functions.allSatisfy(isThere)
    }
}
