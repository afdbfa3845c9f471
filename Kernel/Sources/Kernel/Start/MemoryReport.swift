import KernelABI
import KernelLogic

// What start-up says about memory. These lines describe the machine, so they begin with a tag (docs/kernel.md, "The
// log").

extension KernelStart {
    static func printEntry(_ entry: BIOSMapEntry) {
        let log = Log.line("bios-map: ").hexadecimal(entry.base, digits: 16).text(" + ")
        log.hexadecimal(entry.length, digits: 16).text(" ")
        switch entry.type {
        case 1: log.text("RAM")
        case 2: log.text("reserved")
        case 3: log.text("ACPI data")
        case 4: log.text("ACPI NVS")
        case 5: log.text("defective")
        default: log.text("type ").decimal(entry.type)
        }
        log.end()
    }

    /// How much RAM there is, and which of it is free.
    static func printMaps(_ available: FrameRangeSet) {
        Log.line("kernel-map: ").address(RegionLayout.kernelStart).text("-").address(layout.kernelTop - 1).text(
            " image"
        ).end()
        Log.line("kernel-map: ").address(layout.kernelTop).text("-").address(layout.regionTop - 1).text(" kernel").end()
        for index in 0..<available.count {
            let first = UInt32(truncatingIfNeeded: available[index].first << 12)
            let last = UInt32(truncatingIfNeeded: available[index].end << 12 - 1)
            Log.line("kernel-map: ").address(first).text("-").address(last).text(" free").end()
        }
        Log.line("memory: ").decimal(ramKilobytes).text(" KiB of RAM, ").decimal(Frames.free * 4).text(" KiB free")
            .end()
        let above = kilobytesAboveLimit
        if above > 0 {
            Log.line("memory: ").decimal(above >> 10).text(" MiB of RAM above 4 GB, not used").end()
        }
    }

    /// The memory layout in the words of docs/memory-map.md.
    static func printLayout<Sink: TextSink>(to sink: Sink) {
        func bound(_ address: UInt32, _ name: StaticString) {
            sink.text("layout: ").address(address).text("             ").text(name).end()
        }
        func part(_ first: UInt32, _ end: UInt32, _ name: StaticString) {
            sink.text("layout: ").address(first).text("-").address(end &- 1).text("  ").text(name).end()
        }
        let payload = payloadStart
        part(0, pageSize, "never mapped")
        part(pageSize, RegionLayout.kernelStart, "available for global mappings")
        bound(RegionLayout.kernelStart, "kernel_start")
        part(RegionLayout.kernelStart, payload, "microkernel and process manager")
        part(payload, layout.kernelTop, "payload")
        bound(layout.kernelTop, "kernel_top")
        part(layout.biosMap, layout.kernelMap, "bios memory map")
        part(layout.kernelMap, layout.bootHeap, "kernel memory map")
        part(layout.bootHeap, layout.bootStack, "kernel boot heap")
        part(layout.bootStack, layout.initialPages, "kernel stack (boot)")
        part(layout.initialPages, layout.regionTop, "initial page allocations")
        bound(layout.regionTop, "kernel_region_top")
        part(layout.regionTop, klimit, "available for global mappings")
        bound(klimit, "KLIMIT")
        part(klimit, 0, "user memory space")
    }
}
