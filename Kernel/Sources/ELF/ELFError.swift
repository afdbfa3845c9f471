/// What is wrong with an ELF file.
///
/// The raw value is a stable number, so that a loader can pass it on in a message.
public enum ELFError: UInt8, Error, Sendable {
    /// The file does not begin with the ELF magic number.
    case notELF = 1
    /// The file is shorter than its file header.
    case truncatedHeader
    /// The file is 64-bit, big-endian, or of an unknown ELF version.
    case unsupportedFormat
    /// The file is for another processor than the i386.
    case wrongMachine
    /// The table of program headers is partly outside the file, or its entries have the wrong size.
    case badProgramHeaders
    /// A segment's contents are partly outside the file.
    case segmentOutsideFile
    /// A segment is larger in the file than in memory.
    case segmentLargerInFile
    /// A loadable segment reaches past the end of the address space.
    case segmentWraps
    /// A loadable segment's alignment is not a power of two, or its address and file offset differ modulo it.
    case segmentMisaligned
    /// The file is not an executable with fixed addresses.
    case notAnExecutable
    /// The file needs a dynamic linker.
    case dynamicallyLinked
    /// A loadable segment lies outside the addresses that are allowed.
    case segmentOutsideAddressRange
    /// A loadable segment begins below the end of the one before it.
    case segmentsOverlap
    /// The file has no loadable segment.
    case nothingToLoad
    /// The entry point is not in an executable segment.
    case entryNotExecutable
    /// The table of section headers is partly outside the file, or its entries have the wrong size.
    case badSectionHeaders
    /// A section's contents are partly outside the file.
    case sectionOutsideFile
    /// A string table is missing, is not a string table, or does not end in a NUL.
    case badStringTable
    /// A name lies outside its string table.
    case nameOutsideTable
    /// A symbol table's entries have the wrong size.
    case badSymbolTable

    /// A description to print after the file's name and a colon.
    public var message: StaticString {
        switch self {
        case .notELF: "not an ELF file"
        case .truncatedHeader: "shorter than an ELF file header"
        case .unsupportedFormat: "not a 32-bit little-endian ELF file of version 1"
        case .wrongMachine: "not made for the i386"
        case .badProgramHeaders: "program headers are outside the file or malformed"
        case .segmentOutsideFile: "a segment lies outside the file (truncated?)"
        case .segmentLargerInFile: "a segment is larger in the file than in memory"
        case .segmentWraps: "a segment reaches past the end of the address space"
        case .segmentMisaligned: "a segment is misaligned"
        case .notAnExecutable: "not an executable with fixed addresses"
        case .dynamicallyLinked: "needs a dynamic linker"
        case .segmentOutsideAddressRange: "a segment lies outside the allowed addresses"
        case .segmentsOverlap: "segments overlap or are not in ascending order"
        case .nothingToLoad: "contains nothing to load"
        case .entryNotExecutable: "the entry point is not in an executable segment"
        case .badSectionHeaders: "section headers are outside the file or malformed"
        case .sectionOutsideFile: "a section lies outside the file (truncated?)"
        case .badStringTable: "a string table is missing or not terminated"
        case .nameOutsideTable: "a name lies outside its string table"
        case .badSymbolTable: "a symbol table is malformed"
        }
    }
}

#if !hasFeature(Embedded)
    extension ELFError: CustomStringConvertible {
        public var description: String { message.description }
    }
#endif
