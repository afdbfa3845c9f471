import KernelLogic
import Testing

@Suite struct RegionLayoutTests {
    private func makeLayout(image: UInt32, limit: UInt32 = 0x40_0000) -> RegionLayout? {
        RegionLayout(
            imageSize: image, biosMapSize: 4096, kernelMapSize: 4096, heapSize: 8192, stackSize: 16384, limit: limit)
    }

    @Test func followsTheSeed() throws {
        var layout = try #require(makeLayout(image: 0x2_A001))
        #expect(layout.kernelTop == 0x12_B000)
        #expect(layout.biosMap == 0x12_B000)
        #expect(layout.kernelMap == 0x12_C000)
        #expect(layout.bootHeap == 0x12_D000)
        #expect(layout.bootStack == 0x12_F000)
        #expect(layout.initialPages == 0x13_3000)
        #expect(layout.regionTop == 0x13_3000)
        #expect(layout.allocatePages(3, limit: 0x40_0000) == 0x13_3000)
        #expect(layout.allocatePages(1, limit: 0x40_0000) == 0x13_6000)
        #expect(layout.regionTop == 0x13_7000)
    }

    @Test func refusesWhatDoesNotFit() {
        #expect(makeLayout(image: 0x30_0000) == nil)
        #expect(makeLayout(image: 0x30_0000 - 0x8000) != nil)
        #expect(makeLayout(image: 0x30_0000 - 0x7FFF) == nil)
        for image in [0xFFFF_FFFF, 0xFFF0_0000, 0xFFEF_F000, 0xFFFF_F000] as [UInt32] {
            #expect(makeLayout(image: image) == nil)
            #expect(makeLayout(image: image, limit: 0xFFFF_FFFF) == nil)
        }
        #expect(makeLayout(image: 0, limit: 0) == nil)
    }

    @Test func pagesStayBelowTheLimit() throws {
        var layout = try #require(makeLayout(image: 0x1000, limit: 0x10_9000))
        #expect(layout.regionTop == 0x10_9000)
        #expect(layout.allocatePages(1, limit: 0x10_9FFF) == nil)
        #expect(layout.allocatePages(UInt32.max, limit: 0xFFFF_F000) == nil)
        #expect(layout.allocatePages(1, limit: 0x10_A000) == 0x10_9000)
        #expect(layout.allocatePages(1, limit: 0x10_9000) == nil)
    }
}
