import KernelABI
import KernelAssembly

/// Segment selectors: flat 4 GB segments, and the two task-state segments.
enum Selector {
    static var kernelCode: UInt32 { 0x08 }
    static var kernelData: UInt32 { 0x10 }
    static var userCode: UInt32 { 0x18 | 3 }
    static var userData: UInt32 { 0x20 | 3 }
    static var taskState: UInt32 { 0x28 }
    static var doubleFaultTask: UInt32 { 0x30 }
    /// Thread-local storage; its base is that of the thread that runs.
    static var threadLocal: UInt32 { KernelABI.threadLocalSelector }
}

/// GDT, IDT and the task-state segments (Intel SDM volume 3, chapters 3, 6 and 7).
///
/// The order kernel code, kernel data, user code, user data is the one that `sysenter` wants.
enum DescriptorTables {
    /// Loads GDT and IDT. From here on an exception ends in a report instead of a reset.
    static func initialise() {
        let gdt = address_of_gdt()!
        setSegment(gdt, 0, base: 0, limit: 0, access: 0, flags: 0)
        setSegment(gdt, 1, base: 0, limit: 0xFFFFF, access: 0x9B, flags: 0xC)
        setSegment(gdt, 2, base: 0, limit: 0xFFFFF, access: 0x93, flags: 0xC)
        setSegment(gdt, 3, base: 0, limit: 0xFFFFF, access: 0xFB, flags: 0xC)
        setSegment(gdt, 4, base: 0, limit: 0xFFFFF, access: 0xF3, flags: 0xC)
        setSegment(
            gdt, 5, base: address(address_of_task_state()), limit: UInt32(TaskState.size - 1), access: 0x89, flags: 0)
        setSegment(gdt, 6, base: address(address_of_double_fault_task_state()), limit: 103, access: 0x89, flags: 0)
        setThreadLocalBase(0)
        load_gdt(address(gdt), 8 * 8 - 1)
        load_segments()

        let idt = address_of_idt()!
        for vector: UInt32 in 0..<48 {
            // Breakpoint and overflow are also raised by instructions of user code (`int3`, `into`).
            let access: UInt32 = vector == 3 || vector == 4 ? 0xEE00 : 0x8E00
            setGate(idt, vector, selector: Selector.kernelCode, offset: address_of_trap_stub(vector), access: access)
        }
        setGate(idt, 8, selector: Selector.doubleFaultTask, offset: 0, access: 0x8500)
        setGate(
            idt, UInt32(systemCallVector), selector: Selector.kernelCode, offset: address_of_system_call_stub(),
            access: 0xEE00)
        load_idt(address(idt), 256 * 8 - 1)

        TaskState.initialise()
        load_task_register(UInt16(Selector.taskState))
    }

    /// The descriptor of thread-local storage: writable data of all 4 GB from `base` on.
    static func setThreadLocalBase(_ base: UInt32) {
        setSegment(address_of_gdt()!, 7, base: base, limit: 0xFFFFF, access: 0xF3, flags: 0xC)
    }

    static func address<T>(_ pointer: UnsafeMutablePointer<T>) -> UInt32 { UInt32(UInt(bitPattern: pointer)) }

    private static func setSegment(
        _ gdt: UnsafeMutablePointer<UInt32>, _ index: Int, base: UInt32, limit: UInt32, access: UInt32, flags: UInt32
    ) {
        gdt[index * 2] = limit & 0xFFFF | base << 16
        gdt[index * 2 + 1] = base >> 16 & 0xFF | access << 8 | limit & 0xF0000 | flags << 20 | base & 0xFF00_0000
    }

    private static func setGate(
        _ idt: UnsafeMutablePointer<UInt32>, _ vector: UInt32, selector: UInt32, offset: UInt32, access: UInt32
    ) {
        idt[Int(vector) * 2] = offset & 0xFFFF | selector << 16
        idt[Int(vector) * 2 + 1] = offset & 0xFFFF_0000 | access
    }
}

/// The task-state segments. The kernel switches threads in software; the processor needs one TSS for the stack of ring
/// 0 and for the I/O permission bitmap, and another for the double fault.
enum TaskState {
    static var bitmapOffset: Int { 104 }
    static var bitmapSize: Int { 8192 }
    static var size: Int { 104 + 8192 + 1 }

    private static var main: UnsafeMutableRawPointer { UnsafeMutableRawPointer(address_of_task_state()) }

    static func initialise() {
        main.storeBytes(of: Selector.kernelData, toByteOffset: 8, as: UInt32.self)  // SS0
        main.storeBytes(of: 0xFF, toByteOffset: size - 1, as: UInt8.self)
        denyPorts()

        let fault = address_of_double_fault_task_state()!
        fault[7] = read_cr3()
        fault[8] = address_of_double_fault_entry()
        fault[9] = 2  // EFLAGS: only the bit that is always set
        fault[14] = address_of_double_fault_stack_top()
        fault[18] = Selector.kernelData  // ES
        fault[19] = Selector.kernelCode
        fault[20] = Selector.kernelData  // SS
        fault[21] = Selector.kernelData  // DS
        fault[25] = UInt32(size) << 16
    }

    /// The page directory that the double fault's task runs with.
    static func setDoubleFaultDirectory(_ directory: UInt32) { address_of_double_fault_task_state()![7] = directory }

    /// Where ESP begins when user code enters the kernel.
    static func setKernelStack(_ top: UInt32) { main.storeBytes(of: top, toByteOffset: 4, as: UInt32.self) }

    /// No port for user code: the bitmap lies beyond the segment's limit.
    static func denyPorts() { main.storeBytes(of: UInt16(size), toByteOffset: 102, as: UInt16.self) }

    /// The ports of the bitmap, in which a clear bit allows a port.
    static func allowPorts() { main.storeBytes(of: UInt16(bitmapOffset), toByteOffset: 102, as: UInt16.self) }

    /// Makes a bitmap without a port.
    static func clearPorts() {
        (main + bitmapOffset).initializeMemory(as: UInt32.self, repeating: ~0, count: bitmapSize / 4)
    }

    /// Adds ports to the bitmap.
    static func addPorts(_ range: PortRange) {
        let bitmap = (main + bitmapOffset).assumingMemoryBound(to: UInt8.self)
        var port = range.first
        while port <= range.last {
            // A byte at once where that is possible: a range can be all 65536 ports.
            if port & 7 == 0, port + 7 <= range.last {
                bitmap[Int(port >> 3)] = 0
                port += 8
            } else {
                bitmap[Int(port >> 3)] &= ~(1 << UInt8(port & 7))
                port += 1
            }
        }
    }

    /// A field of the main TSS, where the double fault's task switch saved the registers: see Intel SDM volume 3,
    /// figure 7-2.
    static func saved(_ offset: Int) -> UInt32 { main.load(fromByteOffset: offset, as: UInt32.self) }
}
