import CFuzz
import CUser
import User

/// Random numbers that are the same in every run with the same seed: xorshift32 (Marsaglia, 2003).
struct Xorshift {
    private var state: UInt32

    init(seed: UInt32) { state = seed &* 0x9E37_79B9 | 1 }

    mutating func next() -> UInt32 {
        state ^= state << 13
        state ^= state >> 17
        state ^= state << 5
        return state
    }

    /// A number below `limit`.
    mutating func next(below limit: UInt32) -> UInt32 { next() >> 4 % limit }
}

/// A child: random system calls until the manager ends it. Bits 0-7 of the argument are its index, the rest is the
/// seed.
@c(fuzz_child)
func fuzzChild(_ argument: UInt32) {
    var random = Xorshift(seed: argument)
    // Valid: the manager has mapped the page before the thread began; after a call it may be gone, which is a fault.
    guard let counter = UnsafeMutablePointer<UInt32>(bitPattern: UInt(FuzzPlace.counterPage + (argument & 0xFF) * 4))
    else { return }
    while true {
        var registers = RandomCall.registers(&random)
        counter.pointee &+= 1
        system_call(&registers)
    }
}

/// Makes up a call that is nearly right.
enum RandomCall {
    static func registers(_ random: inout Xorshift) -> system_call_registers {
        var registers = system_call_registers()
        // One that is no call on either side.
        let number = random.next(below: SystemCall.numbers.upperBound + 1)
        registers.eax = number
        registers.ebx = slot(&random)
        registers.ecx = value(&random)
        registers.edx = value(&random)
        registers.esi = value(&random)
        registers.edi = value(&random)
        registers.ebp = random.next(below: 8) == 0 ? value(&random) : 0
        // Mostly a call that could succeed, each register by itself.
        if random.next(below: 8) != 0, let call = SystemCall(rawValue: number) { fit(&registers, to: call, &random) }
        if random.next(below: 4) == 0 { registers.eax |= random.next(below: 1024) << 16 }
        if random.next(below: 200) == 0 { registers.eax = random.next() }
        return registers
    }

    private static func fit(_ registers: inout system_call_registers, to call: SystemCall, _ random: inout Xorshift) {
        let process: UInt32 = random.next(below: 3) == 0 ? 6 : 1
        let empty = FuzzPlace.firstEmpty + random.next(below: 17)
        let timeout = random.next(below: 2) == 0 ? Timeout.now : 1 + random.next(below: 3)
        let page = FuzzPlace.data + random.next(below: 64) * pageSize
        switch call {
        case .threadExit, .processDestroy, .threadDestroy:
            // What ends the caller comes seldom.
            if random.next(below: 50) != 0 { registers.eax = SystemCall.yield.rawValue }
            registers.ebx = call == .processDestroy ? process : empty
        case .send, .receive, .call, .replyReceive:
            registers.ebx = 2
            registers.ecx = timeout
            registers.edx = random.next(below: 3) == 0 ? 0 : buffers(&random)
        case .reply:
            registers.ebx = random.next(below: 2) == 0 ? 0 : empty
            registers.edx = random.next(below: 3) == 0 ? 0 : buffers(&random)
        case .sleep: registers.ecx = random.next(below: 4)
        case .replySave, .endpointCreate, .notificationCreate: registers.ebx = empty
        case .memoryCreate:
            registers.ebx = empty
            registers.ecx = random.next(below: 40) * pageSize
        case .notificationSignal, .notificationWait, .notificationBind:
            registers.ebx = 3
            registers.ecx = call == .notificationBind ? 2 * random.next(below: 2) : timeout
        case .capabilityCopy:
            registers.ecx = process
            registers.edx = empty
        case .processCreate:
            registers.ebx = empty
            registers.ecx = 2
            registers.esi = random.next(below: 32)
            registers.edi = random.next(below: 10)
            registers.ebp = random.next(below: 2) * process
        case .threadCreate:
            registers.ebx = process
            registers.ecx = empty
            registers.edx = address_of_child_entry()
            registers.esi = FuzzPlace.stack + pageSize
        case .threadStart, .threadCancel, .threadConfigure: registers.ebx = empty
        case .memoryMap, .memoryUnmap, .memoryUnshare:
            registers.ebx = process
            registers.ecx = page
            registers.edx = random.next(below: 12) * pageSize
        case .memoryWrite, .memoryRead:
            registers.ebx = process
            registers.ecx = FuzzPlace.data + random.next(below: FuzzPlace.allData)
            registers.esi = random.next(below: 0x9000)
        case .memoryAttach:
            registers.ebx = process
            registers.ecx = page
            registers.edx = random.next(below: 9) * pageSize
            registers.esi = 4 | random.next(below: 3) << 8
            registers.edi = random.next(below: 9) * pageSize
        case .systemInformation:
            registers.ebx = 5
            registers.ecx = random.next(below: 6)
        case .yield, .capabilityDelete, .capabilityRevoke, .interruptBind, .interruptAcknowledge, .deviceMap, .logWrite,
            .logRead, .shutdown:
            break
        }
        // One of them is wrong all the same.
        switch random.next(below: 12) {
        case 0: registers.ebx = slot(&random)
        case 1: registers.ecx = value(&random)
        case 2: registers.edx = value(&random)
        case 3: registers.esi = value(&random)
        case 4: registers.edi = value(&random)
        default: break
        }
    }

    /// Puts a `MessageBuffers` somewhere into the first page of the data, sometimes with lists of pieces behind it; its
    /// address.
    private static func buffers(_ random: inout Xorshift) -> UInt32 {
        let address = FuzzPlace.data + random.next(below: 128) * 24
        var buffers = MessageBuffers(
            sendAddress: FuzzPlace.data + random.next(below: FuzzPlace.allData),
            sendLength: random.next(below: 4) == 0 ? value(&random) : random.next(below: 0x3000),
            receiveAddress: FuzzPlace.data + random.next(below: FuzzPlace.allData),
            receiveCapacity: random.next(below: 4) == 0 ? value(&random) : random.next(below: 0x4000),
            sendSlots: random.next(below: 3) == 0 ? 2 | 3 << 8 | random.next(below: 24) << 16 : 0,
            receiveSlots: FuzzPlace.firstEmpty + random.next(below: 17) | random.next(below: 5) << 8,
            sendPieces: random.next(below: 3) == 0 ? random.next(below: 10) : 0,
            receivePieces: random.next(below: 3) == 0 ? random.next(below: 10) : 0)
        if buffers.slots.sendPieces != 0, random.next(below: 8) != 0 { buffers.sendAddress = pieces(&random) }
        if buffers.slots.receivePieces != 0, random.next(below: 8) != 0 { buffers.receiveAddress = pieces(&random) }
        // Valid: the page is mapped, or touching it is a fault of this process.
        UnsafeMutablePointer<MessageBuffers>(bitPattern: UInt(address))?.pointee = buffers
        return address
    }

    /// Puts a list of nine pieces somewhere into the second page of the data; its address.
    private static func pieces(_ random: inout Xorshift) -> UInt32 {
        let address = FuzzPlace.data + pageSize + random.next(below: 50) * 72
        guard let list = UnsafeMutablePointer<MessagePiece>(bitPattern: UInt(address)) else { return address }
        for index in 0..<9 {
            // Valid: as above.
            list[index] = MessagePiece(
                address: FuzzPlace.data + random.next(below: FuzzPlace.allData),
                length: random.next(below: 6) == 0 ? value(&random) : random.next(below: 0x900))
        }
        return address
    }

    private static func slot(_ random: inout Xorshift) -> UInt32 {
        random.next(below: 30) == 0 ? random.next() : random.next(below: 24)
    }

    private static func value(_ random: inout Xorshift) -> UInt32 {
        switch random.next(below: 10) {
        case 0: random.next(below: 4)
        case 1, 2: random.next(below: 24)
        case 3: FuzzPlace.data + random.next(below: FuzzPlace.allData)
        case 4: FuzzPlace.data + random.next(below: 64) * pageSize
        case 5: pageSize << random.next(below: 14)
        case 6: slot(&random) | random.next(below: 4) << 8
        case 7: random.next()
        case 8: klimit &+ random.next(below: 16) &- 8
        default: 0 &- random.next(below: 5)
        }
    }
}
