import ELF

/// The sections of a file that line tables and call frames are read from; empty where the file has none.
struct DWARFSections {
    let line, lineStrings, strings, info, abbreviations, frames, exceptionFrames: UnsafeRawBufferPointer
    /// Where `.eh_frame` is in memory: what it holds is relative to that.
    let exceptionFramesAddress: UInt32

    init(_ file: ELFFile) throws(DWARFError) {
        let sections: ELFSections
        do throws(ELFError) {
            sections = try file.sections()
        } catch {
            throw DWARFError(error.description)
        }
        func contents(_ name: StaticString) -> UnsafeRawBufferPointer {
            sections.first(named: name)?.contents ?? UnsafeRawBufferPointer(start: nil, count: 0)
        }
        line = contents(".debug_line")
        lineStrings = contents(".debug_line_str")
        strings = contents(".debug_str")
        info = contents(".debug_info")
        abbreviations = contents(".debug_abbrev")
        frames = contents(".debug_frame")
        exceptionFrames = contents(".eh_frame")
        exceptionFramesAddress = sections.first(named: ".eh_frame")?.address ?? 0
    }
}
