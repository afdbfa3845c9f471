#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Swift's names for symbols, readable.
///
/// `$e10KernelCore14FrameAllocatorV8allocate5countSuSgSi_tF` is what the linker calls a function; the Swift runtime's
/// demangler makes `KernelCore.FrameAllocator.allocate(count: Swift.Int) -> Swift.UInt?` of it, and a person wants to
/// read, and to type, `FrameAllocator.allocate(count:)`.
enum Demangler {
    /// The short name of a symbol; names that are not Swift's are left as they are.
    static func shortName(of linkName: String) -> String {
        guard linkName.hasPrefix("$") || linkName.hasPrefix("_$"), let name = demangle(linkName) else {
            return linkName
        }
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

    /// Leaves out of a demangled declaration what it can be told without: modules, types of arguments and results, how
    /// the compiler specialised it, and the discriminators of private names.
    static func shorten(_ declaration: String) -> String {
        var name = declaration[...]
        // `merged generic specialization <Kernel.Thread> of static Kernel.Threads.run() -> ()`
        stripping: while true {
            for word in ["merged ", "static ", "dynamic ", "partial apply forwarder for ", "protocol witness for "]
            where name.hasPrefix(word) {
                name = name.dropFirst(word.count)
                continue stripping
            }
            for word in [
                "generic specialization <", "function signature specialization <", "generic partial specialization <",
            ]
            where name.hasPrefix(word) {
                guard let of = name.firstRange(of: "> of ") else { break stripping }
                name = name[of.upperBound...]
                continue stripping
            }
            break
        }
        // `closure #1 () -> () in Kernel.run() -> ()`, and local functions alike.
        let words = name.prefix(64).split(separator: " ", maxSplits: 2)
        if words.count > 1, words[1].hasPrefix("#"), let place = name.firstRange(of: " in ", atDepthZero: true) {
            return "\(words[0]) \(words[1]) in " + shorten(String(name[place.upperBound...]))
        }
        // `outlined read-only object #0 of Kernel.names.getter : [Swift.Int]`
        if name.hasPrefix("outlined "), let of = name.firstRange(of: " of ") {
            return String(name[..<of.upperBound]) + shorten(String(name[of.upperBound...]))
        }
        return withoutModule(withoutArgumentTypes(withoutDiscriminators(String(name))))
    }

    /// `Kernel.Clock.(sleepers in _850B) : T` becomes `Kernel.Clock.sleepers : T`, and `(extension in Kernel):` goes.
    private static func withoutDiscriminators(_ name: String) -> String {
        var result = ""
        var rest = name[...]
        while let open = rest.firstIndex(of: "(") {
            let inside = rest[rest.index(after: open)...]
            if let close = inside.firstIndex(of: ")") {
                let parts = inside[..<close].split(separator: " ")
                if parts.count == 3, parts[1] == "in" {
                    let isExtension = parts[0] == "extension"
                    result += rest[..<open] + (isExtension ? "" : parts[0])
                    rest = inside[inside.index(after: close)...]
                    if isExtension, rest.first == ":" { rest = rest.dropFirst() }
                    continue
                }
            }
            result += rest[...open]
            rest = inside
        }
        return result + rest
    }

    /// `a(count: Swift.Int, Swift.Bool) -> Swift.Int` becomes `a(count:_:)`.
    private static func withoutArgumentTypes(_ name: String) -> String {
        var head = ""
        var depth = 0
        var labels: [String] = []
        var argument = ""
        // A variable's type needs no reading.
        let end = name.firstRange(of: " : ", atDepthZero: true)?.lowerBound ?? name.endIndex
        for index in name[..<end].indices {
            let character = name[index]
            let isArrow = character == ">" && index > name.startIndex && name[name.index(before: index)] == "-"
            let opens = "([<".contains(character)
            let closes = ")]>".contains(character) && !isArrow
            if depth == 0, !opens {
                head.append(character)
                continue
            }
            if closes { depth -= 1 }
            if depth == 0, character == ")" {
                // The arguments end here, and with them all that is wanted.
                if !argument.isEmpty { labels.append(label(argument)) }
                return head + "(" + labels.joined() + ")"
            }
            if depth == 1, character == ",", !argument.hasPrefix("<") {
                labels.append(label(argument))
                argument = ""
            } else if depth >= 1, !(depth == 1 && opens && character == "<" && argument.isEmpty) {
                argument.append(character)
            }
            if opens {
                depth += 1
                if depth == 1 { argument = "" }
            } else if depth == 0 {
                // The end of a list of generic parameters: `put<A>(A)`.
                argument = ""
                labels = []
            }
        }
        return head
    }

    /// `count: Swift.Int` becomes `count:`, and a type alone `_:`.
    private static func label(_ argument: String) -> String {
        let text = argument.drop { $0 == " " }
        guard let colon = text.firstIndex(of: ":") else { return "_:" }
        let label = text[..<colon]
        return label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } ? label + ":" : "_:"
    }

    /// `KernelCore.FrameAllocator.allocate(count:)` becomes `FrameAllocator.allocate(count:)`: the first part is the
    /// module.
    private static func withoutModule(_ name: String) -> String {
        let end = name.firstIndex(of: "(") ?? name.endIndex
        guard let dot = name[..<end].firstIndex(of: "."), dot > name.startIndex, !name[..<dot].contains(" ") else {
            return name
        }
        let rest = name[name.index(after: dot)...]
        return rest.isEmpty ? name : String(rest)
    }
}

extension StringProtocol {
    /// The first place where `text` occurs; outside of all parentheses and brackets, if `atDepthZero`.
    fileprivate func firstRange(of text: String, atDepthZero: Bool = false) -> Range<Index>? {
        var depth = 0
        var previous: Character?
        for index in indices {
            if depth <= 0 || !atDepthZero, self[index...].hasPrefix(text) {
                return index..<self.index(index, offsetBy: text.count)
            }
            let character = self[index]
            if "([<".contains(character) { depth += 1 }
            if ")]".contains(character) || character == ">" && previous != "-" { depth -= 1 }
            previous = character
        }
        return nil
    }
}

/// The Swift runtime's own demangler, which `swift demangle` uses as well (stdlib/public/SwiftShims, `Demangle.cpp`).
@_silgen_name("swift_demangle")
private func swiftDemangle(
    _ name: UnsafePointer<CChar>?, _ length: UInt, _ output: UnsafeMutablePointer<CChar>?,
    _ outputSize: UnsafeMutablePointer<UInt>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?
