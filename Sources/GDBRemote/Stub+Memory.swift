import Debugger
import Processor

/// Packets about memory, breakpoints and watchpoints. Addresses are linear.
extension Stub {
    /// `ADDRESS,LENGTH`. The reply is shorter where memory ends.
    func readMemory(_ text: some Collection<UInt8>) -> Reply {
        guard let (address, length) = Self.numbers(text) else { return .malformed }
        guard let start = UInt32(exactly: address) else { return .noMemory }
        let count = min(length, UInt64(Self.packetSize / 2), 0x1_0000_0000 - address)
        let bytes = debugger.readMemory(at: start, count: Int(count)).prefix { $0 != nil }.compactMap(\.self)
        guard !bytes.isEmpty || length == 0 else { return .noMemory }
        return .text(Hexadecimal.text(bytes))
    }

    /// `ADDRESS,LENGTH:DATA`. Fails where the memory is not what was written then: in ROM, and where there is none.
    func writeMemory(_ text: some Collection<UInt8>, isBinary: Bool) -> Reply {
        let parts = text.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let (address, length) = Self.numbers(parts[0]),
            let bytes = isBinary ? Packet.unescape(parts[1]) : Hexadecimal.bytes(parts[1]),
            UInt64(bytes.count) == length
        else { return .malformed }
        guard let start = UInt32(exactly: address), length <= 0x1_0000_0000 - address else { return .noMemory }
        // gdb writes nothing, to see whether X is understood.
        guard length > 0 else { return .ok }
        guard debugger.writeMemory(bytes, at: start) else { return .noMemory }
        return debugger.readMemory(at: start, count: bytes.count) == bytes ? .ok : .readOnly
    }

    /// `KIND,ADDRESS,LENGTH`, and perhaps conditions, which we have not offered to understand.
    func insert(_ text: some Collection<UInt8>, isPresent: Bool) -> Reply {
        guard let digit = text.first else { return .malformed }
        guard let kind = Insertion.Kind(rawValue: digit) else { return .unsupported }
        let rest = text.dropFirst().prefix { $0 != UInt8(ascii: ";") }
        guard rest.first == UInt8(ascii: ","), let (address, length) = Self.numbers(rest.dropFirst()),
            let address = UInt32(exactly: address), let length = UInt32(exactly: length)
        else { return .malformed }
        let insertion = Insertion(kind: kind, address: address, length: length)
        if !isPresent {
            if let number = insertions.removeValue(forKey: insertion) { debugger.deleteBreakpoint(number) }
        } else if insertions[insertion] == nil {
            insertions[insertion] = set(insertion)
        }
        return .ok
    }

    private func set(_ insertion: Insertion) -> Int {
        switch insertion.kind {
        case .software, .hardware: return debugger.setBreakpoint(at: insertion.address).number
        case .write, .read, .access:
            let watch = MemoryWatch(
                .linear, insertion.address, count: insertion.length, reads: insertion.kind != .write,
                writes: insertion.kind != .read)
            return debugger.setWatchpoint(watch).number
        }
    }
}
