import ManagerLogic
import User

/// A process that the process manager starts by itself, and again when it ends: a driver, or the shell.
struct Driver {
    /// What the service is called under which it is found, and the process.
    let name: StaticString
    /// Its program.
    let path: StaticString
    /// The I/O ports that it may use.
    var ports: ClosedRange<UInt16>?
    var morePorts: ClosedRange<UInt16>?
    /// The interrupt line that it gets.
    var line: UInt32?
    /// Whether it has a notification (`DriverSlot.notification`), in which its interrupts set a bit, for a driver that
    /// waits for them in the middle of a request, instead of coming to its endpoint as messages.
    var hasNotification = false
    /// Device memory that is mapped at `ProgramLayout.deviceMemory`: physical address and bytes.
    var memory: (address: UInt32, length: UInt32)?
    /// Whether it has a service; the shell has none, but standard streams.
    var hasService = true
    var permissions = Permissions.none
    /// Who comes first when several could run.
    var priority = Priority.driver
}

/// Priorities of the process manager's making: who answers keys comes first, and programs come last.
enum Priority {
    static var driver: UInt32 { 24 }
    static var manager: UInt32 { 20 }
    static var disk: UInt32 { 18 }
    static var program: UInt32 { 16 }
}

/// Which process gets which devices. This table is all there is: a driver can touch nothing that its row does not name.
enum DriverTable {
    static var count: Int { 7 }

    /// A row, 0 ..< `count`. They are started in this order.
    static func row(_ index: Int) -> Driver {
        switch index {
        case 0:
            // The text screen, and the CRT controller's index and data registers.
            Driver(name: "screen", path: "bin/screen", ports: 0x3D4...0x3D5, memory: (0xB8000, 0x8000))
        case 1:
            // COM1.
            Driver(name: "serial", path: "bin/serial", ports: 0x3F8...0x3FF, line: 4)
        case 2:
            // The 8042's data and status registers.
            Driver(name: "keyboard", path: "bin/keyboard", ports: 0x60...0x60, morePorts: 0x64...0x64, line: 1)
        case 3:
            // No device: it puts the three above together. Its notification says that there are new lines in the log.
            Driver(name: "console", path: "bin/console", hasNotification: true)
        case 4:
            // CMOS index and data.
            Driver(name: "clock", path: "bin/clock", ports: 0x70...0x71)
        case 5:
            // The first ATA channel: command block and device control.
            Driver(
                name: "disk", path: "bin/disk", ports: 0x1F0...0x1F7, morePorts: 0x3F6...0x3F6, line: 14,
                hasNotification: true, priority: Priority.disk)
        default:
            Driver(name: "shell", path: "bin/shell", hasService: false, permissions: .all, priority: Priority.program)
        }
    }

    /// The row of the shell, the last.
    static var shell: Int { count - 1 }
    /// The row of the console.
    static var console: Int { 3 }
}

/// What the process manager knows of a row of the table while the system runs.
struct DriverState {
    /// The entry in the table of services.
    var service: Int?
    /// The process, while it runs.
    var process: Int?
    var policy = RestartPolicy()
    /// When it is to be started again, in milliseconds of the kernel's clock.
    var restartTime: UInt32?
    /// Whether there was no memory for it when it was to be started last.
    var lacksMemory = false
}
