/// The file header of an ELF32 file (System V ABI, "ELF Header").
public struct ELFHeader: Sendable {
    /// The header's size in bytes.
    public static var size: Int { 52 }

    /// What the file is for.
    public struct FileType: RawRepresentable, Equatable, Sendable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// An object file for the linker.
        public static let relocatable = FileType(rawValue: 1)
        /// An executable with fixed addresses.
        public static let executable = FileType(rawValue: 2)
        /// A shared object or position-independent executable.
        public static let sharedObject = FileType(rawValue: 3)
    }

    /// What the file is for.
    public let type: FileType
    /// The virtual address of the first instruction, or 0.
    public let entry: UInt32

    /// Where the program headers are in the file, in bytes.
    public let programHeaderOffset: UInt32
    let programHeaderCount: UInt16
    let programHeaderSize: UInt16
    /// Where the section headers are in the file, in bytes.
    public let sectionHeaderOffset: UInt32
    let sectionHeaderCount: UInt16
    let sectionHeaderSize: UInt16
    /// The index of the section that holds the sections' names.
    let sectionNamesIndex: UInt16

    init(_ bytes: UnsafeRawBufferPointer) throws(ELFError) {
        guard bytes.count >= 4, bytes.word(at: 0) == 0x464C_457F else { throw .notELF }
        guard bytes.count >= Self.size else { throw .truncatedHeader }
        // EI_CLASS = ELFCLASS32, EI_DATA = ELFDATA2LSB, EI_VERSION and e_version = EV_CURRENT.
        guard bytes[4] == 1, bytes[5] == 1, bytes[6] == 1, bytes.word(at: 20) == 1 else { throw .unsupportedFormat }
        guard bytes.halfWord(at: 18) == 3 else { throw .wrongMachine }  // EM_386
        type = FileType(rawValue: bytes.halfWord(at: 16))
        entry = bytes.word(at: ELFFieldOffset.Header.entry)
        programHeaderOffset = bytes.word(at: 28)
        sectionHeaderOffset = bytes.word(at: ELFFieldOffset.Header.sectionHeaderOffset)
        programHeaderSize = bytes.halfWord(at: 42)
        programHeaderCount = bytes.halfWord(at: 44)
        sectionHeaderSize = bytes.halfWord(at: ELFFieldOffset.Header.sectionHeaderSize)
        sectionHeaderCount = bytes.halfWord(at: ELFFieldOffset.Header.sectionHeaderCount)
        sectionNamesIndex = bytes.halfWord(at: ELFFieldOffset.Header.sectionNamesIndex)
    }
}
