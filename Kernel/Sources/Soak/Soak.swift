// A system that has run for long, in a program: it spawns, talks, reads the disk and kills at random, and looks at the
// end whether everything is as it was.
//
// Constraint: what leaks one page in a thousand spawns, or loses a waiter when two die at once, shows in no test that
// does a thing once. Choice: one loop that picks what to do from a seeded generator, so that a failure can be repeated;
// children that do as they are told by their first argument; checks on the way (every exit status, every echoed byte,
// the checksum of the disk's first sectors), and at the end the free page frames, against those after a first, short
// round, in which servers and tables have grown to their size. Example:
//
//     martlet> allow kill soak 10
//     soak: 10 s, seed 1: 214 spawned, 61 killed, 1480 messages, 166 reads, 8 drivers killed; 537 pages free as before
//
// With `Permissions.killAny` drivers are among those who are killed.

import User

@main
struct Soak {
    static func main() {
        if Arguments.is(1, "child") { Errand.play() }
        guard let seconds = Arguments.number(1), seconds > 0 else {
            print("usage: soak SECONDS [SEED]")
            Manager.exit(status: 2)
        }
        let seed = Arguments.number(2) ?? 1
        var run = Run(seed: seed)
        run.warmUp()
        let before = freeFrames()
        run.go(milliseconds: seconds &* 1000)
        run.cool()
        let after = freeFrames()
        var line: Text = "soak: \(seconds) s, seed \(seed): \(run.spawned) spawned, \(run.killed) killed, "
        line.append("\(run.messages) messages, \(run.reads) reads, \(run.driversKilled) drivers killed; " as Text)
        line.append("\(after) pages free" as Text)
        if after == before { line.append(" as before") } else { line.append(" instead of \(before)" as Text) }
        print(line)
        guard run.failures == 0, after == before else {
            print("soak: FAILED, \(run.failures) failures")
            Manager.exit(status: 1)
        }
    }

    static func freeFrames() -> UInt32 {
        ((try? System(slot: ProgramSlot.system).memory()) ?? nil)?.freeFrames ?? 0
    }
}

/// Numbers that look random, and are the same for the same seed (Marsaglia's xorshift with 32 bits).
struct Generator {
    private var state: UInt32

    init(seed: UInt32) { state = seed == 0 ? 1 : seed }

    /// 0 ..< `bound`.
    mutating func next(below bound: UInt32) -> UInt32 {
        state ^= state << 13
        state ^= state >> 17
        state ^= state << 5
        return state % bound
    }
}

/// What a child does.
enum Errand {
    static func play() -> Never {
        let argument = Arguments.number(3) ?? 0
        if Arguments.is(2, "exit") { Manager.exit(status: argument) }
        if Arguments.is(2, "sleep") {
            Thread.sleep(milliseconds: argument)
            Manager.exit(status: argument)
        }
        if Arguments.is(2, "hoard") {
            // Memory that it never gives back.
            for page in 0..<argument {
                let address = ProgramLayout.free.lowerBound + page * pageSize
                _ = try? Process.current.map(address, length: pageSize, access: .write)
            }
            Manager.exit(status: argument)
        }
        if Arguments.is(2, "spawn") {
            // A child of its own, left behind.
            let program = Program("bin/soak")
            program.add(argument: "child")
            program.add(argument: "sleep")
            program.add(argument: "20")
            Manager.exit(status: (try? program.spawn()) == nil ? 0 : argument)
        }
        if Arguments.is(2, "fault") {
            Manager.exit(status: UInt32(UnsafePointer<UInt8>(bitPattern: 0x1000)?.pointee ?? 0))
        }
        if Arguments.is(2, "serve"), let service = try? Service.register("soak") {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 4)
            service.serve(buffer: buffer) { request in
                request.reply(request.word0 &+ 1, bytes: request.bytes)
            }
        }
        Manager.exit(status: 0xFFFF)
    }
}
