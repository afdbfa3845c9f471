import Debugger

/// Packets about registers.
extension Stub {
    func readRegisters() -> Reply {
        let processor = debugger.machine.processor
        return .text(Hexadecimal.text(RemoteRegister.all.flatMap { $0.read(processor) }))
    }

    /// The registers from the first on; as many as the packet holds.
    func writeRegisters(_ digits: some Collection<UInt8>) -> Reply {
        guard let bytes = Hexadecimal.bytes(digits) else { return .malformed }
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
        return .text(Hexadecimal.text(register.read(debugger.machine.processor)))
    }

    /// `NUMBER=VALUE`
    func writeRegister(_ text: some Collection<UInt8>) -> Reply {
        let parts = text.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
        guard parts.count == 2, let register = register(parts[0]), let value = Hexadecimal.bytes(parts[1]),
            value.count == register.size
        else { return .malformed }
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
