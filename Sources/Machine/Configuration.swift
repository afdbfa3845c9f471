import Processor

extension Machine {
    /// What the machine is built from. Two machines with equal configurations, disks and recorded input go through
    /// exactly the same states.
    public struct Configuration: Sendable {
        /// Bytes of RAM: 1 MiB to 3 GiB, a multiple of 4 KiB.
        public var memorySize = 64 << 20
        /// The name of the processor model (what `cpuid` says); see ``processorModels``.
        public var processorModel = ProcessorModel.standard.name
        /// The BIOS ROM: up to 512 KiB, a multiple of 4 KiB. Its end lies at 4 GiB, and its last 128 KiB also below 1
        /// MiB. Empty: no ROM, the processor starts in nothing.
        public var firmware: [UInt8] = []
        /// Whether 0xC0000-0xFFFFF is RAM into which the ROM has been copied, as chipsets with shadowing leave it,
        /// instead of the ROM itself. Firmware that writes to itself needs it (SeaBIOS does).
        public var hasShadowRAM = false
        /// The drives: primary master, primary slave, secondary master, secondary slave. `nil` or absent: no drive.
        public var drives: [Drive?] = []
        /// Virtual nanoseconds that one step takes, 1 to 1,000,000. ``InputEvent/clockRate(nanosecondsPerStep:)``
        /// changes it while the machine runs.
        public var nanosecondsPerStep: UInt32 = 10
        /// What RAM holds at power-on.
        public var memoryFill = MemoryFill.zeros
        /// What the real-time clock says at power-on.
        public var clockStart = ClockStart.fixed(secondsSince1970: 946_684_800)
        /// Number of 16550 serial ports, 0 to 2: COM1 at 0x3F8 (IRQ 4), COM2 at 0x2F8 (IRQ 3).
        public var serialPorts = 1
        /// Where this machine is to be worse than the average PC.
        public var hostility: Hostility = []
        /// Bytes that CMOS RAM holds at power-on instead of the usual ones, by index 0x0E...0x7F. For firmware options
        /// and for tests.
        public var cmosOverrides: [UInt8: UInt8] = [:]

        public init() {}
    }

    /// What RAM holds at power-on. Real DRAM holds anything.
    public enum MemoryFill: Codable, Sendable, Equatable {
        case zeros
        /// Bytes that depend on the seed only.
        case junk(seed: UInt64)
    }

    /// What the real-time clock says at power-on. It runs in UTC.
    public enum ClockStart: Codable, Sendable, Equatable {
        /// Seconds since 1970-01-01 00:00 UTC.
        case fixed(secondsSince1970: Int64)
        /// The host's date, which enters as a recorded ``InputEvent/date(secondsSince1970:)``.
        case host
    }

    /// Ways in which PCs have been known to disappoint, for tests.
    public struct Hostility: OptionSet, Codable, Sendable {
        public let rawValue: UInt32

        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// The keyboard controller's output port does not switch A20.
        public static let deadKeyboardA20 = Hostility(rawValue: 1 << 0)
        /// There is no port 92h.
        public static let deadPort92 = Hostility(rawValue: 1 << 1)
        /// A20 takes 100 virtual milliseconds to follow, whichever way it is switched.
        public static let slowA20 = Hostility(rawValue: 1 << 2)
        /// The keyboard controller answers nothing: its status port reads all ones.
        public static let noKeyboardController = Hostility(rawValue: 1 << 3)
        /// The disk channels' interrupt lines are not connected.
        public static let deadDiskInterrupts = Hostility(rawValue: 1 << 4)
    }

    /// A disk drive: an image and what happens to writes.
    public struct Drive: Sendable {
        public var image: any DiskImage
        public var policy: WritePolicy
        /// What the drive calls itself, up to 40 ASCII characters.
        public var model: String

        public init(image: any DiskImage, policy: WritePolicy = .writeThrough, model: String = "MARTLET HARDDISK") {
            self.image = image
            self.policy = policy
            self.model = model
        }
    }

    /// What becomes of the guest's writes to a disk. Either way they are machine state, kept in an overlay.
    public enum WritePolicy: String, Codable, Sendable {
        /// They also reach the image, at once.
        case writeThrough
        /// The image stays as it is.
        case discard
    }

    /// Why a machine cannot be built. ``description`` is a line for the user.
    public struct ConfigurationError: Error, CustomStringConvertible, Equatable, Sendable {
        public let description: String

        public init(_ description: String) {
            self.description = description
        }
    }
}
