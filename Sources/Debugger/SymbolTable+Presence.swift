/// Whose code memory holds.
///
/// All user programs are linked for the same addresses, and a dozen of them run at once; before a program is loaded,
/// anything may be where it will be. So an address alone says nothing: it is looked up in the file whose code is there
/// in the present address space. Programs share a library, and some of it lies at the same places in several, so the
/// code around one address may be that of many files; then samples from all over the code decide. Pages that the
/// program has not used yet are not in memory, and no witnesses.
extension SymbolTable {
    /// What a file knows of an address, and that file: of those that claim to know something, the one whose code is in
    /// memory there. Nil if there is none.
    ///
    /// - Parameter claim: what a file has to say of the address.
    func owner<Claim>(
        of address: UInt32, by claim: (Module) -> Claim?, memory: MemoryReader
    ) -> (index: Int, claim: Claim)? {
        var claims: [(index: Int, claim: Claim)] = []
        for (index, module) in modules.enumerated() {
            guard let claim = claim(module), module.isLikely(at: address, memory) else { continue }
            claims.append((index, claim))
        }
        guard claims.count > 1 else { return claims.first }
        let best = mostLike(claims.map(\.index), memory)
        return claims.first { $0.index == best }
    }

    /// Whether memory holds the code of a file at an address; of an address outside of its code, whether the file's
    /// code begins where it should.
    public func isInMemory(_ name: String, at address: UInt32, memory: MemoryReader) -> Bool {
        guard let index = modules.firstIndex(where: { $0.name == name }) else { return false }
        guard let start = modules[index].code.first?.address else { return true }
        let place = modules[index].part(at: address) == nil ? start : address
        return owner(of: place, by: { $0.part(at: place) }, memory: memory)?.index == index
    }

    /// The file whose samples agree best with memory: the first of several that are equal.
    private func mostLike(_ indices: [Int], _ memory: MemoryReader) -> Int? {
        let likeness = indices.map { (index: $0, likeness: modules[$0].likeness(memory)) }
        guard let most = likeness.map(\.likeness).max() else { return nil }
        return likeness.first { $0.likeness == most }?.index
    }
}

extension SymbolTable.Module {
    /// How many bytes are compared at a place, and at how many places.
    private static let sampleSize = 32
    private static let samples = 32

    /// The part of the code that an address is in.
    fileprivate func part(at address: UInt32) -> (address: UInt32, bytes: [UInt8])? {
        code.first { address >= $0.address && Int(address - $0.address) < $0.bytes.count }
    }

    /// Whether memory looks like this file's code: at `address`, or where that is not in its code, at the start of the
    /// code.
    fileprivate func isLikely(at address: UInt32, _ memory: SymbolTable.MemoryReader) -> Bool {
        let containing = part(at: address)
        guard let part = containing ?? code.first else { return true }
        let offset = containing == nil ? 0 : Int(address - part.address) & ~(Self.sampleSize - 1)
        let (equal, _, all) = compare(part, at: offset, memory)
        // A program in memory may have been patched (a breakpoint of its own, say): half of the bytes are proof enough.
        return equal * 2 >= all
    }

    /// Which part of those of its bytes that were compared with memory, at places spread over the code, is the same: 0
    /// to 1.
    fileprivate func likeness(_ memory: SymbolTable.MemoryReader) -> Double {
        guard let part = code.first else { return 0 }
        let stride = max(Self.sampleSize, part.bytes.count / Self.samples)
        var equal = 0
        var present = 0
        for offset in Swift.stride(from: 0, to: part.bytes.count, by: stride) {
            let sample = compare(part, at: offset, memory)
            equal += sample.equal
            present += sample.present
        }
        return present == 0 ? 0 : Double(equal) / Double(present)
    }

    /// How many bytes of a sample are in memory as the file has them, how many are in memory, and how many there are.
    private func compare(
        _ part: (address: UInt32, bytes: [UInt8]), at offset: Int, _ memory: SymbolTable.MemoryReader
    ) -> (equal: Int, present: Int, all: Int) {
        let expected = part.bytes[offset..<min(offset + Self.sampleSize, part.bytes.count)]
        let found = memory(part.address &+ UInt32(truncatingIfNeeded: offset), expected.count)
        let equal = zip(expected, found).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
        return (equal, found.reduce(0) { $0 + ($1 == nil ? 0 : 1) }, expected.count)
    }
}
