import Debugger

/// Packets about registers.
extension Stub {
    func readRegisters() -> Reply {
        .text(RemoteRegister.all.map(text).joined())
    }

    /// A register's value; of a thread that does not run, what the kernel has saved, and `x` for what it has not.
    private func text(_ register: RemoteRegister) -> String {
        guard looksElsewhere else { return Hexadecimal.text(register.read(debugger.machine.processor)) }
        guard let value = register.saved(debugger.registers) else {
            return String(repeating: "x", count: 2 * register.size)
        }
        return Hexadecimal.text(
            (0..<register.size).map { $0 < 4 ? UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) : 0 })
    }

    /// The registers from the first on; as many as the packet holds.
    func writeRegisters(_ digits: some Collection<UInt8>) -> Reply {
        guard let bytes = Hexadecimal.bytes(digits) else { return .malformed }
        // Of a thread that does not run they are changed one by one, if at all: gdb offers P.
        guard !looksElsewhere else { return .readOnly }
        var rest = bytes[...]
        var pairs: [(RemoteRegister, [UInt8])] = []
        for register in RemoteRegister.all where rest.count >= register.size {
            pairs.append((register, Array(rest.prefix(register.size))))
            rest = rest.dropFirst(register.size)
        }
        guard rest.isEmpty else { return .malformed }
        // gdb has its copy of them all, of which it means to change some.
        let processor = debugger.machine.processor
        let changes = pairs.filter { $0.read(processor) != $1 }
        guard changes.allSatisfy({ register, _ in register.write != nil }) else { return .readOnly }
        for (register, value) in changes where register.write?(debugger, value) != true { return .readOnly }
        return .ok
    }

    func readRegister(_ text: some Collection<UInt8>) -> Reply {
        guard let register = register(text) else { return .malformed }
        return .text(self.text(register))
    }

    /// `NUMBER=VALUE`
    func writeRegister(_ text: some Collection<UInt8>) -> Reply {
        let parts = text.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
        guard parts.count == 2, let register = register(parts[0]), let value = Hexadecimal.bytes(parts[1]),
            value.count == register.size
        else { return .malformed }
        if looksElsewhere {
            guard register.size == 4 else { return .readOnly }
            var number = value.reversed().reduce(0) { $0 << 8 | UInt32($1) }
            if register.saved(debugger.registers) == number { return .ok }
            if register.name == "eip" { number = number &- (debugger.location.linear &- debugger.location.offset) }
            return debugger.setRegister(register.name, to: number) ? .ok : .readOnly
        }
        if register.read(debugger.machine.processor) == value { return .ok }
        return register.write?(debugger, value) == true ? .ok : .readOnly
    }

    private func register(_ number: some Collection<UInt8>) -> RemoteRegister? {
        guard let number = Hexadecimal.number(number), let index = Int(exactly: number),
            RemoteRegister.all.indices.contains(index)
        else { return nil }
        return RemoteRegister.all[index]
    }
}
