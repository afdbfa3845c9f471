import KernelLogic
import Testing

@Suite struct BIOSMemoryMapTests {
    private func ram(_ entries: [BIOSMapEntry]) -> [FrameRange] {
        withFrameRangeSet { set in
            BIOSMemoryMap.sanitise(entries, count: entries.count, into: &set)
            return set.ranges
        }
    }

    private func entry(_ base: UInt64, _ length: UInt64, _ type: UInt32 = 1) -> BIOSMapEntry {
        BIOSMapEntry(base: base, length: length, type: type)
    }

    @Test func readsAnOrdinaryMap() {
        let map = ram([
            entry(0, 0x9_FC00), entry(0x9_FC00, 0x400, 2), entry(0xF_0000, 0x1_0000, 2),
            entry(0x10_0000, 0xEE_0000), entry(0xFE_0000, 0x2_0000, 2),
        ])
        #expect(map == [FrameRange(0, 0x9F), FrameRange(0x100, 0xFE0)])
    }

    @Test func doesNotCareAboutOrder() {
        let entries = [entry(0x10_0000, 0x100_0000), entry(0x9_F000, 0x1000, 2), entry(0, 0xA_0000)]
        #expect(ram(entries) == ram(entries.reversed()))
        #expect(ram(entries) == [FrameRange(0, 0x9F), FrameRange(0x100, 0x1100)])
    }

    @Test func reservedWinsOverRAM() {
        let map = ram([entry(0x20_0000, 0x10_0000, 2), entry(0x10_0000, 0x100_0000)])
        #expect(map == [FrameRange(0x100, 0x200), FrameRange(0x300, 0x1100)])
    }

    @Test func unknownTypesAreNotRAM() {
        let map = ram([entry(0x10_0000, 0x10_0000), entry(0x18_0000, 0x1000, 0xF000_0001)])
        #expect(map == [FrameRange(0x100, 0x180), FrameRange(0x181, 0x200)])
    }

    @Test func pagesThatAreRAMInPartAreNotUsed() {
        #expect(ram([entry(0x10_0001, 0x3000)]) == [FrameRange(0x101, 0x103)])
        #expect(ram([entry(0x10_0800, 0x400)]) == [])
        // A reserved byte takes its whole page.
        #expect(
            ram([entry(0x10_0000, 0x3000), entry(0x10_1FFF, 1, 2)]) == [
                FrameRange(0x100, 0x101), FrameRange(0x102, 0x103),
            ])
    }

    @Test func entriesWithoutLengthMeanNothing() {
        #expect(
            ram([entry(0x10_0000, 0x1000), entry(0x10_0000, 0, 2), entry(0x50_0000, 0)]) == [FrameRange(0x100, 0x101)])
    }

    @Test func entriesBeyondTheAddressSpaceAreCutOff() {
        #expect(ram([entry(0x10_0000, UInt64.max)]) == [FrameRange(0x100, 1 << 52)])
        #expect(ram([entry(0x10_0000, 0x1000), entry(0xFFFF_FFFF_FFFF_F000, 0x2000, 2)]) == [FrameRange(0x100, 0x101)])
        #expect(ram([entry(0x10_0000, 0x2000), entry(0x10_1000, UInt64.max, 2)]) == [FrameRange(0x100, 0x101)])
    }

    @Test func overlappingRAMCountsOnce() {
        let map = ram([entry(0x10_0000, 0x20_0000), entry(0x20_0000, 0x20_0000), entry(0x10_0000, 0x20_0000)])
        #expect(map == [FrameRange(0x100, 0x400)])
    }

    @Test func noEntriesAreNoRAM() {
        #expect(ram([]) == [])
    }
}
