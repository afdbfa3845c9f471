import CUser
import User

/// What a system call has answered, and which it was.
struct Answer {
    let call: SystemCall
    /// A result, or an error's number.
    let value: Int32

    /// What it says of a message that was received.
    var tag: MessageTag { MessageTag(rawValue: UInt32(bitPattern: value)) }

    static func == (answer: Answer, error: KernelError) -> Bool { answer.value == error.rawValue }
}

/// Makes a system call with these registers; they hold what comes back.
func invoke(_ call: SystemCall, label: UInt32 = 0, _ registers: inout system_call_registers) -> Answer {
    registers.eax = SystemCallNumber(call, label: label).rawValue
    system_call(&registers)
    return Answer(call: call, value: Int32(bitPattern: registers.eax))
}

/// Makes a system call whose result is all that counts.
func invoke(
    _ call: SystemCall, label: UInt32 = 0, _ ebx: UInt32 = 0, _ ecx: UInt32 = 0, _ edx: UInt32 = 0, _ esi: UInt32 = 0,
    _ edi: UInt32 = 0, ebp: UInt32 = 0
) -> Answer {
    var registers = system_call_registers()
    registers.ebx = ebx
    registers.ecx = ecx
    registers.edx = edx
    registers.esi = esi
    registers.edi = edi
    registers.ebp = ebp
    return invoke(call, label: label, &registers)
}

/// Slots and addresses that the test uses; the process has nothing there.
enum Place {
    static var endpoint: UInt32 { 100 }
    static var second: UInt32 { 101 }
    static var thread: UInt32 { 102 }
    static var reply: UInt32 { 103 }
    static var otherReply: UInt32 { 104 }
    static var scratch: UInt32 { 105 }
    /// From here to the end of the table.
    static var many: UInt32 { 110 }

    /// Memory: the stack of a second thread, a buffer of 128 KiB, and a page that can only be read.
    static var stack: UInt32 { 0x6000_0000 }
    static var buffer: UInt32 { 0x6100_0000 }
    static var bufferLength: UInt32 { 0x2_0000 }
    static var readOnly: UInt32 { 0x6200_0000 }
    static var free: UInt32 { 0x6300_0000 }
    /// More than a gigabyte.
    static var plenty: UInt32 { 0x6500_0000 }
    static var plentyEnd: UInt32 { 0xB000_0000 }

    /// Addresses that no program may use: 0, the kernel's, the end of the address space.
    static var bad: InlineArray<6, UInt32> { [0, 0x1000, 0x10_0000, 0x7FF_FFFC, 0xFFFF_FFF8, 0x6400_0000] }
}
