/// The display adapter: IBM's VGA with its sequencer, graphics controller, CRT controller, attribute controller and DAC
/// (IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem").
///
/// This file is the registers; `VGA+Memory.swift` is the way of the processor's reads and writes to the four planes,
/// and `VGA+Rendering.swift` makes pictures. Nothing is drawn until somebody asks for a picture.
final class VGA {
    struct Registers: Codable, Sendable, Equatable {
        var miscellaneous: UInt8 = 0
        var featureControl: UInt8 = 0
        var sequencerIndex: UInt8 = 0
        /// SR0-SR7.
        var sequencer = [UInt8](repeating: 0, count: 8)
        var graphicsIndex: UInt8 = 0
        /// GR0-GR15.
        var graphics = [UInt8](repeating: 0, count: 16)
        var crtcIndex: UInt8 = 0
        /// CR0-CR63.
        var crtc = [UInt8](repeating: 0, count: 64)
        /// Bits 0-4: index; bit 5: the palette is connected to the screen, not to the processor.
        var attributeIndex: UInt8 = 0
        /// The next write to port 3C0h is data.
        var attributeExpectsData = false
        /// AR0-AR31.
        var attribute = [UInt8](repeating: 0, count: 32)
        var dacMask: UInt8 = 0xFF
        var dacReadIndex: UInt8 = 0
        var dacWriteIndex: UInt8 = 0
        /// Which of red, green and blue comes next: 0...2.
        var dacReadComponent: UInt8 = 0
        var dacWriteComponent: UInt8 = 0
        /// The last of the two index registers written was the one for reading (port 3C7h bits 0 and 1).
        var dacIsReading = false
        /// Red, green and blue of each of 256 colours, 6 bits each.
        var dac = [UInt8](repeating: 0, count: 768)
        /// The four latches of the graphics controller, plane n in byte n.
        var latches: UInt32 = 0
        /// 64 Ki addresses, plane n in byte n.
        var planes = [UInt32](repeating: 0, count: 65_536)

        func validate() throws(SnapshotError) {
            guard sequencer.count == 8, graphics.count == 16, crtc.count == 64, attribute.count == 32,
                dac.count == 768, planes.count == 65_536, dacReadComponent < 3, dacWriteComponent < 3
            else { throw SnapshotError("the display adapter's state is inconsistent") }
        }
    }

    var registers = Registers()
    /// Counts changes that could be seen.
    var generation: UInt64 = 0
    /// The last picture, and what it was made from.
    var cache: (key: FrameKey, frame: Frame)?
    private unowned let board: Board

    init(board: Board) {
        self.board = board
    }

    var now: UInt64 { board.now }

    func restore(_ registers: Registers) {
        self.registers = registers
        generation &+= 1
    }

    /// A reset blanks the screen; the contents of video memory survive it.
    func reset() {
        let planes = registers.planes
        registers = Registers()
        registers.planes = planes
        generation &+= 1
    }

    // MARK: Ports

    /// `port`: 0x3B0...0x3DF.
    func read(_ port: UInt16) -> UInt8 {
        switch port {
        case 0x3C0: return registers.attributeIndex
        case 0x3C1: return registers.attribute[Int(registers.attributeIndex & 0x1F)]
        // Input status 0: bit 4 is the sense of the monitor's load on the DAC.
        case 0x3C2: return 0x10
        case 0x3C4: return registers.sequencerIndex
        case 0x3C5: return registers.sequencer[Int(registers.sequencerIndex & 7)]
        case 0x3C6: return registers.dacMask
        case 0x3C7: return registers.dacIsReading ? 3 : 0
        case 0x3C8: return registers.dacWriteIndex
        case 0x3C9: return readDAC()
        case 0x3CA: return registers.featureControl
        case 0x3CC: return registers.miscellaneous
        case 0x3CE: return registers.graphicsIndex
        case 0x3CF: return registers.graphics[Int(registers.graphicsIndex & 0xF)]
        default: break
        }
        guard let register = crtcPort(port) else { return 0xFF }
        switch register {
        case 4: return registers.crtcIndex
        case 5: return registers.crtc[Int(registers.crtcIndex & 0x3F)]
        case 0xA:
            registers.attributeExpectsData = false
            return inputStatus1
        default: return 0xFF
        }
    }

    func write(_ port: UInt16, _ value: UInt8) {
        generation &+= 1
        switch port {
        case 0x3C0: writeAttribute(value)
        case 0x3C2: registers.miscellaneous = value
        case 0x3C4: registers.sequencerIndex = value
        case 0x3C5: registers.sequencer[Int(registers.sequencerIndex & 7)] = value
        case 0x3C6: registers.dacMask = value
        case 0x3C7:
            registers.dacReadIndex = value
            registers.dacReadComponent = 0
            registers.dacIsReading = true
        case 0x3C8:
            registers.dacWriteIndex = value
            registers.dacWriteComponent = 0
            registers.dacIsReading = false
        case 0x3C9: writeDAC(value)
        case 0x3CE: registers.graphicsIndex = value
        case 0x3CF: registers.graphics[Int(registers.graphicsIndex & 0xF)] = value
        default:
            guard let register = crtcPort(port) else { return }
            switch register {
            case 4: registers.crtcIndex = value
            case 5: writeCRTC(value)
            case 0xA: registers.featureControl = value
            default: break
            }
        }
    }

    /// The CRT controller and its neighbours are at 3Dxh or, for a monochrome display, at 3Bxh (miscellaneous bit 0).
    private func crtcPort(_ port: UInt16) -> UInt16? {
        let base: UInt16 = registers.miscellaneous & 1 != 0 ? 0x3D0 : 0x3B0
        guard port & 0xFFF0 == base else { return nil }
        let register = port & 0xF
        // 3D0h-3D7h decode to index and data alternately, as on the CGA.
        return register < 8 ? 4 | register & 1 : register
    }

    private func writeAttribute(_ value: UInt8) {
        if registers.attributeExpectsData {
            let index = Int(registers.attributeIndex & 0x1F)
            // The palette can only be written while it is disconnected from the screen.
            if index >= 16 || registers.attributeIndex & 0x20 == 0 {
                registers.attribute[index] = value
            }
        } else {
            registers.attributeIndex = value & 0x3F
        }
        registers.attributeExpectsData.toggle()
    }

    private func writeCRTC(_ value: UInt8) {
        let index = Int(registers.crtcIndex & 0x3F)
        // CR11 bit 7 protects CR0-CR7, except the line-compare bit in CR7.
        if index <= 7, registers.crtc[0x11] & 0x80 != 0 {
            if index == 7 { registers.crtc[7] = registers.crtc[7] & ~0x10 | value & 0x10 }
            return
        }
        registers.crtc[index] = value
    }

    private func readDAC() -> UInt8 {
        let value = registers.dac[Int(registers.dacReadIndex) * 3 + Int(registers.dacReadComponent)]
        registers.dacReadComponent += 1
        if registers.dacReadComponent >= 3 {
            registers.dacReadComponent = 0
            registers.dacReadIndex &+= 1
        }
        return value
    }

    private func writeDAC(_ value: UInt8) {
        registers.dac[Int(registers.dacWriteIndex) * 3 + Int(registers.dacWriteComponent)] = value & 0x3F
        registers.dacWriteComponent += 1
        if registers.dacWriteComponent >= 3 {
            registers.dacWriteComponent = 0
            registers.dacWriteIndex &+= 1
        }
    }

    // MARK: Timing

    /// Pixels per second: 25.175 or 28.322 MHz, halved by SR1 bit 3.
    private var dotClock: UInt64 {
        let clock: UInt64 = registers.miscellaneous >> 2 & 3 == 1 ? 28_322_000 : 25_175_000
        return registers.sequencer[1] & 0x08 != 0 ? clock / 2 : clock
    }

    /// Scan lines of a whole frame, blanking included.
    private var totalLines: UInt64 {
        let overflow = registers.crtc[7]
        return UInt64(registers.crtc[6]) + (overflow & 0x01 != 0 ? 256 : 0) + (overflow & 0x20 != 0 ? 512 : 0) + 2
    }

    private var lineTime: UInt64 {
        let characters = UInt64(registers.crtc[0]) + 5
        return max(1, characters * UInt64(dotsPerCharacter) * 1_000_000_000 / dotClock)
    }

    /// Nanoseconds from one picture to the next. Nonsense in the registers still gives a time.
    var frameTime: UInt64 { max(lineTime * totalLines, 1_000_000) }

    var dotsPerCharacter: Int { registers.sequencer[1] & 1 != 0 ? 8 : 9 }

    /// Port 3DAh: bit 0: not in the visible part; bit 3: vertical retrace.
    private var inputStatus1: UInt8 {
        let time = now % frameTime
        let line = time / lineTime
        let character = time % lineTime * (UInt64(registers.crtc[0]) + 5) / lineTime
        let overflow = registers.crtc[7]
        let retraceStart =
            UInt64(registers.crtc[0x10]) + (overflow & 0x04 != 0 ? 256 : 0) + (overflow & 0x80 != 0 ? 512 : 0)
        // CR11 bits 0-3 are the low bits of the line where the retrace ends.
        let length = (UInt64(registers.crtc[0x11]) &- retraceStart) & 0xF
        let inRetrace = line >= retraceStart && line < retraceStart + max(length, 1)
        let isVisible = line < UInt64(verticalDisplayEnd) && character <= UInt64(registers.crtc[1])
        return (isVisible ? 0 : 0x01) | (inRetrace ? 0x08 : 0)
    }

    /// Visible scan lines.
    var verticalDisplayEnd: Int {
        let overflow = registers.crtc[7]
        return Int(registers.crtc[0x12]) + (overflow & 0x02 != 0 ? 256 : 0) + (overflow & 0x40 != 0 ? 512 : 0) + 1
    }
}
