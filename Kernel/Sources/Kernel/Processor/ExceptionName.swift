/// The processor's exceptions (Intel SDM volume 3, table 6-1).
enum ExceptionName {
    static func text(_ vector: UInt32) -> StaticString {
        switch vector {
        case 0: "divide error"
        case 1: "debug exception"
        case 2: "non-maskable interrupt"
        case 3: "breakpoint"
        case 4: "overflow"
        case 5: "bound range exceeded"
        case 6: "invalid opcode"
        case 7: "device not available"
        case 8: "double fault"
        case 9: "coprocessor segment overrun"
        case 10: "invalid TSS"
        case 11: "segment not present"
        case 12: "stack fault"
        case 13: "general protection"
        case 14: "page fault"
        case 16: "floating-point error"
        case 17: "alignment check"
        case 18: "machine check"
        case 19: "SIMD floating-point exception"
        case 20: "virtualization exception"
        case 21: "control protection exception"
        default: "reserved exception"
        }
    }

    /// Writes what an error code says, in words, after the code itself.
    static func explain(_ log: Log, vector: UInt32, error: UInt32) {
        switch vector {
        case 14:
            log.text(", error code ").hexadecimal(UInt64(error), digits: 4).text(": ")
            log.text(error & 4 != 0 ? "user " : "kernel ")
            log.text(error & 16 != 0 ? "fetch from " : error & 2 != 0 ? "write to " : "read of ")
            log.text(error & 1 != 0 ? "a protected page" : "a page that is not mapped")
        case 10...13:
            log.text(", error code ").hexadecimal(UInt64(error), digits: 4)
            guard error != 0 else { return }
            let table: StaticString = error & 2 != 0 ? "IDT vector " : error & 4 != 0 ? "LDT entry " : "GDT entry "
            log.text(": ").text(table).decimal(error >> 3)
            if error & 1 != 0 { log.text(", external event") }
        default:
            break
        }
    }
}
