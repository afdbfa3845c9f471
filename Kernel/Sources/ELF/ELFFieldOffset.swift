/// Where fields are in the tables of an ELF file, in bytes from the beginning of an entry: for tools that change a file
/// in place (System V ABI, "ELF Header", "Sections", "Symbol Table", "Program Header"). Where an entry is follows from
/// the table's offset and ``ELFSegments/entrySize``, ``ELFSections/entrySize`` or ``ELFSymbols/entrySize``.
public enum ELFFieldOffset {
    /// In the file header.
    public enum Header {
        /// `e_entry`, 32 bits.
        public static var entry: Int { 24 }
        /// `e_shoff`, 32 bits.
        public static var sectionHeaderOffset: Int { 32 }
        /// `e_shentsize`, 16 bits.
        public static var sectionHeaderSize: Int { 46 }
        /// `e_shnum`, 16 bits.
        public static var sectionHeaderCount: Int { 48 }
        /// `e_shstrndx`, 16 bits.
        public static var sectionNamesIndex: Int { 50 }
    }

    /// In a program header.
    public enum Segment {
        /// `p_vaddr`, 32 bits.
        public static var virtualAddress: Int { 8 }
        /// `p_filesz`, 32 bits.
        public static var fileSize: Int { 16 }
    }

    /// In a section header.
    public enum Section {
        /// `sh_addr`, 32 bits.
        public static var address: Int { 12 }
    }

    /// In a symbol.
    public enum Symbol {
        /// `st_value`, 32 bits.
        public static var value: Int { 4 }
    }
}
