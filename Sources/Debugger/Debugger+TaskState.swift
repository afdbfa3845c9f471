import Machine
import Processor

/// The task-state segment that TR points to (SDM vol. 3A, 7.2).
extension Debugger {
    /// A field of the task-state segment.
    public struct TaskStateField: Sendable, Equatable {
        public let name: String
        /// Bytes: 2 or 4.
        public let size: Int
        /// Nil if it is not mapped, or lies beyond the limit.
        public let value: UInt32?
    }

    /// Offsets of the fields (SDM vol. 3A, figures 7-2 and 7-10).
    private static let fields32: [(name: String, offset: UInt32, size: Int)] = [
        ("link", 0, 2), ("esp0", 4, 4), ("ss0", 8, 2), ("esp1", 12, 4), ("ss1", 16, 2), ("esp2", 20, 4), ("ss2", 24, 2),
        ("cr3", 28, 4), ("eip", 32, 4), ("eflags", 36, 4), ("eax", 40, 4), ("ecx", 44, 4), ("edx", 48, 4),
        ("ebx", 52, 4), ("esp", 56, 4), ("ebp", 60, 4), ("esi", 64, 4), ("edi", 68, 4), ("es", 72, 2), ("cs", 76, 2),
        ("ss", 80, 2), ("ds", 84, 2), ("fs", 88, 2), ("gs", 92, 2), ("ldt", 96, 2), ("trap", 100, 2), ("iomap", 102, 2),
    ]
    private static let fields16: [(name: String, offset: UInt32, size: Int)] = [
        ("link", 0, 2), ("sp0", 2, 2), ("ss0", 4, 2), ("sp1", 6, 2), ("ss1", 8, 2), ("sp2", 10, 2), ("ss2", 12, 2),
        ("ip", 14, 2), ("flags", 16, 2), ("ax", 18, 2), ("cx", 20, 2), ("dx", 22, 2), ("bx", 24, 2), ("sp", 26, 2),
        ("bp", 28, 2), ("si", 30, 2), ("di", 32, 2), ("es", 34, 2), ("cs", 36, 2), ("ss", 38, 2), ("ds", 40, 2),
        ("ldt", 42, 2),
    ]

    /// The fields of the segment; nil if TR is null.
    public var taskState: [TaskStateField]? {
        let tr = registers.tr
        guard tr.selector & 0xFFFC != 0 else { return nil }
        let fields = tr.attributes & UInt16(SystemType.is32Bit) != 0 ? Self.fields32 : Self.fields16
        return fields.map { field in
            let isInside = field.offset &+ UInt32(field.size) &- 1 <= tr.limit
            return TaskStateField(
                name: field.name, size: field.size,
                value: isInside ? readValue(at: tr.base &+ field.offset, size: field.size) : nil)
        }
    }

    /// The ports that the I/O permission map of the task-state segment opens to every privilege level (SDM vol. 1,
    /// 19.5.2), in ranges; nil if there is no map: TR is null, the segment is one of 16 bits, or the map lies beyond
    /// its limit.
    public var openPorts: [ClosedRange<UInt16>]? {
        let tr = registers.tr
        guard tr.selector & 0xFFFC != 0, tr.attributes & UInt16(SystemType.is32Bit) != 0, tr.limit >= 0x67,
            let offset = readValue(at: tr.base &+ 102, size: 2), offset < tr.limit
        else { return nil }
        // The processor reads two bytes for each port, and both must be inside the segment.
        let count = min(8192, Int(tr.limit - offset))
        let map = readMemory(at: tr.base &+ offset, count: count)
        var ranges: [ClosedRange<UInt16>] = []
        for port in 0..<map.count * 8 {
            guard let byte = map[port / 8], byte >> UInt8(port & 7) & 1 == 0 else { continue }
            let port = UInt16(truncatingIfNeeded: port)
            if let last = ranges.last, port > 0, last.upperBound == port - 1 {
                ranges[ranges.count - 1] = last.lowerBound...port
            } else {
                ranges.append(port...port)
            }
        }
        return ranges
    }

    /// The task-state segment in words; a line that says why if there is none.
    public func taskStateText() -> [String] {
        let tr = registers.tr
        guard let fields = taskState else { return ["TR is null: there is no task-state segment"] }
        var lines = [
            "tr \(tr.selector.digits)  base \(tr.base.digits)  limit \(tr.limit.digits)  "
                + DescriptorText.systemTypeName(UInt8(truncatingIfNeeded: tr.attributes) & 0xF)
        ]
        var row: [String] = []
        for field in fields {
            let text = field.value.map { field.size == 4 ? $0.digits : UInt16(truncatingIfNeeded: $0).digits } ?? "?"
            row.append("\(field.name.padded(to: 6)) \(text.padded(to: 8))")
            if row.count == 4 {
                lines.append(row.joined(separator: "  "))
                row = []
            }
        }
        if !row.isEmpty { lines.append(row.joined(separator: "  ")) }
        guard tr.attributes & UInt16(SystemType.is32Bit) != 0 else { return lines }
        guard let ports = openPorts else {
            return lines + ["the I/O permission map lies beyond the limit: no port is open to user programs by it"]
        }
        let names = ports.prefix(32).map { range in
            range.count == 1
                ? range.lowerBound.digits : "\(range.lowerBound.digits)-\(range.upperBound.digits)"
        }
        let more = ports.count > 32 ? " and \(ports.count - 32) more ranges" : ""
        lines.append(
            "the I/O permission map opens "
                + (names.isEmpty ? "no port" : "these ports to every level: " + names.joined(separator: " ") + more))
        return lines
    }
}
