import Processor

/// What of everything that happens a trace shows.
public struct TraceFilter: Sendable {
    /// What can be traced.
    public enum Kind: String, CaseIterable, Sendable {
        case instructions
        case memory
        case ports
        case interrupts
        /// Control and model-specific registers, tasks and virtual-8086 mode.
        case system
    }

    public var kinds: Set<Kind> = []
    /// Only what code at these linear addresses does; empty: all.
    public var code: [ClosedRange<UInt32>] = []
    /// Only accesses to memory at these linear addresses; empty: all.
    public var memory: [ClosedRange<UInt32>] = []
    /// Only these ports; empty: all.
    public var ports: [ClosedRange<UInt32>] = []
    /// Only these interrupts and exceptions; empty: all.
    public var vectors: [ClosedRange<UInt32>] = []
    /// Only privilege level 3 (true), or only the others (false); nil: all.
    public var isUser: Bool?

    public init(kinds: Set<Kind> = Set(Kind.allCases)) {
        self.kinds = kinds
    }

    /// Why a text is no filter; a line for the user.
    public struct Invalid: Error, CustomStringConvertible {
        public let description: String
    }

    // MARK: From text

    /// `instructions,ports`, or `all`.
    public init(kinds text: String) throws(Invalid) {
        guard text != "all" else {
            self.init()
            return
        }
        self.init(kinds: [])
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = Kind.allCases.first(where: { !name.isEmpty && $0.rawValue.hasPrefix(name) }) else {
                let names = Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw Invalid(description: "'\(name)' cannot be traced: \(names), or all")
            }
            kinds.insert(kind)
        }
    }

    /// Adds what one word says: `user`, `kernel`, or `code=`, `memory=`, `ports=`, `vectors=` with places behind it,
    /// separated by commas: a number, a range `FIRST-LAST`, or a symbol, which means all of it.
    public mutating func add(_ word: String, _ debugger: Debugger) throws(Invalid) {
        switch word {
        case "user": isUser = true
        case "kernel": isUser = false
        default:
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw Invalid(
                    description: "'\(word)' is no filter: user, kernel, code=..., memory=..., ports=..., vectors=...")
            }
            var ranges: [ClosedRange<UInt32>] = []
            for place in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                ranges.append(try Self.range(String(place), debugger))
            }
            switch parts[0] {
            case "code": code += ranges
            case "memory": memory += ranges
            case "ports", "port": ports += ranges
            case "vectors", "vector": vectors += ranges
            default: throw Invalid(description: "'\(parts[0])=' is no filter: code=, memory=, ports= or vectors=")
            }
        }
    }

    private static func range(_ text: String, _ debugger: Debugger) throws(Invalid) -> ClosedRange<UInt32> {
        do {
            if let symbol = try debugger.symbol(named: text) {
                return symbol.address...(symbol.address &+ max(1, symbol.size) &- 1)
            }
            // A symbol's name may have a dash in it, a number has none.
            if let dash = text.dropFirst().firstIndex(of: "-") {
                let first = try debugger.address(String(text[..<dash]))
                let last = try debugger.address(String(text[text.index(after: dash)...]))
                guard first <= last else { throw Invalid(description: "'\(text)' is empty: it ends before it begins") }
                return first...last
            }
            let place = try debugger.address(text)
            return place...place
        } catch {
            throw Invalid(description: "\(error)")
        }
    }

    // MARK: Asked by the trace

    func shows(_ number: UInt32, of ranges: [ClosedRange<UInt32>]) -> Bool {
        ranges.isEmpty || ranges.contains { $0.contains(number) }
    }

    func showsPrivilege(_ level: UInt8) -> Bool {
        isUser.map { $0 == (level == 3) } ?? true
    }
}
