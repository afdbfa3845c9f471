import KernelABI
import KernelLogic
import Testing

@Suite struct MapProgressTests {
    @Test func `what is put in comes out`() {
        for phase in [MapProgress.checking, MapProgress.mapping, MapProgress.undoing] {
            for page in [0, 1, 255, 4095, 4096, 0xFFFF] as [UInt32] {
                for number in 1...17 as ClosedRange<Int32> {
                    guard let error = KernelError(rawValue: -number) else { continue }
                    let progress = MapProgress(rawValue: MapProgress(phase, page, error).rawValue)
                    #expect(progress.phase == phase && progress.page == page && progress.error == error)
                }
            }
        }
    }

    /// The register is the caller's: whatever it holds is some progress, and its error is one.
    @Test func `what is made up is harmless`() {
        #expect(MapProgress(rawValue: 0).phase == MapProgress.checking)
        #expect(MapProgress(rawValue: 0).page == 0)
        for value in [0xFFFF_FFFF, 0x8000_0000, 0x80FF_0001, 0xC012_0000, 0x3F00_0000] as [UInt32] {
            let progress = MapProgress(rawValue: value)
            #expect(progress.phase <= 3 && progress.page <= 0xFFFF && progress.error.rawValue < 0)
        }
        #expect(MapProgress(rawValue: 0x8063_0000).error == .badArgument)
    }
}
