import Machine
import Processor

/// Which source lines of the guest are executed, and how often.
///
/// **Constraint.** Programs share addresses, and come and go: an address alone does not say whose line it is.
///
/// **Choice.** Every instruction counts for the symbol file whose code memory holds there. That is looked up once for
/// an address, and for user code once more whenever another address space has been loaded in between.
public final class Coverage: Instrument {
    private let debugger: Debugger
    private var removeObserver: (() -> Void)?
    private var lastStep: UInt64?
    /// Counts the loads of CR3.
    private var epoch: UInt64 = 0
    private var pageDirectory: UInt32 = 0
    private var owners: [UInt32: Owner] = [:]
    /// How often the instruction at an address (low half) of a symbol file (high half) was executed.
    private var counts: [UInt64: UInt64] = [:]

    private struct Owner {
        var epoch: UInt64
        /// Index into the symbol table's modules; nil if none has lines there.
        var module: Int?
    }

    public init(_ debugger: Debugger) {
        self.debugger = debugger
    }

    public func attach() {
        guard removeObserver == nil else { return }
        lastStep = nil
        removeObserver = debugger.machine.processor.addObserver { [unowned self] in look() }
    }

    public func detach() {
        removeObserver?()
        removeObserver = nil
    }

    private func look() {
        let state = debugger.machine.processor.state
        guard state.pointee.steps != lastStep, !state.pointee.halted else { return }
        lastStep = state.pointee.steps
        if state.pointee.cr3 != pageDirectory {
            pageDirectory = state.pointee.cr3
            epoch += 1
        }
        let linear = state.pointee.segments[Int(SegmentIndex.cs.rawValue)].base &+ state.pointee.eip
        if let module = owner(of: linear, isUser: state.pointee.cpl == 3) {
            counts[UInt64(module) << 32 | UInt64(linear), default: 0] += 1
        }
    }

    private func owner(of linear: UInt32, isUser: Bool) -> Int? {
        if let owner = owners[linear], owner.epoch == epoch || !isUser { return owner.module }
        let module = debugger.symbols.owner(of: linear, by: { $0.lines.covers(linear) ? true : nil }) {
            debugger.readMemory(at: $0, count: $1)
        }?.index
        owners[linear] = Owner(epoch: epoch, module: module)
        return module
    }

    // MARK: Results

    /// How often the lines of each source file were executed; 0 for those that have code and were not. Of a line that
    /// has become several pieces of code, that of the piece executed most often.
    public var lines: [String: [Int: UInt64]] {
        var lines: [String: [Int: UInt64]] = [:]
        for module in debugger.symbols.modules {
            for location in module.lines.allLocations where lines[location.path]?[location.line] == nil {
                lines[location.path, default: [:]][location.line] = 0
            }
        }
        for (key, count) in counts {
            let table = debugger.symbols.modules[Int(key >> 32)].lines
            guard let location = table.match(UInt32(truncatingIfNeeded: key))?.location else { continue }
            let before = lines[location.path]?[location.line] ?? 0
            lines[location.path, default: [:]][location.line] = max(before, count)
        }
        return lines
    }

    /// The coverage as `lcov` and `genhtml` read it. Sources are named by where they are on this host, if they are.
    public var lcov: String {
        var text = "TN:\n"
        for (path, lines) in lines.sorted(by: { $0.key < $1.key }) {
            text += "SF:\(debugger.sources.path(of: path) ?? path)\n"
            for (line, count) in lines.sorted(by: { $0.key < $1.key }) { text += "DA:\(line),\(count)\n" }
            text += "LF:\(lines.count)\nLH:\(lines.values.reduce(0) { $0 + ($1 > 0 ? 1 : 0) })\nend_of_record\n"
        }
        return text
    }
}
