import EmulatorTestSupport
import Foundation
import Machine
import Testing

/// POST and boot, as a person sees them.
@Suite(.serialized)
struct PowerOnTests {
    /// A boot sector that prints "here" on the debug port and stops.
    static let here: [UInt8] = {
        var sector: [UInt8] = [0xFA]
        for character in "here\n".utf8 {
            sector += [0xB0, character, 0xE6, 0xE9]  // mov al, character; out 0E9h, al
        }
        sector += [0xF4, 0xEB, 0xFD]  // hlt; jmp
        sector += [UInt8](repeating: 0, count: 510 - sector.count)
        return sector + [0x55, 0xAA]
    }()

    @Test(arguments: hosts.indices)
    func saysWhatItFinds(host: Int) throws {
        let directory = try ScratchDirectory()
        let disk = try Firmware.disk(PowerOnTests.here, in: directory.url, name: "here.img")
        let outcome = try hosts[host].run(
            Setup(memory: 64, disks: [.init(file: disk)]), [.wait(for: "here\n"), .capture])
        #expect(outcome.line(0).hasPrefix(" Martlet BIOS "))
        #expect(outcome.screen.contains("639 KB base, 63 MB extended"))
        #expect(outcome.screen.contains("PS/2"))
        #expect(outcome.screen.contains("COM1 at 3F8h"))
        #expect(outcome.screen.contains("Disk 80h"))
        #expect(outcome.screen.contains("1024 KB"))
        #expect(outcome.screen.contains("Booting disk 80h"))
        // The debug port says the same.
        for row in 0..<25 where !outcome.line(row).isEmpty {
            #expect(outcome.log.contains(outcome.line(row)), "line \(row)")
        }
    }

    @Test(arguments: [(1, "0 KB"), (2, "1024 KB"), (16, "15 MB"), (1024, "1023 MB"), (3072, "3071 MB")], hosts.indices)
    func measuresMemory(_ size: (megabytes: Int, extended: String), host: Int) throws {
        let outcome = try hosts[host].run(Setup(memory: size.megabytes), [.wait(for: "Press a key")])
        #expect(outcome.log.contains("639 KB base, \(size.extended) extended\r\n"))
    }

    @Test(arguments: hosts.indices)
    func bootsTheFirstDiskThatCanBeBooted(host: Int) throws {
        let directory = try ScratchDirectory()
        let blank = try Firmware.disk([], in: directory.url, name: "blank.img")
        let disk = try Firmware.disk(PowerOnTests.here, in: directory.url, name: "here.img")
        let outcome = try hosts[host].run(
            Setup(disks: [.init(file: blank), .init(file: disk)]), [.wait(for: "here\n")])
        #expect(outcome.log.contains("Booting disk 80h"))
        #expect(outcome.log.contains("it does not end in 55 AA"))
        #expect(outcome.log.contains("Booting disk 81h"))
    }

    @Test(arguments: hosts.indices)
    func saysThatThereIsNoDisk(host: Int) throws {
        let outcome = try hosts[host].run(Setup(), [.wait(for: "Press a key"), .capture])
        #expect(outcome.screen.contains("There is no disk to boot from."))
    }

    @Test(arguments: hosts.indices)
    func saysThatNoDiskCanBeBooted(host: Int) throws {
        let directory = try ScratchDirectory()
        let blank = try Firmware.disk([], in: directory.url, name: "blank.img")
        let outcome = try hosts[host].run(Setup(disks: [.init(file: blank)]), [.wait(for: "Press a key"), .capture])
        #expect(outcome.screen.contains("Its first sector is no boot sector: it does not end in 55 AA."))
        #expect(outcome.screen.contains("None of the disks can be booted."))
    }

    @Test(arguments: hosts.indices)
    func saysThatADiskCannotBeRead(host: Int) throws {
        let directory = try ScratchDirectory()
        let disk = try Firmware.disk(PowerOnTests.here, in: directory.url, name: "here.img")
        let outcome = try hosts[host].run(
            Setup(disks: [.init(file: disk, badSector: 0)]), [.wait(for: "Press a key"), .capture])
        #expect(outcome.screen.contains("Its first sector cannot be read: "))
    }

    @Test(arguments: hosts.indices)
    func beginsAgainAtAKey(host: Int) throws {
        let outcome = try hosts[host].run(
            Setup(), [.wait(for: "Press a key"), .press(.space), .wait(for: "Martlet BIOS"), .wait(for: "Press a key")])
        #expect(outcome.log.components(separatedBy: "Martlet BIOS").count == 3)
    }

    /// Every pixel of the screen is what font and colours say, so mode, font and palette are right.
    @Test(arguments: hosts.indices)
    func drawsItsFont(host: Int) throws {
        let outcome = try hosts[host].run(Setup(), [.wait(for: "Press a key to start again."), .capture])
        let picture = outcome.picture
        #expect(picture.width == 720)
        #expect(picture.height == 400)
        guard picture.width == 720, picture.height == 400, outcome.cells.count == 2000 else { return }
        let glyphs = try Glyphs()
        var wrong = 0
        for (number, cell) in outcome.cells.enumerated() where number != cursor(in: outcome) {
            for line in 0..<16 {
                let row = glyphs.bytes[Int(cell.code) * 16 + line]
                for column in 0..<8 {
                    let position = ((number / 80 * 16 + line) * 720 + number % 80 * 9 + column) * 3
                    let colour = row >> (7 - column) & 1 == 1 ? cell.foreground : cell.background
                    // How six bits of the DAC become eight is the host's affair: compare the upper six.
                    for part in 0..<3 where picture.pixels[position + part] >> 2 != colour[part] {
                        wrong += 1
                    }
                }
            }
        }
        #expect(wrong == 0)
        #expect(outcome.cells[0].background == [0, 0, 42], "the title is a blue bar")
        #expect(outcome.cells[2 * 80 + 1].foreground == [21, 63, 63], "labels are bright cyan")
    }

    /// The cell below the last text, where the cursor blinks.
    private func cursor(in outcome: Outcome) -> Int? {
        (0..<25).last { !outcome.line($0).isEmpty }.map { ($0 + 1) * 80 }
    }
}

/// The font's source, read independently of the tool that packs it.
private struct Glyphs {
    var bytes: [UInt8]

    init() throws {
        bytes = try String(contentsOf: Firmware.font, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("U+") }
            .map { $0.reduce(0) { $0 << 1 | ($1 == "#" ? 1 : 0) } }
    }
}
