import Testing

@testable import Processor

@Suite("Paging and TLB")
struct SystemPagingTests {
    private let ds = SegmentIndex.ds.rawValue

    @Test("Reads set A, writes set A and D, on both levels as the manual says")
    func accessedAndDirty() throws {
        let machine = try SystemFixture()
        machine.enablePaging()
        _ = try machine.core.read8(ds, 0x20000)
        #expect(machine.page(0x20000) & 0x60 == 0x20)
        #expect(machine.peek32(0x10000) & 0x60 == 0x20)
        try machine.core.write8(ds, 0x20000, 1)
        #expect(machine.page(0x20000) & 0x60 == 0x60)
        try machine.core.write8(ds, 0x21000, 1)
        #expect(machine.page(0x21000) & 0x60 == 0x60)
    }

    @Test(
        "Error codes and CR2",
        arguments: [
            // entry, user, write, error code
            (6 as UInt32, false, false, 0 as UInt16), (6, false, true, 2), (6, true, false, 4), (6, true, true, 6),
            (5, true, true, 7), (3, true, false, 5), (1, true, true, 7),
        ])
    func errorCodes(entry: UInt32, user: Bool, write: Bool, code: UInt16) throws {
        let machine = try SystemFixture()
        machine.enablePaging()
        if user { machine.enterUserMode() }
        machine.setPage(0x20000, 0x20000 | entry)
        let fault = machine.fault { () throws(Fault) in
            if write {
                try machine.core.write16(ds, 0x20FFE, 1)
            } else {
                _ = try machine.core.read16(ds, 0x20FFE)
            }
        }
        #expect(fault == Fault(Vector.pageFault, errorCode: code))
        #expect(machine.state.pointee.cr2 == 0x20FFE)
        #expect(machine.page(0x20000) & 0x60 == 0)
    }

    @Test("CR0.WP protects read-only pages from the supervisor, also after the page is cached")
    func writeProtect() throws {
        let machine = try SystemFixture()
        machine.enablePaging()
        machine.setPage(0x20000, 0x20000 | 5)
        try machine.core.write8(ds, 0x20000, 1)
        try machine.core.movToControl(0, machine.state.pointee.cr0 | ControlRegister.writeProtect)
        let fault = machine.fault { () throws(Fault) in try machine.core.write8(ds, 0x20000, 2) }
        #expect(fault == Fault(Vector.pageFault, errorCode: 3))
        #expect(machine.peek8(0x20000) == 1)
        #expect(try machine.core.read8(ds, 0x20000) == 1)
    }

    @Test("A stale translation lives until it is invalidated")
    func stale() throws {
        let machine = try SystemFixture()
        machine.enablePaging()
        machine.poke8(0x30000, 3)
        #expect(try machine.core.read8(ds, 0x20000) == 0)
        machine.setPage(0x20000, 0x30000 | 7)
        #expect(try machine.core.read8(ds, 0x20000) == 0)
        try machine.core.invalidatePage(ds, 0x20800)
        #expect(try machine.core.read8(ds, 0x20000) == 3)
        machine.setPage(0x20000, 0)
        #expect(try machine.core.read8(ds, 0x20000) == 3)
        try machine.core.movToControl(3, 0x10000)
        #expect(machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, 0x20000) } != nil)
    }

    @Test("Global pages survive a load of CR3, not a change of CR4.PGE, and invlpg drops them")
    func globalPages() throws {
        let machine = try SystemFixture()
        machine.enablePaging()
        try machine.core.movToControl(4, ControlRegister.pageGlobalEnable)
        machine.setPage(0x20000, 0x20000 | 0x107)
        machine.setPage(0x21000, 0x21000 | 0x107)
        _ = try machine.core.read8(ds, 0x20000)
        _ = try machine.core.read8(ds, 0x21000)
        machine.setPage(0x20000, 0)
        machine.setPage(0x21000, 0)
        try machine.core.movToControl(3, 0x10000)
        #expect(try machine.core.read8(ds, 0x20000) == 0)
        try machine.core.invalidatePage(ds, 0x20000)
        #expect(machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, 0x20000) } != nil)
        _ = try machine.core.read8(ds, 0x21000)
        try machine.core.movToControl(4, 0)
        #expect(machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, 0x21000) } != nil)
    }

    @Test("4 MiB pages, and invlpg of any address in one")
    func largePages() throws {
        let machine = try SystemFixture()
        machine.enablePaging()
        try machine.core.movToControl(4, ControlRegister.pageSizeExtensions)
        machine.poke32(0x10004, 0x0000_0087)
        machine.poke8(0x32345, 9)
        #expect(try machine.core.read8(ds, 0x43_2345) == 9)
        #expect(machine.peek32(0x10004) & 0x60 == 0x20)
        try machine.core.write8(ds, 0x43_2345, 8)
        #expect(machine.peek32(0x10004) & 0x60 == 0x60)
        machine.poke32(0x10004, 0)
        #expect(try machine.core.read8(ds, 0x43_2345) == 8)
        try machine.core.invalidatePage(ds, 0x7F_F000)
        #expect(machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, 0x43_2345) } != nil)
    }

    @Test("An operand that crosses into a bad page faults there, and nothing is written")
    func crossing() throws {
        let machine = try SystemFixture()
        machine.enablePaging()
        machine.setPage(0x21000, 0)
        let store = machine.fault { () throws(Fault) in try machine.core.write32(ds, 0x20FFE, 0xFFFF_FFFF) }
        #expect(store == Fault(Vector.pageFault, errorCode: 2))
        #expect(machine.state.pointee.cr2 == 0x21000)
        #expect(machine.peek16(0x20FFE) == 0)
        machine.setPage(0x21000, 0x40000 | 7)
        try machine.core.write32(ds, 0x20FFE, 0x4433_2211)
        #expect(machine.peek16(0x20FFE) == 0x2211)
        #expect(machine.peek16(0x40000) == 0x4433)
        #expect(try machine.core.read32(ds, 0x20FFE) == 0x4433_2211)
        try machine.core.modify32(ds, 0x20FFE) { $0 &+ 1 }
        #expect(try machine.core.read32(ds, 0x20FFE) == 0x4433_2212)
        machine.poke32(0x10004, 0x11000 | 7)
        try machine.core.write16(ds, 0x3FFFFF, 0xABCD)
        #expect(machine.peek8(0) == 0xAB)
    }

    @Test("A read-modify-write of a page that cannot be written does nothing")
    func modifyChecksFirst() throws {
        let machine = try SystemFixture()
        machine.enablePaging()
        machine.enterUserMode()
        machine.setPage(0x20000, 0x20000 | 5)
        var ran = false
        let fault = machine.fault { () throws(Fault) in
            try machine.core.modify32(ds, 0x20000) {
                ran = true
                return $0
            }
        }
        #expect(fault == Fault(Vector.pageFault, errorCode: 7))
        #expect(!ran)
    }

    @Test("User and supervisor do not share rights")
    func privilege() throws {
        let machine = try SystemFixture()
        machine.enablePaging(rights: 3)
        _ = try machine.core.read8(ds, 0x20000)
        machine.enterUserMode()
        let fault = machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, 0x20000) }
        #expect(fault == Fault(Vector.pageFault, errorCode: 5))
        // Descriptor tables are read with the supervisor's rights.
        try machine.core.loadSegment(ds, selector: SystemFixture.data3)
    }

    @Test("Fetches have translations of their own")
    func fetches() throws {
        let machine = try SystemFixture()
        machine.enablePaging()
        _ = try machine.core.read8(ds, 0x20000)
        machine.setPage(0x20000, 0x30000 | 7)
        #expect(try machine.core.translateForFetch(0x20123) == 0x30123)
        #expect(try machine.core.translateForFetch(0x20456) == 0x30456)
        machine.setPage(0x22000, 0)
        let fault = machine.fault { () throws(Fault) in _ = try machine.core.translateForFetch(0x22001) }
        #expect(fault == Fault(Vector.pageFault, errorCode: 0))
        #expect(machine.state.pointee.cr2 == 0x22001)
    }

    @Test("A snapshot holds the TLB: a stale entry is as stale after restoring")
    func snapshot() throws {
        let machine = try SystemFixture()
        machine.enablePaging()
        machine.poke8(0x30000, 3)
        _ = try machine.core.read8(ds, 0x20000)
        let ram = machine.memory.snapshot()
        let snapshot = machine.processor.snapshot()
        machine.setPage(0x20000, 0x30000 | 7)
        try machine.core.invalidatePage(ds, 0x20000)
        #expect(try machine.core.read8(ds, 0x20000) == 3)
        #expect(machine.memory.restore(ram))
        machine.processor.restore(snapshot)
        machine.setPage(0x20000, 0x30000 | 7)
        #expect(try machine.core.read8(ds, 0x20000) == 0)
        #expect(machine.processor.snapshot().translations == snapshot.translations)
    }

    @Test("Pages with code are watched until the code is gone")
    func codePages() throws {
        let machine = try SystemFixture()
        try machine.core.write8(ds, 0x20000, 1)
        machine.memory.markCode(page: 0x20)
        #expect(machine.memory.pages[0x20] & PageGate.code != 0)
        try machine.core.write8(ds, 0x20000, 2)
        #expect(machine.peek8(0x20000) == 2)
    }
}
