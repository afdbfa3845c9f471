import KernelABI
import KernelAssembly
import KernelImage
import KernelLogic

/// The way from the first instruction to the first thread.
///
/// Memory follows docs/memory-map.md: the image; the BIOS's map; the kernel's own map; boot heap and boot stack; the
/// initial page allocations. Until paging is on and the boot stack is in use, nothing may be written above the image
/// that a loader might have left there: start.S has taken a copy of `boot_params`, and the command line is the first
/// thing that is copied.
enum KernelStart {
    private static var mapSize: UInt32 { 4096 }
    private static var heapSize: UInt32 { 8192 }
    private static var stackSize: UInt32 { 16384 }
    /// Frames that must be left for processes, at least.
    private static var minimumFrames: UInt32 { 128 }

    private(set) nonisolated(unsafe) static var layout: RegionLayout!
    /// RAM, as the BIOS's map says; in the page of the kernel's memory map.
    private nonisolated(unsafe) static var ram = FrameRangeSet(
        storage: UnsafeMutableBufferPointer(start: nil, count: 0))

    /// RAM below 4 GB in KiB.
    static var ramKilobytes: UInt32 {
        var frames: UInt64 = 0
        for index in 0..<ram.count where ram[index].first < 1 << 20 {
            frames += min(ram[index].end, 1 << 20) - ram[index].first
        }
        return UInt32(truncatingIfNeeded: frames << 2)
    }

    /// RAM above 4 GB in KiB.
    static var kilobytesAboveLimit: UInt32 {
        var frames: UInt64 = 0
        for index in 0..<ram.count where ram[index].end > 1 << 20 {
            frames &+= ram[index].end &- max(ram[index].first, 1 << 20)
        }
        return UInt32(truncatingIfNeeded: min(frames << 2, UInt64(UInt32.max)))
    }

    /// Where the image's payload begins; its end, if the payload is corrupt.
    static var payloadStart: UInt32 {
        guard let start = BootImage.payload.baseAddress else { return layout.kernelTop }
        return UInt32(UInt(bitPattern: start))
    }

    /// Whether one of `count` frames from `first` on is RAM.
    static func isRAM(_ first: UInt32, _ count: UInt32) -> Bool {
        for index in 0..<ram.count
        where ram[index].first < UInt64(first) + UInt64(count) && UInt64(first) < ram[index].end {
            return true
        }
        return false
    }

    /// Runs on the entry stack, with paging off.
    static func begin() -> Never {
        Log.line("Martlet 0.1, a microkernel in Swift").end()
        DescriptorTables.initialise()
        CPU.detect()
        enableNonMaskableInterrupts()
        printBootPath()
        BootImage.check()
        guard
            let layout = RegionLayout(
                imageSize: BootImage.size, biosMapSize: mapSize, kernelMapSize: mapSize, heapSize: heapSize,
                stackSize: stackSize, limit: KernelSpace.directLimit)
        else { Power.stop("the kernel image is too large") }
        self.layout = layout
        // Whatever the BIOS says: a stack must be memory.
        guard isMemory(layout.initialPages - 4) else { Power.stop("there is too little memory for the kernel image") }
        BootHeap.initialise(layout.bootHeap, end: layout.bootStack)
        if let memory = BootHeap.allocate(UInt32(CommandLine.capacity), alignment: 16) {
            CommandLine.initialise(source: BootParameters.commandLine, memory: memory)
        }
        CommandLine.parse()
        call_on_stack(UnsafeMutableRawPointer(bitPattern: UInt(layout.initialPages)), { KernelStart.complete() })
    }

    /// The setup code has switched them off for its change of mode: bit 7 of the CMOS address port. What raises one,
    /// such as a parity error of the memory, is to be reported.
    private static func enableNonMaskableInterrupts() {
        port_write8(0x70, 0x0D)
        _ = port_read8(0x71)  // the address must be followed by an access to the data
    }

    /// Says how the kernel came here.
    private static func printBootPath() {
        let log = Log.line("boot: loader 0x").hexadecimal(UInt64(BootParameters.loader), digits: 2).text(", ")
        guard let record = BootParameters.record else {
            log.text("32-bit protocol").end()
            return
        }
        log.text(record.path.description)
        if record.path == .bootSector {
            log.text(", drive 0x").hexadecimal(UInt64(record.drive), digits: 2)
            log.text(" by ").text(record.diskAccess.description)
        }
        log.text(", map by ").text(record.mapSource.description)
        log.text(", A20 ").text(record.a20Method.description).end()
    }

    /// Runs on the boot stack.
    private static func complete() -> Never {
        readMemoryMap()
        let available = initialiseMemory()
        printMaps(available)
        if CommandLine.printsLayout { printLayout(to: Log()) }
        CPU.initialiseFastSystemCalls()
        FloatingPoint.initialise()
        InterruptController8259.initialise()
        InterruptLines.initialise()
        Clock.initialise()
        do {
            let kernel = try Processes.createKernel()
            Scheduler.initialise(idle: try Threads.createIdle(kernel))
            try ManagerLoader.load()
        } catch {
            Power.stop("there is too little memory for the process manager")
        }
        BootHeap.seal()
        IntervalTimer8254.initialise()
        ProcessorTime.begin()
        FailureTest.run()
        // The boot stack ends here: from now on every thread has its own.
        resume_frame(Scheduler.resume())
    }

    /// Whether there is memory at a physical address, which nothing uses yet. Paging is off.
    private static func isMemory(_ address: UInt32) -> Bool {
        let before = memory_read32(address)
        memory_write32(address, ~before)
        let isKept = memory_read32(address) == ~before
        memory_write32(address, before)
        return isKept
    }

    /// Copies the BIOS's map to its place, and makes the set of RAM frames of it.
    private static func readMemoryMap() {
        // Valid: a page each, below the boot stack, that nothing else uses.
        let entries = UnsafeMutablePointer<BIOSMapEntry>(bitPattern: UInt(layout.biosMap))!
        let ranges = UnsafeMutablePointer<FrameRange>(bitPattern: UInt(layout.kernelMap))!
        let count = BootParameters.mapCount
        for index in 0..<count { (entries + index).initialize(to: BootParameters.mapEntry(index)) }
        ranges.initialize(repeating: FrameRange(0, 0), count: rangesPerSet * 2)
        ram = FrameRangeSet(storage: UnsafeMutableBufferPointer(start: ranges, count: rangesPerSet))
        BIOSMemoryMap.sanitise(entries, count: count, into: &ram)
        for index in 0..<count { printEntry(entries[index]) }

        guard ram.range(containing: UInt64(RegionLayout.kernelStart >> 12)) == nil else { return }
        // No map, or one that knows no RAM where the kernel runs: the older calls' answer instead.
        let kilobytes = BootParameters.extendedKilobytes
        guard kilobytes != 0 else { Power.stop("neither BIOS nor boot loader says how much memory there is") }
        Log.line("bios-map: none; ").decimal(kilobytes).text(" KiB above 1 MB by the older BIOS calls").end()
        ram.insert(FrameRange(0, 0x9F))
        ram.insert(FrameRange(0x100, 0x100 + UInt64(kilobytes >> 2)))
    }

    /// Ranges in each of the two sets that share the page of the kernel's memory map.
    private static var rangesPerSet: Int { Int(mapSize) / MemoryLayout<FrameRange>.stride / 2 }

    /// Switches paging on and gives the frames that are free to the allocator; returns their set.
    private static func initialiseMemory() -> FrameRangeSet {
        guard let region = ram.range(containing: UInt64(RegionLayout.kernelStart >> 12)) else {
            Power.stop("the kernel does not lie in RAM")
        }
        let limit = UInt32(truncatingIfNeeded: min(region.end << 12, UInt64(KernelSpace.directLimit)))
        var directEnd: UInt32 = 0
        var userEnd: UInt64 = UInt64(KernelSpace.directLimit >> 12)
        for index in 0..<ram.count {
            let end = ram[index].end
            if ram[index].first < UInt64(KernelSpace.directLimit >> 12) {
                directEnd = UInt32(truncatingIfNeeded: min(end << 12, UInt64(KernelSpace.directLimit)))
            }
            if end > userEnd { userEnd = min(end, 1 << 20) }
        }
        let userFirst = KernelSpace.directLimit >> 12
        let userCount = UInt32(truncatingIfNeeded: userEnd) - userFirst
        let kernelCount = directEnd >> 12
        let tablePages = KernelSpace.pageCount(ramEnd: directEnd)
        let kernelBitmapPages = (FrameBitmap.size(count: kernelCount) + 4095) >> 12
        let userBitmapPages = (FrameBitmap.size(count: userCount) + 4095) >> 12
        guard layout.regionTop <= limit,
            let tables = layout.allocatePages(tablePages, limit: limit),
            let kernelBitmap = layout.allocatePages(kernelBitmapPages, limit: limit),
            let userBitmap = layout.allocatePages(userBitmapPages, limit: limit),
            layout.regionTop >> 12 + minimumFrames <= limit >> 12
        else {
            Log.line("memory: ").decimal(ramKilobytes).text(" KiB of RAM").end()
            Power.stop("there is too little memory: Martlet needs 4 MB")
        }
        KernelSpace.initialise(pages: tables, ramEnd: directEnd)
        // Valid: pages just allocated, mapped one to one.
        Frames.kernelZone = FrameBitmap(
            first: 0, count: kernelCount, memory: UnsafeMutablePointer(bitPattern: UInt(kernelBitmap))!)
        Frames.userZone = FrameBitmap(
            first: userFirst, count: userCount, memory: UnsafeMutablePointer(bitPattern: UInt(userBitmap))!)

        // Valid: the second half of the kernel map's page.
        let storage = UnsafeMutablePointer<FrameRange>(bitPattern: UInt(layout.kernelMap))! + rangesPerSet
        var available = FrameRangeSet(storage: UnsafeMutableBufferPointer(start: storage, count: rangesPerSet))
        for index in 0..<ram.count { available.insert(ram[index]) }
        // Below 64 KB BIOSes scribble, and above the base memory is the PC's hole, whatever the map says.
        available.remove(FrameRange(0, 0x10))
        available.remove(FrameRange(0x9F, 0x100))
        available.remove(FrameRange(UInt64(RegionLayout.kernelStart >> 12), UInt64(layout.regionTop >> 12)))
        available.remove(FrameRange(1 << 20, 1 << 52))
        Frames.initialise(available)
        return available
    }
}
