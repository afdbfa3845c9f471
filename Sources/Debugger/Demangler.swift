#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Swift's names for symbols, readable.
///
/// `$e10KernelCore14FrameAllocatorV8allocate5countSuSgSi_tF` is what the linker calls a function; the Swift runtime's demangler
/// makes `KernelCore.FrameAllocator.allocate(count: Swift.Int) -> Swift.UInt?` of it, and a person wants to read, and to type,
/// `FrameAllocator.allocate(count:)`.
enum Demangler {
    /// The short name of a symbol; names that are not Swift's are left as they are.
    static func shortName(of linkName: String) -> String {
        guard linkName.hasPrefix("$") || linkName.hasPrefix("_$"), let name = demangle(linkName) else { return linkName }
        return shorten(name)
    }

    /// The whole declaration, or nil if this is no mangled name.
    static func demangle(_ linkName: String) -> String? {
        var linkName = linkName
        return linkName.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                // With no buffer given, the result is allocated with malloc, and the caller frees it.
                guard let result = swiftDemangle(characters.baseAddress, UInt(characters.count), nil, nil, 0) else {
                    return nil
                }
                defer { free(result) }
                return String(cString: result)
            }
        }
    }

    /// Leaves out of a demangled declaration what it can be told without: modules, types of arguments and results.
    static func shorten(_ declaration: String) -> String {
        var name = declaration
        // `closure #1 () -> () in Kernel.run() -> ()`, `merged Kernel.run() -> ()`, `generic specialization <...> of ...`
        var prefix = ""
        if name.hasPrefix("generic specialization"), let of = name.range(of: "> of ") {
            name = String(name[of.upperBound...])
        }
        for word in ["merged ", "function signature specialization ", "static ", "protocol witness for "]
        where name.hasPrefix(word) {
            name = String(name.dropFirst(word.count))
            if word == "function signature specialization ", let of = name.range(of: "> of ") {
                name = String(name[of.upperBound...])
            }
        }
        if name.hasPrefix("closure #"), let place = name.range(of: " in ", options: .backwards) {
            let number = name.dropFirst("closure ".count).prefix { $0 == "#" || $0.isNumber }
            prefix = "closure \(number) in "
            name = String(name[place.upperBound...])
        }
        name = withoutArgumentTypes(name)
        return prefix + withoutModules(name)
    }

    /// `a(count: Swift.Int, Swift.Bool) -> Swift.Int` becomes `a(count:_:)`.
    private static func withoutArgumentTypes(_ name: String) -> String {
        var result = ""
        var rest = name[...]
        guard let open = rest.firstIndex(of: "("), open > rest.startIndex else { return cutResult(name) }
        // `(extension in Kernel):Swift.Int.foo()` and operators keep their beginning.
        result += rest[..<open]
        rest = rest[rest.index(after: open)...]
        var depth = 1
        var argument = ""
        var labels: [String] = []
        var end = rest.endIndex
        for index in rest.indices {
            let character = rest[index]
            if "([<".contains(character) { depth += 1 }
            if ")]".contains(character) || (character == ">" && !argument.hasSuffix("-")) { depth -= 1 }
            if depth == 0 {
                end = index
                break
            }
            if character == ",", depth == 1 {
                labels.append(label(argument))
                argument = ""
            } else {
                argument.append(character)
            }
        }
        if !argument.isEmpty { labels.append(label(argument)) }
        result += "(" + labels.joined() + ")"
        if end < rest.endIndex {
            let tail = String(rest[rest.index(after: end)...])
            // `foo() -> Int` ends here; `(in file).bar` goes on.
            if tail.hasPrefix(".") { result += withoutArgumentTypes(tail) }
        }
        return result
    }

    /// `count: Swift.Int` becomes `count:`, and a type alone `_:`.
    private static func label(_ argument: String) -> String {
        let text = argument.drop { $0 == " " }
        guard let colon = text.firstIndex(of: ":") else { return "_:" }
        let label = text[..<colon]
        return label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } ? label + ":" : "_:"
    }

    /// Without ` -> Result` and ` : Type`.
    private static func cutResult(_ name: String) -> String {
        for separator in [" -> ", " : "] {
            if let range = name.range(of: separator) { return String(name[..<range.lowerBound]) }
        }
        return name
    }

    /// `KernelCore.FrameAllocator.allocate(count:)` becomes `FrameAllocator.allocate(count:)`: the first part is the module.
    private static func withoutModules(_ name: String) -> String {
        let end = name.firstIndex(of: "(") ?? name.endIndex
        let qualified = name[..<end]
        // `getter of Kernel.count`: words before the name stay.
        let start = qualified.lastIndex(of: " ").map(qualified.index(after:)) ?? qualified.startIndex
        guard let dot = qualified[start...].firstIndex(of: "."), dot > start else { return name }
        return String(name[..<start]) + String(name[name.index(after: dot)...])
    }
}

extension String {
    fileprivate enum Direction { case backwards }

    /// The first place, or the last, where `text` occurs.
    fileprivate func range(of text: String, options: Direction? = nil) -> Range<Index>? {
        let all = ranges(of: text)
        return options == .backwards ? all.last : all.first
    }
}

/// The Swift runtime's own demangler, which `swift demangle` uses as well (stdlib/public/SwiftShims, `Demangle.cpp`).
@_silgen_name("swift_demangle")
private func swiftDemangle(
    _ name: UnsafePointer<CChar>?, _ length: UInt, _ output: UnsafeMutablePointer<CChar>?,
    _ outputSize: UnsafeMutablePointer<UInt>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?
