#if !hasFeature(Embedded)
    /// Makes a ustar archive, for the host's tools.
    ///
    /// Equal input gives equal bytes: owner and modification time are always zero.
    public struct USTARWriter {
        /// Why an entry cannot be written.
        public enum Problem: Error, Equatable, CustomStringConvertible {
            /// The path is empty, absolute, or has an empty, `.` or `..` component or a NUL.
            case invalidPath(String)
            /// The path cannot be split into the format's fields of 155 and 100 bytes.
            case pathTooLong(String)
            /// The path has been added before.
            case duplicatePath(String)
            /// The contents have 8 GiB or more.
            case fileTooLarge(String)

            public var description: String {
                switch self {
                case .invalidPath(let path): "'\(path)' is not a valid path in an archive"
                case .pathTooLong(let path): "'\(path)' is too long for the ustar format"
                case .duplicatePath(let path): "'\(path)' is in the archive already"
                case .fileTooLarge(let path): "'\(path)' is too large for the ustar format"
                }
            }
        }

        private var bytes: [UInt8] = []
        private var paths: Set<String> = []

        public init() {}

        /// Adds a regular file.
        ///
        /// - Parameters: - path: A relative path, such as `bin/shell`. - contents: Its bytes. - mode: Its permissions;
        ///   by default everyone may read it. - alignment: What the place of its bytes in the archive is a multiple of:
        ///   blocks, or a larger power of two.
        public mutating func addFile(
            _ path: String, contents: some Collection<UInt8>, mode: Int = 0o644,
            alignment: Int = USTARArchive.blockSize
        ) throws(Problem) {
            guard contents.count < 1 << 33 else { throw .fileTooLarge(path) }
            let (prefix, name) = try Self.split(path)
            guard paths.insert(path).inserted else { throw .duplicatePath(path) }
            let gap = (0 &- (bytes.count + USTARArchive.blockSize)) & (alignment - 1)
            if gap > 0 {
                // A header without records is not what every tar expects.
                let length = (gap > USTARArchive.blockSize ? gap : gap + alignment) - USTARArchive.blockSize
                let records = PaxComment.record(ofLength: length)
                appendEntry(prefix: [], name: Array("comment".utf8)[...], records, mode: 0o644, type: "x")
            }
            appendEntry(prefix: prefix, name: name, contents, mode: mode, type: "0")
        }

        private mutating func appendEntry(
            prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>, _ contents: some Collection<UInt8>, mode: Int,
            type: Unicode.Scalar
        ) {
            var header = [UInt8](repeating: 0, count: USTARArchive.blockSize)
            func put(_ text: some Collection<UInt8>, _ range: Range<Int>) {
                header.replaceSubrange(range.lowerBound..<(range.lowerBound + text.count), with: text)
            }
            /// Octal digits that fill the field but for the NUL at its end.
            func putNumber(_ value: Int, _ range: Range<Int>) {
                let digits = String(value, radix: 8)
                put((String(repeating: "0", count: range.count - 1 - digits.utf8.count) + digits).utf8, range)
            }
            put(name, USTARHeader.name)
            put(prefix, USTARHeader.prefix)
            putNumber(mode & 0o7777, USTARHeader.mode)
            putNumber(0, USTARHeader.userID)
            putNumber(0, USTARHeader.groupID)
            putNumber(contents.count, USTARHeader.size)
            putNumber(0, USTARHeader.modificationTime)
            header[USTARHeader.typeFlag] = UInt8(ascii: type)
            put("ustar\u{0}00".utf8, USTARHeader.magicAndVersion)
            // Six digits, a NUL and a space: how every tar writes it.
            let checksum = header.withUnsafeBytes { USTARHeader($0).computedChecksum }
            putNumber(checksum, USTARHeader.checksum.lowerBound..<(USTARHeader.checksum.upperBound - 1))
            header[USTARHeader.checksum.upperBound - 1] = 0x20
            bytes += header
            bytes += contents
            bytes += [UInt8](repeating: 0, count: USTARArchive.padding(after: contents.count))
        }

        /// The finished archive, ended by two blocks of zeros.
        public func finish() -> [UInt8] {
            bytes + [UInt8](repeating: 0, count: 2 * USTARArchive.blockSize)
        }

        /// Splits a path at a slash into the fields `prefix` and `name`.
        private static func split(
            _ path: String
        ) throws(Problem) -> (prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>) {
            let bytes = Array(path.utf8)
            let components = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            for component in components {
                guard !component.isEmpty, !component.contains(0), component != [UInt8(ascii: ".")][...],
                    component != [UInt8(ascii: "."), UInt8(ascii: ".")][...]
                else { throw .invalidPath(path) }
            }
            if bytes.count <= USTARHeader.name.count { return ([], bytes[...]) }
            for slash in bytes.indices where bytes[slash] == UInt8(ascii: "/") {
                let prefix = bytes[..<slash]
                let name = bytes[(slash + 1)...]
                if prefix.count <= USTARHeader.prefix.count, name.count <= USTARHeader.name.count {
                    return (prefix, name)
                }
            }
            throw .pathTooLong(path)
        }
    }
#endif
