@testable import Processor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Our processor in the place of a user program of Linux: privilege level 3 with paging, the same pages at the same
/// addresses, the same selectors, and for every exception a gate to a `hlt` at level 0.
final class EmulatedUser {
    private let memory: PhysicalMemory
    private let processor: Processor
    private let bus = RecordingBus()
    private var template = ProcessorState()
    /// Copies of the data pages' contents and of the code around a case's, and code pages without a case: breakpoints,
    /// and the jump at ``NativeProcessor/finish``. Valid until `deinit`.
    private let data: UnsafeMutableRawPointer
    private let codeBefore: UnsafeMutableRawPointer
    private let emptyCode: UnsafeMutableRawPointer
    private var core: Core { Core(processor.context) }

    /// Linear address of tables, handlers and the stack of level 0, where natively the runner is; at `systemPhysical`
    /// in physical memory.
    private static let system: UInt32 = 0x5A00_0000
    private static let systemPhysical: UInt32 = 0x1_0000
    private enum System {
        static let gdt: UInt32 = 0
        static let ldt: UInt32 = 0x1000
        static let idt: UInt32 = 0x2000
        static let tss: UInt32 = 0x3000
        static let handlers: UInt32 = 0x4000
        static let stackTop: UInt32 = 0x7000
        static let size: UInt32 = 0x8000
    }
    private static let codeSize = Int(NativeProcessor.codeEnd - NativeProcessor.code)
    private static let kernelCode: UInt16 = 0x08
    private static let kernelData: UInt16 = 0x18

    /// `processorNumber`: see ``NativeProcessor/processorNumber``.
    init(model: ProcessorModel = .standard, processorNumber: UInt32? = 0) throws {
        memory = try PhysicalMemory(ramSize: 4 << 20)
        processor = Processor(memory: memory, model: model)
        processor.bus = bus
        data = .allocate(byteCount: Int(NativeProcessor.dataSize), alignment: 16)
        codeBefore = .allocate(byteCount: 384, alignment: 16)
        emptyCode = .allocate(byteCount: Self.codeSize, alignment: 16)
        memset(data, 0, Int(NativeProcessor.dataSize))
        memset(emptyCode, 0xCC, Self.codeSize)
        let jump = Int(NativeProcessor.finish - NativeProcessor.code)
        emptyCode.storeBytes(of: 0xE9, toByteOffset: jump, as: UInt8.self)
        emptyCode.storeBytes(
            of: NativeProcessor.finishTarget - (NativeProcessor.finish + 5), toByteOffset: jump + 1, as: UInt32.self)
        setUpTables(processorNumber)
        setUpPages()
        let state = processor.state
        state.pointee.gdtBase = Self.system + System.gdt
        // As Linux has it: entries 0...15.
        state.pointee.gdtLimit = 0x7F
        state.pointee.idtBase = Self.system + System.idt
        state.pointee.idtLimit = 0x7FF
        state.pointee.cr3 = 0x2_0000
        try core.movToControl(
            0,
            ControlRegister.paging | ControlRegister.protection | ControlRegister.extensionType
                | ControlRegister.numericError | ControlRegister.writeProtect | ControlRegister.alignmentMask)
        enableSSE()
        try core.loadTaskRegister(0x60)
        try core.loadLocalDescriptorTable(0x50)
        core.setPrivilege(3)
        template = state.pointee
        fillCode()
    }

    deinit {
        data.deallocate()
        codeBefore.deallocate()
        emptyCode.deallocate()
    }

    private func fillCode() {
        for offset in stride(from: 0, to: Self.codeSize, by: 4096) {
            let address = NativeProcessor.code + UInt32(offset)
            guard memcmp(memory.host + Int(address), emptyCode + offset, 4096) != 0 else { continue }
            memory.write(UnsafeRawBufferPointer(start: emptyCode + offset, count: 4096), at: address)
        }
    }

    /// CR4.OSFXSR and OSXMMEXCPT where the model has them.
    private func enableSSE() {
        for bit in [UInt32(1) << 9, 1 << 10] { try? core.movToControl(4, processor.state.pointee.cr4 | bit) }
    }

    private func setUpTables(_ processorNumber: UInt32?) {
        func put(_ place: UInt32, _ descriptor: Descriptor) {
            poke(Self.systemPhysical + place, descriptor.low)
            poke(Self.systemPhysical + place + 4, descriptor.high)
        }
        func segment(access: UInt32, base: UInt32 = 0, limit: UInt32 = 0xFFFFF, flags: UInt32 = 0xC) -> Descriptor {
            Descriptor(
                low: limit & 0xFFFF | base << 16,
                high: base >> 16 & 0xFF | access << 8 | limit & 0xF0000 | flags << 20 | base & 0xFF00_0000)
        }
        put(System.gdt + 0x08, segment(access: 0x9B))
        put(System.gdt + 0x10, segment(access: 0x9B))
        put(System.gdt + 0x18, segment(access: 0x93))
        put(System.gdt + 0x20, segment(access: 0xFB))
        put(System.gdt + 0x28, segment(access: 0xF3))
        // 64-bit code of programs.
        put(System.gdt + 0x30, segment(access: 0xFB, flags: 0xA))
        // Read-only, expand-down, for all levels (`setup_getcpu` in Linux's `arch/x86/kernel/cpu/common.c`).
        if let processorNumber { put(System.gdt + 0x78, segment(access: 0xF5, limit: processorNumber, flags: 4)) }
        put(
            System.gdt + 0x50,
            segment(
                access: 0x82, base: Self.system + System.ldt, limit: UInt32(LocalDescriptor.all.count * 8 - 1),
                flags: 0))
        put(System.gdt + 0x60, segment(access: 0x89, base: Self.system + System.tss, limit: 0x67, flags: 0))
        for (index, descriptor) in LocalDescriptor.all.enumerated() {
            put(System.ldt + UInt32(index * 8), descriptor.descriptor)
        }
        for vector in 0..<256 as Range<UInt32> {
            let handler = Self.system + System.handlers + vector * 16
            // `int3` and `into` are for everybody.
            let access: UInt32 = vector == 3 || vector == 4 ? 0xEE : 0x8E
            put(
                System.idt + vector * 8,
                Descriptor(
                    low: UInt32(Self.kernelCode) << 16 | handler & 0xFFFF, high: handler & 0xFFFF_0000 | access << 8))
            memory.write([0xF4], at: Self.systemPhysical + System.handlers + vector * 16)
        }
        poke(Self.systemPhysical + System.tss + 4, Self.system + System.stackTop)
        poke(Self.systemPhysical + System.tss + 8, UInt32(Self.kernelData))
        poke(Self.systemPhysical + System.tss + 0x64, 0x68 << 16)
    }

    private func setUpPages() {
        poke(0x2_0000, 0x2_1000 | 7)
        poke(0x2_0000 + (Self.system >> 22) * 4, 0x2_2000 | 7)
        for page in stride(from: NativeProcessor.code, to: NativeProcessor.codeEnd, by: 4096) {
            poke(0x2_1000 + (page >> 12) * 4, page | 0x67)
        }
        for index in 0..<3 as Range<UInt32> {
            let page = NativeProcessor.data + index * 4096
            poke(0x2_1000 + (page >> 12) * 4, page | (index < 2 ? 0x67 : 0x25))
        }
        for offset in stride(from: 0, to: System.size, by: 4096) {
            poke(0x2_2000 + ((Self.system + offset) >> 12 & 0x3FF) * 4, (Self.systemPhysical + offset) | 0x63)
        }
    }

    private func poke(_ address: UInt32, _ value: UInt32) {
        withUnsafeBytes(of: value) { memory.write($0, at: address) }
    }

    private func peek(_ address: UInt32) -> UInt32 {
        // In RAM: every address that is asked for here is below 4 MiB.
        (memory.host + Int(address)).loadUnaligned(as: UInt32.self)
    }

    /// What the data pages hold before each case; see ``NativeProcessor/data``.
    func setData(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count == Int(NativeProcessor.dataSize) else { return }
        memcpy(data, base, bytes.count)
        memory.write(bytes, at: NativeProcessor.data)
        fillCode()
    }

    /// The segment register for a selector that a case may begin with.
    private func segmentRegister(_ selector: UInt32) -> SegmentRegister {
        let index = Int(selector >> 3)
        let table = Self.systemPhysical + (selector & 4 != 0 ? System.ldt : System.gdt)
        guard index != 0 || selector & 4 != 0 else { return SegmentRegister() }
        let low = peek(table + UInt32(index) * 8)
        return SegmentRegister(
            selector: UInt16(truncatingIfNeeded: selector),
            descriptor: Descriptor(low: low, high: peek(table + UInt32(index) * 8 + 4)))
    }

    func run(_ test: NativeCase) -> NativeResult {
        let state = processor.state
        var test = test
        withUnsafeBytes(of: &test.code) {
            memory.write(UnsafeRawBufferPointer(rebasing: $0[..<Int(test.codeLength)]), at: test.eip)
        }
        for index in 0..<Int(test.pokeCount) { poke(test.pokes[index * 2], test.pokes[index * 2 + 1]) }
        let window = min((test.eip &- 128) & ~3, NativeProcessor.codeEnd - 384)
        memcpy(codeBefore, memory.host + Int(window), 384)

        let steps = state.pointee.steps
        state.pointee = template
        state.pointee.steps = steps
        for index in 0..<8 { state.pointee.general[index] = test.general[index] }
        state.pointee.eflags = test.eflags
        state.pointee.eip = test.eip &- test.codeBase
        for index in 0..<6 { core.setSegment(UInt8(index), segmentRegister(test.selectors[index])) }
        test.fx.load(into: &state.pointee)
        core.setPrivilege(3)

        let exit = processor.run(until: steps + 5000)
        var result = NativeResult()
        for index in 0..<8 { result.general[index] = state.pointee.general[index] }
        for index in 0..<6 { result.selectors[index] = UInt32(state.pointee.segments[index].selector) }
        let handlers = Self.system + System.handlers
        if exit == .halted, state.pointee.cpl == 0, state.pointee.eip &- handlers < 0x1000 {
            result.vector = (state.pointee.eip - handlers) >> 4
            var frame = state.pointee.general[4] &- Self.system &+ Self.systemPhysical
            if state.pointee.general[4] == Self.system + System.stackTop - 24 {
                result.errorCode = peek(frame)
                frame += 4
            }
            result.eip = peek(frame)
            result.selectors[1] = peek(frame + 4) & 0xFFFF
            result.eflags = peek(frame + 8)
            result.general[4] = peek(frame + 12)
            result.selectors[2] = peek(frame + 16) & 0xFFFF
            if result.vector == 14 { result.cr2 = state.pointee.cr2 }
            if result.vector == 14 && result.eip == NativeProcessor.finishTarget { result.finish() }
        } else {
            result.vector = exit == .deadline ? NativeResult.notEnding : 255
            result.eflags = state.pointee.eflags
            result.eip = state.pointee.eip
        }
        result.fx = FXImage(state.pointee)
        collectChanges(&result, window)
        return result
    }

    private func collectChanges(_ result: inout NativeResult, _ window: UInt32) {
        // In pieces, most of which are the same.
        let piece = 256
        for start in stride(from: 0, to: Int(NativeProcessor.writableSize), by: piece)
        where memcmp(memory.host + Int(NativeProcessor.data) + start, data + start, piece) != 0 {
            for offset in stride(from: start, to: start + piece, by: 4) {
                let address = NativeProcessor.data + UInt32(offset)
                let now = peek(address)
                let then = data.load(fromByteOffset: offset, as: UInt32.self)
                guard now != then else { continue }
                result.noteChange(address, now)
                poke(address, then)
            }
        }
        if memcmp(memory.host + Int(window), codeBefore, 384) != 0 {
            for offset in stride(from: 0, to: 384, by: 4) {
                let now = peek(window + UInt32(offset))
                if now != codeBefore.load(fromByteOffset: offset, as: UInt32.self) {
                    result.noteChange(window + UInt32(offset), now)
                }
            }
        }
        fillCode()
    }
}
