import ELF

/// How the types of a program lie in memory, from its debugging information.
///
/// **Constraint.** A debugger that knows a kernel must find the fields of its structures, and must not know their
/// offsets: the kernel changes. DWARF has a place for them (`DW_AT_data_member_location`), but what Swift 6.3 writes
/// there for its structures is the sum of the sizes of the fields before, without the padding between them: wrong
/// behind the first field that is smaller than a word. (In our kernel that is so in `Thread`, `Process`, `Account`,
/// `Timer`, `Capability` and three others.) Their names, order, types and sizes are right, and so is the size of the
/// whole.
///
/// **Choice.** So the order is taken from there, and the places from Swift's rule, which is simple and stable: stored
/// properties lie in the order of their declaration, each at the next multiple of its alignment, and the size ends
/// behind the last ("Type Layout" in the compiler's documentation). What comes out is checked against the size that the
/// debugging information gives: a structure that does not end where it should is one that nobody may read. C's rule is
/// the same but for the end.
///
/// **Example.** `Timer` is two pointers, a `Bool`, a `UInt32` and a pointer, of 20 bytes: 0, 4, 8, 12, 16. DWARF says
/// 0, 4, 8, 9, 13.
struct TypeTable {
    /// A type as it lies in memory.
    struct Layout: Equatable {
        let name: String
        /// In bytes, without what is left free before the next element of an array.
        let size: UInt32
        let alignment: UInt32
        /// The stored properties of a structure.
        var fields: [Field] = []
        /// The cases of an enumeration, in the order of their declaration: of one without payloads that of their tags,
        /// too.
        var cases: [String] = []

        /// From one element of an array to the next.
        var stride: UInt32 { max(1, (size &+ alignment &- 1) / alignment &* alignment) }
    }

    struct Field: Equatable {
        let name: String
        let offset: UInt32
        let size: UInt32
        let type: UInt64
    }

    private let entries: TypeEntries
    /// The entries that have a body, by their names as the source has them.
    private let named: [String: UInt64]

    /// Reads the types of a file.
    init(_ file: ELFFile) throws(DWARFError) {
        entries = try TypeEntries(try DWARFSections(file))
        var named: [String: UInt64] = [:]
        var names: [String: String] = [:]
        for offset in entries.offsets {
            guard let entry = entries.entries[offset], !entry.isDeclaration, entry.size != nil,
                entry.tag == .structure && !entry.children.isEmpty || entry.tag == .enumeration
            else { continue }
            guard let written = entry.linkName ?? entry.name else { continue }
            // The same type is described in many units, and demangling takes time.
            let name = names[written] ?? Demangler.shortName(of: written)
            names[written] = name
            if named[name] == nil { named[name] = offset }
        }
        self.named = named
    }

    /// The names of all types that have a layout.
    var names: [String] { named.keys.sorted() }

    /// The layout of a type by its name without the module: `Thread`, `InterruptLines.Line`. Nil if there is none, or
    /// if it is not understood.
    func layout(named name: String) -> Layout? { named[name].flatMap { layout(of: $0) } }

    /// The layout of the type at an offset of `.debug_info`.
    func layout(of offset: UInt64, depth: Int = 0) -> Layout? {
        // Types that contain themselves are damaged.
        guard depth < 16, let entry = entries.entries[offset] else { return nil }
        switch entry.tag {
        case .alias, .constant, .volatile:
            return entry.type.flatMap { layout(of: $0, depth: depth + 1) }
        case .pointer:
            return Layout(name: entry.name ?? "pointer", size: 4, alignment: 4)
        case .base:
            // Swift aligns numbers to their size, those of 64 bits too, for which C has 4 in structures.
            return size(entry).map {
                Layout(name: entry.name ?? "", size: $0, alignment: $0 == 8 ? 8 : Self.alignment($0))
            }
        case .classType:
            return size(entry).map { Layout(name: entry.name ?? "", size: $0, alignment: Self.alignment($0)) }
        case .enumeration:
            let cases = entry.children.compactMap { entries.entries[$0] }.filter { $0.tag == .enumerator }
                .compactMap(\.name)
            return size(entry).map {
                Layout(name: entry.name ?? "", size: $0, alignment: Self.alignment($0), cases: cases)
            }
        case .array: return array(entry, depth)
        case .structure: return structure(entry, depth)
        case .member, .subrange, .enumerator, .variant, .variantPart: return nil
        }
    }

    /// A structure's fields, where they are by Swift's rule; nil if they do not end at its size.
    private func structure(_ entry: TypeEntries.Entry, _ depth: Int) -> Layout? {
        guard let size = size(entry) else { return nil }
        if let variants = variants(entry), !variants.isEmpty {
            let payloads = variants.compactMap { $0.type.flatMap { layout(of: $0, depth: depth + 1) } }
            return Layout(
                name: entry.name ?? "", size: size, alignment: payloads.map(\.alignment).max() ?? Self.alignment(size),
                cases: variants.compactMap(\.name))
        }
        // One of a generic type has its size here, and its fields there.
        let body = entry.specification.flatMap { entries.entries[$0] } ?? entry
        let members = body.children.compactMap { entries.entries[$0] }.filter { $0.tag == .member && $0.name != nil }
        let name = body.name ?? ""
        var fields: [Field] = []
        var end: UInt32 = 0
        var alignment: UInt32 = 1
        for member in members {
            guard let type = member.type, let layout = layout(of: type, depth: depth + 1) else {
                fields = []
                break
            }
            alignment = max(alignment, layout.alignment)
            let place = (end &+ layout.alignment &- 1) / layout.alignment &* layout.alignment
            fields.append(Field(name: member.name ?? "", offset: place, size: layout.size, type: type))
            end = place &+ layout.size
        }
        // A type whose contents nobody describes, as an optional, or in many units a number; or whose fields are of a
        // type that only the user of a generic type chooses.
        let isNumber = ["UInt64", "Int64", "Double"].contains(name)
        let opaque = Layout(name: name, size: size, alignment: isNumber ? size : Self.alignment(size))
        guard !fields.isEmpty else { return opaque }
        let whole = Layout(name: name, size: end, alignment: alignment, fields: fields)
        // C counts what is free at the end; a generic type by itself has no size.
        if end == size || whole.stride == size || size == 0 && entry.specification == nil { return whole }
        return entry.specification == nil ? nil : opaque
    }

    /// The cases of an enumeration with payloads; nil if this is none.
    private func variants(_ entry: TypeEntries.Entry) -> [TypeEntries.Entry]? {
        func children(_ entry: TypeEntries.Entry, _ tag: TypeEntries.Tag) -> [TypeEntries.Entry] {
            entry.children.compactMap { entries.entries[$0] }.filter { $0.tag == tag }
        }
        guard let part = children(entry, .variantPart).first else { return nil }
        return (children(part, .variant) + [part]).flatMap { children($0, .member) }
    }

    private func array(_ entry: TypeEntries.Entry, _ depth: Int) -> Layout? {
        guard let type = entry.type, let element = layout(of: type, depth: depth + 1) else { return nil }
        let dimensions = entry.children.compactMap { entries.entries[$0] }.filter { $0.tag == .subrange }
        var size = UInt64(element.stride)
        for dimension in dimensions {
            guard let count = dimension.count, count <= 1 << 24 else { return nil }
            size *= count
            guard size <= 1 << 28 else { return nil }
        }
        return Layout(name: element.name, size: UInt32(size), alignment: element.alignment)
    }

    private func size(_ entry: TypeEntries.Entry) -> UInt32? {
        entry.size.flatMap { $0 <= 1 << 28 ? UInt32($0) : nil }
    }

    /// The alignment of what is not made of parts that are known: words, unless it is too small for one.
    private static func alignment(_ size: UInt32) -> UInt32 {
        switch size {
        case 0, 1: 1
        case 2: 2
        default: 4
        }
    }
}
