import ELF
import ToolSupport

/// The microkernel as it lies in memory: every loadable segment at its place from 1 MB on, `.bss` as zeros.
///
/// `.bss` is part of the image, because the payload follows it and a loader would otherwise put it there.
///
/// - Throws: A `Diagnostic` without the file's name.
func flatKernel(_ bytes: UnsafeRawBufferPointer, limit: UInt32 = 0x0800_0000) throws -> [UInt8] {
    let base: UInt32 = 0x10_0000
    do {
        let file = try ELFFile(bytes)
        try file.checkExecutable(within: base...(limit - 1))
        guard file.header.entry == base else {
            throw Diagnostic("its entry point is not its first byte, at 0x100000")
        }
        var flat: [UInt8] = []
        for segment in file.segments where segment.type == .load && segment.memorySize > 0 {
            // `checkExecutable` has seen to it that segments ascend, begin at `base` or above and end below `limit`.
            flat += [UInt8](repeating: 0, count: Int(segment.virtualAddress - base) - flat.count)
            flat += file.contents(of: segment)
            flat += [UInt8](repeating: 0, count: Int(segment.memorySize - segment.fileSize))
        }
        return flat
    } catch let error as ELFError {
        throw Diagnostic("\(error)")
    }
}

/// An executable without what is not loaded: symbols, debug information, section headers.
///
/// - Parameter bytes: An executable for user space.
/// - Throws: A `Diagnostic` without the file's name.
func strippedProgram(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
    do {
        let file = try ELFFile(bytes)
        try file.checkExecutable(within: 0x0800_0000...0xBFFF_FFFF)
        var end = Int(file.header.programHeaderOffset) + file.segments.count * ELFSegments.entrySize
        for segment in file.segments where segment.type == .load {
            end = max(end, Int(segment.fileOffset) + Int(segment.fileSize))
        }
        var stripped = Array(bytes[..<max(end, ELFHeader.size)])
        stripped.setWord(at: ELFFieldOffset.Header.sectionHeaderOffset, 0)
        stripped.setHalfWord(at: ELFFieldOffset.Header.sectionHeaderCount, 0)
        stripped.setHalfWord(at: ELFFieldOffset.Header.sectionNamesIndex, 0)
        return stripped
    } catch {
        throw Diagnostic("\(error)")
    }
}
