/// A structure of the guest, read at once, whose fields are found by their names.
///
///     thread.number("timer.time")     thread.name("state")     thread.flag("hasEnded")
///
/// A field that this kernel does not have is nil, like one that is not understood.
struct GuestStructure {
    /// Linear.
    let address: UInt32
    let layout: TypeTable.Layout
    private let bytes: [UInt8]
    private let types: ProgramLayout

    init(address: UInt32, layout: TypeTable.Layout, bytes: [UInt8], types: ProgramLayout) {
        self.address = address
        self.layout = layout
        self.bytes = bytes
        self.types = types
    }

    /// Where a field is, and what it is; `path` goes into structures: `timer.time`.
    private func place(_ path: String) -> (offset: UInt32, layout: TypeTable.Layout)? {
        var place = (offset: UInt32(0), layout: layout)
        for name in path.split(separator: ".") {
            guard let field = place.layout.fields.first(where: { $0.name == name }),
                let layout = types.layout(of: field)
            else { return nil }
            place = (place.offset &+ field.offset, layout)
        }
        return place
    }

    /// Linear address of a field.
    func address(of path: String) -> UInt32? { place(path).map { address &+ $0.offset } }

    /// A number or pointer of up to 4 bytes; of a larger one the lower 4.
    func number(_ path: String) -> UInt32? { wide(path).map { UInt32(truncatingIfNeeded: $0) } }

    /// A number of up to 8 bytes.
    func wide(_ path: String) -> UInt64? {
        guard let (offset, layout) = place(path), layout.size > 0 else { return nil }
        let start = Int(offset)
        let end = start + Int(min(layout.size, 8))
        guard end <= bytes.count else { return nil }
        return bytes[start..<end].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The case of an enumeration whose cases have numbers of 4 bytes as payloads, and the number: Swift puts the tag
    /// behind it ("Type Layout", multi-payload enums). Nil for others.
    func variant(_ path: String) -> (name: String, payload: UInt32)? {
        guard let (_, layout) = place(path), layout.size == 5, let value = wide(path) else { return nil }
        let tag = Int(value >> 32)
        guard layout.cases.indices.contains(tag) else { return nil }
        return (layout.cases[tag], UInt32(truncatingIfNeeded: value))
    }

    /// The bytes of a field, whatever it is.
    func bytes(_ path: String) -> ArraySlice<UInt8>? {
        guard let (offset, layout) = place(path), Int(offset) + Int(layout.size) <= bytes.count else { return nil }
        return bytes[Int(offset)..<Int(offset) + Int(layout.size)]
    }

    /// A pointer that is not null.
    func pointer(_ path: String) -> UInt32? { number(path).flatMap { $0 == 0 ? nil : $0 } }

    /// A `Bool`; false if there is no such field.
    func flag(_ path: String) -> Bool { number(path).map { $0 & 1 != 0 } ?? false }

    /// The case of an enumeration; nil for a value that no case has.
    func name(_ path: String) -> String? {
        guard let (_, layout) = place(path), let value = number(path), layout.cases.indices.contains(Int(value)) else {
            return nil
        }
        return layout.cases[Int(value)]
    }
}
