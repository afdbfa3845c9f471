import KernelLogic
import Testing

@Suite struct ObjectPoolTests {
    private func page() -> UnsafeMutableRawPointer { .allocate(byteCount: 4096, alignment: 4096) }

    @Test func carvesAPageIntoObjectsThatDoNotOverlap() {
        var pool = ObjectPool(size: 100)
        #expect(pool.allocate() == nil)
        let memory = page()
        defer { memory.deallocate() }
        pool.addPage(memory)
        var objects: [UnsafeMutableRawPointer] = []
        while let object = pool.allocate() { objects.append(object) }
        #expect(objects.count == pool.capacityOfPage)
        #expect(pool.count == objects.count)
        for object in objects {
            #expect(object > memory && object + 100 <= memory + 4096)
            #expect(UInt(bitPattern: object) % 16 == 0)
        }
        #expect(zip(objects.sorted(), objects.sorted().dropFirst()).allSatisfy { $1 - $0 >= 100 })
    }

    @Test func givesBackAPageOnlyWhenItIsEmpty() {
        var pool = ObjectPool(size: 1000)
        let memory = page()
        defer { memory.deallocate() }
        pool.addPage(memory)
        var objects: [UnsafeMutableRawPointer] = []
        while let object = pool.allocate() { objects.append(object) }
        for object in objects.dropLast() { #expect(pool.release(object) == nil) }
        // Still usable: what was released is handed out again.
        guard let again = pool.allocate() else {
            Issue.record("a released object is not available")
            return
        }
        #expect(pool.release(again) == nil)
        #expect(pool.release(objects[objects.count - 1]) == memory)
        #expect(pool.count == 0)
        #expect(pool.allocate() == nil)
    }

    @Test func usesSeveralPages() {
        var pool = ObjectPool(size: 2000)
        let pages = [page(), page(), page()]
        defer { for memory in pages { memory.deallocate() } }
        var objects: [UnsafeMutableRawPointer] = []
        for memory in pages {
            pool.addPage(memory)
            while let object = pool.allocate() { objects.append(object) }
        }
        #expect(objects.count == 3 * pool.capacityOfPage)
        var returned: Set<UnsafeMutableRawPointer> = []
        for object in objects.reversed() {
            if let memory = pool.release(object) { returned.insert(memory) }
        }
        #expect(returned == Set(pages))
    }
}
