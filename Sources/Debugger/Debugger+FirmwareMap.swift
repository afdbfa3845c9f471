import Machine
import Processor

/// The memory map that the firmware gives (int 15h, AX=E820h; ACPI, section 15).
///
/// **Constraint.** Where a BIOS keeps its map is its own business, and a kernel that has asked for it keeps it where it
/// likes.
///
/// **Choice.** The BIOS is asked: the processor is put into real mode and executes the service, with devices and time
/// standing still, and then the machine is put back to what it was. That works as long as the interrupt vector and what
/// the BIOS keeps in low memory are still there.
extension Debugger {
    /// A range of the map.
    public struct FirmwareRange: Sendable, Equatable {
        public let base: UInt64
        /// Bytes.
        public let length: UInt64
        /// 1: usable, 2: reserved, 3: ACPI tables, 4: ACPI non-volatile, 5: bad.
        public let type: UInt32

        public init(base: UInt64, length: UInt64, type: UInt32) {
            self.base = base
            self.length = length
            self.type = type
        }

        /// ``type`` in words.
        public var typeText: String {
            switch type {
            case 1: "usable"
            case 2: "reserved"
            case 3: "ACPI tables, usable once they are read"
            case 4: "ACPI non-volatile storage"
            case 5: "bad memory"
            default: "type \(type)"
            }
        }
    }

    /// Why the firmware has no answer. ``description`` is a line for the user.
    public struct FirmwareSilence: Error, CustomStringConvertible {
        public let description: String
    }

    /// Asks the firmware. The machine is as before afterwards.
    public func firmwareMap() throws(FirmwareSilence) -> [FirmwareRange] {
        let vector = readPhysicalMemory(at: 0x15 * 4, count: 4)
        let target = vector.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let address = (target >> 16) << 4 &+ (target & 0xFFFF)
        guard (0xC_0000..<0x10_0000).contains(address) else {
            throw FirmwareSilence(
                description:
                    "interrupt vector 15h does not lead to the BIOS (\(address.digits)): go to a step at which it does, "
                    + "such as 'until 0:7c00'")
        }
        let origin = machine.snapshot()
        let breakpoints = machine.processor.breakpoints
        machine.outputIsSilenced = true
        defer {
            machine.processor.breakpoints = breakpoints
            timeline.restore(origin)
        }
        machine.processor.breakpoints = [Self.returnAddress]
        var ranges: [FirmwareRange] = []
        var continuation: UInt32 = 0
        repeat {
            guard let (range, next) = callMemoryMap(target, continuation: continuation) else { break }
            if range.length > 0 { ranges.append(range) }
            continuation = next
        } while continuation != 0 && ranges.count < 128
        guard !ranges.isEmpty else {
            throw FirmwareSilence(description: "the BIOS does not answer int 15h, AX=E820h (yet)")
        }
        return ranges
    }

    /// Where the service returns to, its stack ends and its answer begins; what is there is put back afterwards.
    private static let returnAddress: UInt32 = 0x7C00
    private static let answerAddress: UInt32 = 0x7E00

    /// One call of the service; nil if it fails or does not come back.
    private func callMemoryMap(_ target: UInt32, continuation: UInt32) -> (FirmwareRange, next: UInt32)? {
        let processor = machine.processor
        processor.reset()
        let state = processor.state
        for index in 0..<6 where index != 1 { setRealModeSegment(index, 0) }
        setRealModeSegment(1, UInt16(target >> 16))
        state.pointee.eip = target & 0xFFFF
        state.pointee.general[0] = 0xE820
        state.pointee.general[1] = 20
        state.pointee.general[2] = Self.signature
        state.pointee.general[3] = continuation
        state.pointee.general[7] = Self.answerAddress
        state.pointee.general[4] = Self.returnAddress - 6
        processor.stateWasReplaced()
        // IP, CS and FLAGS, as `int` pushes them.
        let frame: [UInt8] = [0x00, 0x7C, 0, 0, 0x02, 0]
        machine.memory.write(frame, at: Self.returnAddress - 6)
        // Not the machine but its processor runs: no event is due, no input comes.
        guard processor.run(until: machine.steps &+ 1_000_000) == .breakpoint(Self.returnAddress),
            state.pointee.general[0] == Self.signature, processor.eflags & 1 == 0
        else { return nil }
        let answer = readPhysicalMemory(at: Self.answerAddress, count: 20)
        func number(_ offset: Int, _ count: Int) -> UInt64 {
            answer[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        let range = FirmwareRange(base: number(0, 8), length: number(8, 8), type: UInt32(number(16, 4)))
        return (range, state.pointee.general[3])
    }

    /// `SMAP`.
    private static let signature: UInt32 = 0x534D_4150

    private func setRealModeSegment(_ index: Int, _ selector: UInt16) {
        let state = machine.processor.state
        state.pointee.segments[index].selector = selector
        state.pointee.segments[index].base = UInt32(selector) << 4
        state.pointee.segments[index].limit = 0xFFFF
    }
}
