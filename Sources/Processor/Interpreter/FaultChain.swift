/// One exception on its way to its handler, with the registers at that moment. For the report of a triple fault.
public struct FaultRecord: Sendable {
    public let fault: Fault
    /// The address of the fault, if it is a page fault.
    public let cr2: UInt32
    /// EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI.
    public let general: InlineArray<8, UInt32>
    public let eip: UInt32
    public let eflags: UInt32
    /// Linear address of offset 0 of the code segment.
    public let codeBase: UInt32
    /// ES, CS, SS, DS, FS, GS.
    public let selectors: InlineArray<6, UInt16>
    public let cr0: UInt32
    public let cr3: UInt32
    /// Steps at that moment.
    public let steps: UInt64

    init(_ fault: Fault, _ core: Core) {
        let state = core.state
        self.fault = fault
        cr2 = state.pointee.cr2
        general = InlineArray { state.pointee.general[$0] }
        eip = state.pointee.eip
        eflags = core.eflags
        codeBase = core.segment(.cs).base
        selectors = InlineArray { state.pointee.segments[$0].selector }
        cr0 = state.pointee.cr0
        cr3 = state.pointee.cr3
        steps = state.pointee.steps
    }
}

/// The exceptions of the last delivery, in order: the first, those that arose from delivering it, and the double fault
/// where two made one. Longer than one only if something went wrong. At most five arise: a benign exception, a
/// contributory one or page fault from its delivery, a second such, the double fault, and the one that shuts the
/// processor down; a page fault may come between contributory ones once.
struct FaultChain {
    private(set) var records = InlineArray<6, FaultRecord?>(repeating: nil)
    private(set) var count = 0

    mutating func begin(_ record: FaultRecord) {
        records[0] = record
        count = 1
    }

    mutating func append(_ record: FaultRecord) {
        guard count < 6 else { return }
        records[count] = record
        count += 1
    }
}

extension Processor {
    /// The exceptions of the last delivery, first to last (``FaultRecord``). After ``RunExit/shutdown``: what led to
    /// it.
    public var faultChain: [FaultRecord] {
        let chain = context.pointee.faultChain
        return (0..<chain.count).compactMap { chain.records[$0] }
    }

    /// ``steps`` when the last exception happened; nil if there was none. Cheaper than ``faultChain``.
    public var lastExceptionStep: UInt64? {
        context.pointee.faultChain.count > 0 ? context.pointee.faultChain.records[0]?.steps : nil
    }
}
