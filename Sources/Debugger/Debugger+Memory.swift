import Machine
import Processor

/// Memory, as the debugger reads and writes it: without side effects, and as recorded input. Whoever changes the past
/// begins another future (``Timeline/branch()``).
extension Debugger {
    /// The physical address behind a linear one, by the page tables of the moment; nil if it is not mapped.
    public func physicalAddress(of linear: UInt32) -> UInt32? {
        machine.processor.physicalAddress(ofLinear: linear, directory: viewpoint?.directory)
    }

    /// Reads linear memory; nil for every byte that is not mapped. Devices are not asked: their memory reads as ones.
    public func readMemory(at linear: UInt32, count: Int) -> [UInt8?] {
        readMemory(at: linear, count: count, directory: viewpoint?.directory)
    }

    /// Reads the linear memory of a process: the page directory at the physical address `directory` takes the place of
    /// the processor's.
    func readMemory(at linear: UInt32, count: Int, directory: UInt32?) -> [UInt8?] {
        var result: [UInt8?] = []
        result.reserveCapacity(max(0, count))
        while result.count < count {
            let address = linear &+ UInt32(truncatingIfNeeded: result.count)
            let length = min(count - result.count, 0x1000 - Int(address & 0xFFF))
            if let physical = machine.processor.physicalAddress(ofLinear: address, directory: directory) {
                result += machine.memory.read(physical, count: length)
            } else {
                result += [UInt8?](repeating: nil, count: length)
            }
        }
        return result
    }

    /// Reads physical memory; what is neither RAM nor ROM reads as ones.
    public func readPhysicalMemory(at address: UInt32, count: Int) -> [UInt8] {
        machine.memory.read(address, count: max(0, count))
    }

    /// A little-endian number of `size` (1, 2 or 4) bytes of linear memory; nil if it is not mapped.
    public func readValue(at linear: UInt32, size: Int) -> UInt32? {
        var value: UInt32 = 0
        for byte in readMemory(at: linear, count: size).reversed() {
            guard let byte else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    /// Writes linear memory, as recorded input. Writes nothing and returns false if part of it is not mapped.
    ///
    /// What the guest would be allowed to write does not matter; ROM stays as it is.
    @discardableResult
    public func writeMemory(_ bytes: [UInt8], at linear: UInt32) -> Bool {
        var pieces: [(physical: UInt32, bytes: [UInt8])] = []
        var done = 0
        while done < bytes.count {
            let address = linear &+ UInt32(truncatingIfNeeded: done)
            let length = min(bytes.count - done, 0x1000 - Int(address & 0xFFF))
            guard let physical = physicalAddress(of: address) else { return false }
            pieces.append((physical, Array(bytes[done..<done + length])))
            done += length
        }
        for piece in pieces { writePhysicalMemory(piece.bytes, at: piece.physical) }
        return true
    }

    /// Writes physical memory, as recorded input.
    public func writePhysicalMemory(_ bytes: [UInt8], at address: UInt32) {
        timeline.branch()
        machine.inject(.writeMemory(address: address, bytes: bytes))
    }

    /// Sets a general register (or a part of one), EIP or EFLAGS by its lower-case name, as recorded input. False if
    /// there is no such register.
    @discardableResult
    public func setRegister(_ name: String, to value: UInt32) -> Bool {
        if let viewpoint { return setRegister(name, to: value, of: viewpoint) }
        let change: (inout ProcessorState) -> Void
        if let part = RegisterFile.Part(named: name) {
            change = { state in
                let mask = part.mask << part.shift
                state.general[part.register] = state.general[part.register] & ~mask | value << part.shift & mask
            }
        } else if name == "eip" || name == "pc" {
            change = { $0.eip = value }
        } else if name == "eflags" {
            change = { $0.eflags = value & $0.flagsMask | 2 }
        } else {
            return false
        }
        timeline.branch()
        machine.modifyProcessor(change)
        return true
    }
}
