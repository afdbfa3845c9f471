/// What is wrong with a ustar archive.
///
/// The raw value is a stable number, so that a program can pass it on in a message.
public enum USTARError: UInt8, Error, Sendable {
    /// The archive ends before the block of zeros that marks its end.
    case truncated = 1
    /// A header does not carry the ustar magic number.
    case notUSTAR
    /// A header's checksum is wrong.
    case badChecksum
    /// A header's size is not an octal number.
    case badNumber
    /// A header is a pax or GNU extension.
    case unsupportedExtension
    /// A header has an empty path.
    case emptyPath

    /// A description to print after the archive's name and a colon.
    public var message: StaticString {
        switch self {
        case .truncated: "the archive is truncated"
        case .notUSTAR: "not a ustar archive"
        case .badChecksum: "an archive header is corrupt: wrong checksum"
        case .badNumber: "an archive header is corrupt: size is not an octal number"
        case .unsupportedExtension: "the archive has pax or GNU extensions, which are not supported"
        case .emptyPath: "an archive entry has no name"
        }
    }
}

#if !hasFeature(Embedded)
    extension USTARError: CustomStringConvertible {
        public var description: String { message.description }
    }
#endif
