import ManagerLogic
import ServiceProtocols
import Testing

@Suite struct ProcessTableTests {
    /// A table with processes that started one another: 100 -> 101 -> 102, and 103 on its own.
    private func family() -> (ProcessTable, [Int]) {
        let table = ProcessTable()
        var indices: [Int] = []
        for number in 0..<4 {
            let index = table.freeIndex(above: 0)!
            table[index].state = .running
            table[index].number = 100 + UInt32(number)
            table[index].parent = number == 1 || number == 2 ? indices[number - 1] : nil
            indices.append(index)
        }
        return (table, indices)
    }

    @Test func `descent goes over generations`() {
        let (table, index) = family()
        #expect(table.descends(index[1], from: index[0]))
        #expect(table.descends(index[2], from: index[0]))
        #expect(!table.descends(index[0], from: index[2]))
        #expect(!table.descends(index[3], from: index[0]))
        #expect(!table.descends(index[0], from: index[0]))
    }

    @Test func `only a parent has a child, and only until it asked`() {
        let (table, index) = family()
        #expect(table.child(101, of: index[0]) == index[1])
        #expect(table.child(102, of: index[0]) == nil)
        #expect(table.child(999, of: index[0]) == nil)
        #expect(table.hasChildren(index[0]))
        #expect(table.endedChild(of: index[0]) == nil)
        table[index[1]].state = .ended
        #expect(table.endedChild(of: index[0]) == index[1])
        table.free(index[1])
        #expect(!table.hasChildren(index[0]))
        #expect(table.child(101, of: index[0]) == nil)
    }

    @Test func `orphans live on, and those that nobody can ask for are forgotten`() {
        let (table, index) = family()
        table[index[2]].state = .ended
        table.orphanChildren(of: index[0])
        #expect(table[index[1]].parent == nil)
        #expect(table[index[1]].state == .running)
        table.orphanChildren(of: index[1])
        #expect(table[index[2]].state == .free)
    }

    @Test func `a badge means one process, not its successor in the entry`() {
        let (table, index) = family()
        let badge = table.badge(index[3])
        #expect(badge != 0)
        #expect(table.index(badge: badge) == index[3])
        #expect(table.index(badge: badge | ProcessTable.faultBadge) == index[3])
        table.free(index[3])
        #expect(table.index(badge: badge) == nil)
        table[index[3]].state = .running
        #expect(table.index(badge: badge) == nil)
        #expect(table.index(badge: table.badge(index[3])) == index[3])
        #expect(table.index(badge: 0) == nil)
        #expect(table.index(badge: .max) == nil)
    }

    @Test func `programs leave entries to drivers`() {
        let table = ProcessTable()
        for expected in 7..<ProcessTable.capacity {
            #expect(table.freeIndex(above: 7) == expected)
            table[expected].state = .running
        }
        #expect(table.freeIndex(above: 7) == nil)
        #expect(table.freeIndex(above: 0) == 0)
    }

    @Test func `entries run out, and badges stay different`() {
        let table = ProcessTable()
        var badges: Set<UInt32> = []
        for _ in 0..<ProcessTable.capacity {
            let index = table.freeIndex(above: 0)!
            table[index].state = .created
            badges.insert(table.badge(index))
        }
        #expect(table.freeIndex(above: 0) == nil)
        #expect(badges.count == ProcessTable.capacity)
    }
}

@Suite struct ServiceTableTests {
    private func name(_ text: String) -> ShortName? {
        Array(text.utf8).withUnsafeBytes { ShortName(service: $0) }
    }

    @Test func `names are short words`() {
        for good in ["disk", "a", "echo-2", "com.example.Thing", String(repeating: "x", count: 24)] {
            #expect(name(good) != nil, "\(good)")
        }
        for bad in ["", "a b", "a/b", "ä", "a\0", String(repeating: "x", count: 25)] {
            #expect(name(bad) == nil, "\(bad)")
        }
        #expect(name("disk") == name("disk"))
        #expect(name("disk") != name("disks"))
        #expect(name("disk") != name("Disk"))
    }

    @Test func `a name has one owner`() throws {
        let table = ServiceTable()
        let echo = try #require(name("echo"))
        let index = try table.register(echo, owner: 3)
        #expect(table.index(echo) == index)
        #expect(throws: ManagerError.nameTaken) { try table.register(echo, owner: 4) }
        table.remove(index)
        #expect(table.index(echo) == nil)
        #expect(try table.register(echo, owner: 4) == index)
    }

    @Test func `names run out`() throws {
        let table = ServiceTable()
        for number in 0..<ServiceTable.capacity { _ = try table.register(try #require(name("n\(number)")), owner: 0) }
        let another = try #require(name("another"))
        #expect(throws: ManagerError.tooManyNames) { try table.register(another, owner: 0) }
        #expect(table.used(0)?.name == name("n0"))
        #expect(table.used(31)?.name == name("n31"))
        #expect(table.used(32) == nil)
    }

    @Test func `a process is called like its program`() {
        func name(_ path: String) -> String {
            let name = Array(path.utf8).withUnsafeBytes { ShortName(path: $0) }
            return String(decoding: (0..<name.count).map { name[$0] }, as: UTF8.self)
        }
        #expect(name("bin/hello") == "hello")
        #expect(name("hello") == "hello")
        #expect(name("a/b/" + String(repeating: "y", count: 30)) == String(repeating: "y", count: 24))
        #expect(name("a/") == "")
    }
}

@Suite struct RestartPolicyTests {
    @Test func `the first death is an accident`() {
        var policy = RestartPolicy()
        policy.noteStart(at: 100)
        #expect(policy.noteDeath(at: 150) == .restart(after: 0))
    }

    @Test func `those who die again at once wait longer every time, and are given up`() {
        var policy = RestartPolicy()
        var now: UInt32 = 0xFFFF_F000
        var delays: [UInt32] = []
        while true {
            policy.noteStart(at: now)
            now &+= 1
            guard case .restart(let delay) = policy.noteDeath(at: now) else { break }
            delays.append(delay)
            now &+= delay
        }
        #expect(delays == [0, 200, 400, 800, 1600, 3200])
    }

    @Test func `what the machine cannot do without is never given up`() {
        var policy = RestartPolicy(givesUp: false)
        var delays: [UInt32] = []
        for now in 0..<10 as Range<UInt32> {
            policy.noteStart(at: now)
            guard case .restart(let delay) = policy.noteDeath(at: now) else { break }
            delays.append(delay)
        }
        #expect(delays == [0, 200, 400, 800, 1600, 3200, 3200, 3200, 3200, 3200])
    }

    @Test func `a driver that has lived for a while begins anew`() {
        var policy = RestartPolicy()
        for time: UInt32 in [0, 1000, 2000] {
            policy.noteStart(at: time)
            _ = policy.noteDeath(at: time + 1)
        }
        policy.noteStart(at: 3000)
        #expect(policy.noteDeath(at: 3000 + RestartPolicy.healthyAge) == .restart(after: 0))
    }
}

@Suite struct ReservedRangesTests {
    @Test func `ranges that touch are one`() {
        var ranges = ReservedRanges()
        func add(_ range: Range<UInt32>) -> Bool { ranges.add(range) }
        #expect(!ranges.contains(0))
        for start: UInt32 in [0x1000, 0x5000, 0x3000] { #expect(add(start..<start + 0x1000)) }
        #expect(ranges.size == 0x3000)
        #expect(ranges.contains(0x1FFF) && !ranges.contains(0x2000) && ranges.contains(0x3000))
        // The gaps: each joins its neighbours.
        #expect(add(0x4000..<0x5000))
        #expect(add(0x1800..<0x3001))
        #expect(ranges.size == 0x5000)
        for address: UInt32 in stride(from: 0x1000, to: 0x6000, by: 0x800) { #expect(ranges.contains(address)) }
        // They are one range now, so there is room for seven more.
        for number in 0..<7 as Range<UInt32> { #expect(add(0x10000 + number * 0x2000..<0x11000 + number * 0x2000)) }
        #expect(!add(0x80000..<0x81000))
        #expect(add(0x6000..<0x7000), "one that touches needs no room")
        #expect(!ranges.contains(0x80000))
    }

    @Test func `they hold what a set of pages would`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var ranges = ReservedRanges()
            var pages: Set<UInt32> = []
            for _ in 0..<20 {
                let start = UInt32.random(in: 0..<60, using: &generator)
                let end = start + UInt32.random(in: 1..<6, using: &generator)
                if ranges.add(start..<end) { pages.formUnion(start..<end) }
            }
            #expect((0..<70).allSatisfy { ranges.contains($0) == pages.contains($0) })
            #expect(Int(ranges.size) == pages.count)
        }
    }
}
