import Debugger
import RandomTestSupport
import Testing

@testable import Machine

@Suite("Recordings", .enabled(if: TravelGuest.isAvailable, "clang or ld.lld is not installed"))
struct RecordingTests {
    private let blank = [UInt8](repeating: 0, count: 64 << 10)

    /// A run with keys, a changed clock and a write of the debugger; and its disk at the end.
    private func recorded() throws -> (recording: Recording, disk: MemoryDisk, machine: Machine) {
        let disk = MemoryDisk(blank)
        let machine = try TravelGuest.make(disk: disk)
        let debugger = Debugger(machine)
        for (index, step) in [300_000, 700_000, 1_500_000, 2_500_000].enumerated() {
            debugger.continue(until: UInt64(step))
            machine.inject(.key(.a, isPressed: index % 2 == 0))
            machine.inject(.clockRate(nanosecondsPerStep: UInt32(8 + index)))
            debugger.writePhysicalMemory([UInt8(index)], at: 0x3000)
        }
        debugger.continue(until: 4_000_000)
        // In the past, too, all of it is saved.
        debugger.go(to: 1_000_000)
        let recording = try debugger.timeline.recording()
        #expect(machine.steps == 1_000_000)
        debugger.go(to: 4_000_000)
        return (recording, disk, machine)
    }

    private func replay(_ recording: Recording, on image: MemoryDisk) throws -> Debugger {
        let machine = try Machine(
            try recording.configuration(firmware: TravelGuest.make().configuration.firmware, images: [image]))
        try recording.start(machine)
        let timeline = Timeline(machine)
        timeline.expectRecording(until: recording.end)
        return Debugger(timeline)
    }

    @Test func aReplayOnAnotherMachineEndsInTheSameState() throws {
        let (recording, disk, machine) = try recorded()
        #expect(recording.end == 4_000_000)
        #expect(recording.endDigest == machine.stateDigest())
        let read = try Recording(decoding: recording.encoded())
        // On an untouched copy of the disk, and on the one that the recorded machine has written.
        #expect(disk.bytes != blank)
        for image in [MemoryDisk(blank), MemoryDisk(disk.bytes)] {
            let before = image.bytes
            let debugger = try replay(read, on: image)
            let stop = debugger.continue()
            #expect(stop.reason == .endOfRecording)
            #expect(stop.steps == 4_000_000)
            #expect(debugger.machine.stateDigest() == recording.endDigest)
            #expect(image.bytes == before)
            // There is a past, as in the recorded run, and a future.
            debugger.go(to: 1_234_567)
            debugger.go(to: 4_000_000)
            #expect(debugger.machine.stateDigest() == recording.endDigest)
            #expect(debugger.continue(until: 4_100_000).steps == 4_100_000)
        }
    }

    @Test func aReplayIsHeard() throws {
        final class Listener: OutputSink {
            var bytes: [UInt8] = []
            func debugConsole(sent byte: UInt8) { bytes.append(byte) }
        }
        let (recording, _, _) = try recorded()
        let debugger = try replay(recording, on: MemoryDisk(blank))
        let listener = Listener()
        debugger.machine.output = listener
        debugger.continue(until: 2_000_000)
        let first = listener.bytes
        #expect(first.count > 10)
        debugger.go(to: 500_000)
        debugger.continue(until: 2_000_000)
        #expect(listener.bytes == first)
        debugger.continue()
        #expect(listener.bytes.count > first.count)
    }

    @Test func whatDoesNotFitIsNamed() throws {
        let (recording, _, machine) = try recorded()
        let firmware = machine.configuration.firmware
        func failure(_ firmware: [UInt8], _ images: [any DiskImage]) -> String? {
            do throws(SnapshotError) {
                _ = try recording.configuration(firmware: firmware, images: images)
                return nil
            } catch {
                return error.description
            }
        }
        var other = blank
        other[40_000] = 1
        #expect(failure(firmware, [MemoryDisk(blank)]) == nil)
        #expect(failure(firmware, [MemoryDisk(other)]) == "disk 0 is not that of the recording: its contents differ")
        #expect(
            failure(firmware, [MemoryDisk(blank + [0])])
                == "disk 0 is not that of the recording: it has 129 sectors instead of 128")
        #expect(failure(firmware, [])?.contains("1 disks; 0 are given") == true)
        #expect(failure(firmware.reversed(), [MemoryDisk(blank)]) == "the recording was made with another BIOS ROM")
        let elsewhere = try TravelGuest.make()
        _ = elsewhere.step()
        #expect(throws: SnapshotError.self) { try recording.start(elsewhere) }
    }

    @Test func aRecordingThatBeganLaterCannotBeSaved() throws {
        let machine = try TravelGuest.make()
        _ = machine.run(until: 1000)
        let timeline = Timeline(machine)
        #expect(throws: SnapshotError.self) { try timeline.recording() }
    }

    /// Whatever a file holds, the answer is an error, or a recording that can be played.
    @Test func damagedFilesAreErrors() throws {
        let bytes = try recorded().recording.encoded()
        var random = SplitMix64(seed: 4)
        for length in [0, 1, 27, 28, 29, bytes.count / 2, bytes.count - 1] {
            #expect(throws: SnapshotError.self) { try Recording(decoding: Array(bytes.prefix(length))) }
        }
        for _ in 0..<300 {
            var damaged = bytes
            damaged[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 << (random.next() & 7))
            #expect(throws: SnapshotError.self) { try Recording(decoding: damaged) }
        }
        #expect(throws: SnapshotError.self) { try Recording(decoding: bytes + [0]) }
    }

    /// The checksum is no protection against malice.
    @Test func forgedFilesDoNoHarm() throws {
        let (recording, _, machine) = try recorded()
        let body = Array(recording.encoded()[28...])
        let firmware = machine.configuration.firmware
        var random = SplitMix64(seed: 5)
        var played = 0
        for _ in 0..<300 {
            var forged = body
            for _ in 0...random.next() % 3 {
                // Most of the file is blocks of the disk: the beginning and the end hold the rest.
                let place = random.next() % 3 == 0 ? random.next() % UInt64(forged.count) : random.next() % 200
                let index = random.next() % 2 == 0 ? Int(place) : forged.count - 1 - Int(place)
                forged[index] = UInt8(truncatingIfNeeded: random.next())
            }
            let file = SavedFile.seal(forged, magic: Array("MRTLRECD".utf8), version: 1)
            guard let read = try? Recording(decoding: file),
                let configuration = try? read.configuration(firmware: firmware, images: [MemoryDisk(blank)]),
                let machine = try? Machine(configuration), (try? read.start(machine)) != nil
            else { continue }
            played += 1
            _ = machine.run(until: min(read.end, 400_000))
        }
        #expect(played > 0)
    }
}
