import ManagerLogic
import Testing

@Suite struct ProgramPagesTests {
    private func segment(
        _ address: UInt32, memory: UInt32, offset: UInt32, file: UInt32, writable: Bool = false
    ) -> ProgramPages.Segment {
        var segment = ProgramPages.Segment()
        segment.address = address
        segment.memorySize = memory
        segment.offset = offset
        segment.fileSize = file
        segment.isWritable = writable
        return segment
    }

    private func pages(_ segments: ProgramPages.Segment...) -> ProgramPages {
        var pages = ProgramPages()
        for segment in segments {
            let isAdded = pages.add(segment)
            #expect(isAdded)
        }
        return pages
    }

    @Test func `whole pages of the file are shared, as many as lie around in 64 KiB`() throws {
        let pages = pages(segment(0x0804_8000, memory: 0x2_3456, offset: 0x5000, file: 0x2_3456))
        let first = try #require(pages.contents(of: 0x0804_9000))
        #expect(!first.isWritable)
        #expect(first.contents == .shared(.init(address: 0x0804_8000, pages: 8, offset: 0x5000)))
        let second = try #require(pages.contents(of: 0x0805_3000))
        #expect(second.contents == .shared(.init(address: 0x0805_0000, pages: 16, offset: 0xD000)))
        // The last page: what is behind its end in the file nobody misses.
        let last = try #require(pages.contents(of: 0x0806_B000))
        #expect(last.contents == .shared(.init(address: 0x0806_0000, pages: 12, offset: 0x1_D000)))
        #expect(pages.contents(of: 0x0806_C000) == nil)
        #expect(pages.contents(of: 0x0804_7000) == nil)
        #expect(pages.size == 0x2_4000)
    }

    @Test func `what follows the file's part of a segment is zeros`() throws {
        // Two whole pages, one that ends inside, and two that the file has nothing of.
        let pages = pages(segment(0x0900_0000, memory: 0x4800, offset: 0x7000, file: 0x2100, writable: true))
        let whole = try #require(pages.contents(of: 0x0900_1000))
        #expect(whole.isWritable)
        #expect(whole.contents == .shared(.init(address: 0x0900_0000, pages: 2, offset: 0x7000)))
        let partly = try #require(pages.contents(of: 0x0900_2000))
        #expect(partly.contents == .copied(address: 0x0900_2000, offset: 0x9000, count: 0x100))
        #expect(try #require(pages.contents(of: 0x0900_3000)).contents == .zeros)
        #expect(try #require(pages.contents(of: 0x0900_4000)).contents == .zeros)
        #expect(pages.contents(of: 0x0900_5000) == nil)
    }

    @Test func `a file that does not lie as its memory does is copied`() throws {
        let pages = pages(segment(0x0804_8010, memory: 0x2000, offset: 0x5200, file: 0x1800))
        #expect(
            try #require(pages.contents(of: 0x0804_8000)).contents
                == .copied(address: 0x0804_8010, offset: 0x5200, count: 0xFF0))
        #expect(
            try #require(pages.contents(of: 0x0804_9000)).contents
                == .copied(address: 0x0804_9000, offset: 0x61F0, count: 0x810))
        #expect(try #require(pages.contents(of: 0x0804_A000)).contents == .zeros)
    }

    @Test func `a segment that begins in the middle of a page shares it, if the file has what lies before`() throws {
        let inside = pages(segment(0x0804_8040, memory: 0x100, offset: 0x5040, file: 0x100))
        #expect(
            try #require(inside.contents(of: 0x0804_8000)).contents
                == .shared(.init(address: 0x0804_8000, pages: 1, offset: 0x5000)))
        let before = pages(segment(0x0804_9040, memory: 0x100, offset: 0x40, file: 0x100))
        #expect(
            try #require(before.contents(of: 0x0804_9000)).contents
                == .shared(.init(address: 0x0804_9000, pages: 1, offset: 0)))
    }

    @Test func `segments that share a page, are too many or wrong are refused`() {
        var pages = pages(segment(0x0804_8000, memory: 0x1001, offset: 0, file: 0))
        func add(_ segment: ProgramPages.Segment) -> Bool { pages.add(segment) }
        #expect(!add(segment(0x0804_9800, memory: 0x10, offset: 0, file: 0)), "in the page of the one before")
        #expect(!add(segment(0x0804_A000, memory: 0, offset: 0, file: 0)), "nothing")
        #expect(!add(segment(0x0804_A000, memory: 1, offset: 0, file: 2)), "larger in the file")
        #expect(!add(segment(0xFFFF_F000, memory: 0x2000, offset: 0, file: 0)), "over the end")
        for index in 1..<UInt32(ProgramPages.mostSegments) {
            #expect(add(segment(0x0900_0000 + index << 16, memory: 1, offset: 0, file: 0)))
        }
        #expect(!add(segment(0x0A00_0000, memory: 1, offset: 0, file: 0)), "too many")
        pages.removeAll()
        #expect(pages.contents(of: 0x0804_8000) == nil)
        #expect(pages.size == 0)
    }
}
