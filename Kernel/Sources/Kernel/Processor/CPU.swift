import KernelAssembly

/// What processor this is, as far as the kernel cares.
enum CPU {
    /// Pages can be global (CR4.PGE): they stay in the TLB when CR3 changes.
    private(set) nonisolated(unsafe) static var hasGlobalPages = false
    /// CPUID could be asked for features.
    private(set) nonisolated(unsafe) static var knowsFeatures = false
    /// There is an x87; `fxsave`; SSE.
    private(set) nonisolated(unsafe) static var hasFloatingPoint = false
    private(set) nonisolated(unsafe) static var hasExtendedState = false
    private(set) nonisolated(unsafe) static var hasSSE = false
    private(set) nonisolated(unsafe) static var hasTimestamp = false
    /// `sysenter` and `sysexit` are there.
    private(set) nonisolated(unsafe) static var hasFastSystemCalls = false

    private static var alignmentCheckFlag: UInt32 { 1 << 18 }
    private static var identificationFlag: UInt32 { 1 << 21 }

    /// Finds out and logs it. Halts on a 386, which has neither `invlpg` nor write protection in ring 0.
    static func detect() {
        guard changeable_flags(alignmentCheckFlag) != 0 else {
            Power.stop("this processor is a 386; Martlet needs a 486 or later")
        }
        guard changeable_flags(identificationFlag) != 0 else {
            Log.line("cpu: 486 without CPUID").end()
            return
        }
        let vendor = cpuid(0)
        let log = Log.line("cpu: ")
        name(log, vendor.ebx)
        name(log, vendor.edx)
        name(log, vendor.ecx)
        guard vendor.eax >= 1 else {
            log.end()
            return
        }
        let version = cpuid(1)
        var family = version.eax >> 8 & 15
        var model = version.eax >> 4 & 15
        if family == 15 { family += version.eax >> 20 & 0xFF }
        if version.eax >> 8 & 15 == 6 || version.eax >> 8 & 15 == 15 { model |= version.eax >> 12 & 0xF0 }
        log.text(" family ").decimal(family).text(" model ").decimal(model)
        log.text(" stepping ").decimal(version.eax & 15)
        knowsFeatures = true
        hasGlobalPages = version.edx & (1 << 13) != 0
        hasFloatingPoint = version.edx & 1 != 0
        hasTimestamp = version.edx & (1 << 4) != 0
        hasExtendedState = version.edx & (1 << 24) != 0
        hasSSE = version.edx & (1 << 25) != 0
        // A Pentium Pro says that it has them and does not (Intel SDM volume 2, SYSENTER).
        let isPentiumPro = family == 6 && version.eax & 0xFF < 0x33
        hasFastSystemCalls = version.edx & (1 << 11) != 0 && !isPentiumPro
        if hasFloatingPoint { log.text(" fpu") }
        if hasTimestamp { log.text(" tsc") }
        if version.edx & (1 << 11) != 0 { log.text(" sep") }
        if hasGlobalPages { log.text(" pge") }
        if hasExtendedState { log.text(" fxsr") }
        if hasSSE { log.text(" sse") }
        log.end()
    }

    /// Opens the door for `sysenter`, where there is one.
    @inline(never)
    static func initialiseFastSystemCalls() {
        guard hasFastSystemCalls else { return }
        write_msr(0x174, Selector.kernelCode)
        write_msr(0x175, address_of_sysenter_stack_top())
        write_msr(0x176, address_of_sysenter_entry())
    }

    /// Four characters of the vendor's name; what is not printable becomes a dot.
    private static func name(_ log: Log, _ register: UInt32) {
        for index: UInt32 in 0..<4 {
            let byte = UInt8(truncatingIfNeeded: register >> (index * 8))
            log.put(byte >= 0x20 && byte < 0x7F ? byte : 0x2E)
        }
    }
}
