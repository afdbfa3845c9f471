import KernelABI
import KernelLogic

/// The interrupt lines that user space has taken. An interrupt becomes a notice to the line's endpoint, and the line
/// stays masked until its driver has served the device, so that no driver can be flooded.
enum InterruptLines {
    private struct Line {
        var references: UInt32 = 0
        var endpoint: EndpointReference?
        var notice = Notice()
    }

    static var count: UInt32 { 16 }
    /// Allocated once, from the boot heap.
    private nonisolated(unsafe) static var lines: UnsafeMutablePointer<Line>!

    static func initialise() {
        lines = UnsafeMutablePointer<Line>.allocate(capacity: Int(count))
        lines.initialize(repeating: Line(), count: Int(count))
    }

    /// Valid for good: the lines are never freed.
    private static func notice(_ line: UInt32) -> UnsafeMutablePointer<Notice> {
        withUnsafeMutablePointer(to: &lines[Int(line)].notice) { $0 }
    }

    /// Whether user space can have the line: the clock and the cascade are the kernel's.
    static func isAvailable(_ line: UInt32) -> Bool { line < count && line != 0 && line != 2 }

    /// Takes a free line; the caller's capability is its first reference.
    static func bind(_ line: UInt32, to endpoint: EndpointReference, badge: UInt32) throws(KernelError) {
        guard lines[Int(line)].references == 0 else { throw .inUse }
        endpoint.pointee.references += 1
        lines[Int(line)].references = 1
        lines[Int(line)].endpoint = endpoint
        lines[Int(line)].notice = Notice(label: MessageLabel.interrupt, badge: badge, word: line)
        InterruptController8259.enable(line)
    }

    static func retain(_ line: UInt32) { lines[Int(line)].references += 1 }

    /// Drops a reference; the last one gives the line back.
    static func release(_ line: UInt32) {
        lines[Int(line)].references -= 1
        guard lines[Int(line)].references == 0, let endpoint = lines[Int(line)].endpoint else { return }
        InterruptController8259.disable(line)
        Notices.cancel(notice(line), endpoint)
        lines[Int(line)].endpoint = nil
        Endpoints.release(endpoint)
    }

    /// An interrupt has come.
    static func handle(_ line: UInt32) {
        InterruptController8259.disable(line)
        InterruptController8259.endOfInterrupt(line)
        if let endpoint = lines[Int(line)].endpoint { Notices.send(notice(line), to: endpoint) }
    }
}
