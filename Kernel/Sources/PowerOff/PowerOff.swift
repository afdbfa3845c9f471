// Switches the machine off by ACPI. The process manager starts it when everything else has ended, and waits a little:
// if the tables are missing or wrong, or this program dies of them, the machine is merely stopped.

import ACPI
import CUser
import User

@main
struct PowerOff {
    static func main() {
        guard let registers = PowerOffRegisters(MappedMemory()) else { Manager.exit(status: 1) }
        if registers.enablePort != 0, port_read16(registers.control) & PowerOffRegisters.isEnabled == 0 {
            port_write8(registers.enablePort, registers.enableValue)
            for _ in 0..<300 where port_read16(registers.control) & PowerOffRegisters.isEnabled == 0 {
                Thread.sleep(milliseconds: 1)
            }
        }
        write(registers.type, to: registers.control)
        if registers.secondControl != 0 { write(registers.secondType, to: registers.secondControl) }
        // It takes effect at once, or not at all.
        Thread.sleep(milliseconds: 500)
        Manager.exit(status: 1)
    }

    private static func write(_ type: UInt16, to port: UInt16) {
        let others = port_read16(port) & ~(7 << 10)
        port_write16(port, others | type << 10 | PowerOffRegisters.sleepEnable)
    }
}

/// Physical memory, each page mapped when it is first looked at.
private final class MappedMemory: PhysicalMemory {
    private static var window: UInt32 { ProgramLayout.free.lowerBound }
    private static var mostPages: Int { 320 }

    /// Physical addresses of the pages that are mapped, in the order of their places in the window.
    private var pages: [UInt32] = []
    private var lastPage: UInt32 = 1
    private var lastAddress: UInt32 = 0
    private let system = System(slot: DriverSlot.system)

    func byte(_ address: UInt32) -> UInt8? {
        let page = address & ~(pageSize - 1)
        if page != lastPage {
            guard let place = place(of: page) else { return nil }
            (lastPage, lastAddress) = (page, place)
        }
        // Valid: the page is mapped there.
        return UnsafePointer<UInt8>(bitPattern: UInt(lastAddress + (address - page)))?.pointee
    }

    private func place(of page: UInt32) -> UInt32? {
        if let index = pages.firstIndex(of: page) { return Self.window + UInt32(index) * pageSize }
        let place = Self.window + UInt32(pages.count) * pageSize
        guard pages.count < Self.mostPages,
            (try? system.mapDevice(page, length: pageSize, into: .current, at: place)) != nil
        else { return nil }
        pages.append(page)
        return place
    }
}
