/// What a program was started with.
public enum Arguments {
    /// The process's number.
    public static var process: UInt32 { ProgramStartup.own?.process ?? 0 }

    private static var list: TerminatedList {
        guard let startup = ProgramStartup.own else { return TerminatedList(bytes: .none) }
        return TerminatedList(startup.argumentsAddress, startup.argumentsLength)
    }

    /// How many arguments there are; the first is the program's name.
    public static var count: Int { list.count }

    /// The bytes of an argument; empty if there is no such one. They stay as long as the program.
    public static func bytes(_ index: Int) -> UnsafeRawBufferPointer { list[index] ?? .none }

    /// The number that an argument says in decimal digits; nil if it says none, or there is no such argument.
    public static func number(_ index: Int) -> UInt32? { Decimal.parse(bytes(index)) }

    /// Whether an argument is this word.
    public static func `is`(_ index: Int, _ word: StaticString) -> Bool {
        index < count && bytes(index).elementsEqual(word.utf8Bytes)
    }
}

/// The environment: names and values that go from a program to those that it starts.
public enum Environment {
    private static var list: TerminatedList {
        guard let startup = ProgramStartup.own else { return TerminatedList(bytes: .none) }
        return TerminatedList(startup.environmentAddress, startup.environmentLength)
    }

    /// All of it, as it was given: `NAME=value`, each ended by a NUL.
    public static var bytes: UnsafeRawBufferPointer { list.bytes }

    /// How many names there are.
    public static var count: Int { list.count }

    /// An entry, `NAME=value`; nil past the last index.
    public static func entry(_ index: Int) -> UnsafeRawBufferPointer? { list[index] }

    /// The value of a name; nil if the environment has no such name.
    public static func value(_ name: StaticString) -> UnsafeRawBufferPointer? {
        let name = name.utf8Bytes
        for index in 0..<count {
            guard let entry = entry(index), entry.count > name.count, entry[name.count] == UInt8(ascii: "="),
                entry.prefix(name.count).elementsEqual(name)
            else { continue }
            return UnsafeRawBufferPointer(rebasing: entry[(name.count + 1)...])
        }
        return nil
    }
}

/// Byte strings one behind the other, each ended by a NUL.
struct TerminatedList {
    let bytes: UnsafeRawBufferPointer

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    init(_ address: UInt32, _ length: UInt32) {
        bytes = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(address)), count: Int(length))
    }

    var count: Int {
        var count = 0
        for byte in bytes where byte == 0 { count += 1 }
        return count
    }

    /// A string without its NUL; nil past the last one.
    subscript(index: Int) -> UnsafeRawBufferPointer? {
        var start = 0
        var left = index
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0 { end += 1 }
            if left == 0 { return UnsafeRawBufferPointer(rebasing: bytes[start..<end]) }
            left -= 1
            start = end + 1
        }
        return nil
    }
}

extension StaticString {
    /// Its bytes, which live as long as the program.
    public var utf8Bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
