import ELF
import ManagerLogic
import User

extension ManagerServer {
    /// Repairs a fault, or ends the process that had it and says why.
    mutating func serveFault(_ message: ReceivedMessage, _ bytes: UnsafeRawBufferPointer, of index: Int) {
        guard bytes.count >= MemoryLayout<FaultRecord>.size else { return end(index, .faulted) }
        var cause: StaticString?
        if message.word0 == 14 {
            // The record's second word.
            let errorCode = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            do throws(KernelError) {
                // Label 0: the thread runs the instruction again.
                if try repair(message.word1, errorCode, index) { return reply() }
                // A system call was given an address that is none: the program's business.
                if errorCode & FaultRecord.systemCallFlag != 0 {
                    try? Endpoint.reply(Message(FaultReply.fail))
                    return
                }
            } catch {
                cause = "lack of memory"
            }
        }
        // Valid: the record is integers, and the bytes are enough for it.
        reportFault(bytes.loadUnaligned(as: FaultRecord.self), cause, of: index)
        end(index, .faulted)
    }

    /// Says that a program is killed, why and where.
    @inline(never)
    private func reportFault(_ fault: FaultRecord, _ cause: StaticString?, of index: Int) {
        let process = Process(slot: ManagerSlot.process(index))
        var line: Text = "\(table[index].name.text): killed by "
        if let cause { line.append(cause) } else { line.append(FaultDescription.text(fault, process)) }
        line.append(" at \(hex: fault.eip)" as Text)
        if let function = function(at: fault.eip, index) {
            line.append(" (\(function))" as Text)
        }
        log.print(line)
        logCallers(fault, index)
    }

    /// Says who called the function that faulted, as far as the chain of saved EBPs goes: each points to the one
    /// before, with a return address above it, and `_start` begins the chain with 0.
    private func logCallers(_ fault: FaultRecord, _ index: Int) {
        let process = Process(slot: ManagerSlot.process(index))
        var frame = fault.ebp
        var last: UInt32 = 0
        var lines = 0
        for _ in 0..<1000 where lines < 8 {
            var saved: (frame: UInt32, returnAddress: UInt32) = (0, 0)
            // Valid: any bits are two numbers. A crashed program's EBP may be anything: then the read fails.
            let isRead = withUnsafeMutableBytes(of: &saved) { (try? process.read(frame, into: $0)) != nil }
            guard isRead, saved.returnAddress > 0 else { return }
            // A function that calls itself is told once.
            if saved.returnAddress != last {
                // A call returns behind itself: one byte before is inside the calling function for certain.
                guard let caller = function(at: saved.returnAddress - 1, index) else { return }
                log.print("    called from \(hex: saved.returnAddress) (\(caller))")
                lines += 1
            }
            last = saved.returnAddress
            // Stacks grow down: an older frame is higher, or the chain is not one.
            guard saved.frame > frame else { return }
            frame = saved.frame
        }
    }

    /// The function that an address lies in, if the program's file says.
    private func function(at address: UInt32, _ index: Int) -> Text? {
        guard let file = try? ELFFile(table[index].image), let symbols = try? file.symbols(),
            let symbol = symbols.function(containing: address)
        else { return nil }
        var text = Text()
        text.append(symbol.name.bytes.prefix(100))
        return text
    }
}

/// What a fault is called.
enum FaultDescription {
    static func text(_ fault: FaultRecord, _ process: Process) -> Text {
        switch fault.vector {
        case 14:
            let access: StaticString =
                fault.errorCode & PageFault.write != 0
                ? "write to" : fault.address == fault.eip ? "execution of" : "read of"
            let kind: StaticString =
                ProgramLayout.isBelowStack(fault.address) ? "a stack overflow" : "a page fault"
            return "\(kind): \(access) address \(hex: fault.address)"
        case 13:
            if fault.errorCode == 0, let instruction = privilegedInstruction(at: fault.eip, process) {
                return "a general protection fault: privileged instruction '\(instruction)'"
            }
            return "a general protection fault"
        case 6 where code(at: fault.eip, process) == 0x0B0F:
            // ud2, which Swift executes when a precondition fails, memory for an array included.
            return "a failed check in the program"
        default: return "\(name(fault.vector))"
        }
    }

    /// The exceptions of Intel SDM volume 3, table 6-1, as a person would say them.
    private static func name(_ vector: UInt32) -> StaticString {
        switch vector {
        case 0: "a divide error"
        case 1: "a debug exception"
        case 3: "a breakpoint"
        case 4: "an overflow trap"
        case 5: "a bound range fault"
        case 6: "an invalid instruction"
        case 7: "use of the missing floating-point unit"
        case 10: "an invalid task state segment"
        case 11: "a segment that is not present"
        case 12: "a stack segment fault"
        case 16: "a floating-point error"
        case 17: "an unaligned access"
        case 19: "a SIMD floating-point error"
        default: "an exception"
        }
    }

    /// The first two bytes of the instruction at an address; the second is 0 where memory ends before it.
    private static func code(at address: UInt32, _ process: Process) -> UInt16? {
        var code: UInt16 = 0
        // Valid: any two bytes are a number.
        let isRead = withUnsafeMutableBytes(of: &code) { bytes in
            if (try? process.read(address, into: bytes)) != nil { return true }
            return (try? process.read(address, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<1]))) != nil
        }
        return isRead ? code : nil
    }

    /// The name of the instruction at an address, if it is one that ring 3 may not execute.
    private static func privilegedInstruction(at address: UInt32, _ process: Process) -> StaticString? {
        guard let code = code(at: address, process) else { return nil }
        switch code & 0xFF {
        case 0xF4: return "hlt"
        case 0xFA: return "cli"
        case 0xFB: return "sti"
        case 0x6C, 0x6D, 0xE4, 0xE5, 0xEC, 0xED: return "in"
        case 0x6E, 0x6F, 0xE6, 0xE7, 0xEE, 0xEF: return "out"
        case 0x0F: break
        default: return nil
        }
        return switch code >> 8 {
        case 0x00: "lldt or ltr"
        case 0x01: "lgdt, lidt, lmsw or invlpg"
        case 0x06: "clts"
        case 0x08: "invd"
        case 0x09: "wbinvd"
        case 0x20...0x23: "mov of a control or debug register"
        case 0x30: "wrmsr"
        case 0x32: "rdmsr"
        default: nil
        }
    }
}
