import User

/// Programs that run beside the shell.
struct Jobs {
    private static var capacity: Int { 16 }

    /// A program that was started with `&`.
    private struct Job {
        var number: UInt32
        var name: Text
    }

    private var jobs: [Job] = []

    /// Takes the memory for all jobs now: a shell must live on when there is none left.
    init() { jobs.reserveCapacity(Self.capacity) }

    /// Whether there is room for another one.
    var hasRoom: Bool { jobs.count < Self.capacity }

    mutating func add(_ child: Child, name: Text) { jobs.append(Job(number: child.number, name: name)) }

    /// Says which have ended since the last time.
    mutating func reportEnded() {
        while let (child, end) = Child.ended() { report(child, end) }
    }

    /// Waits until one ends, or all.
    mutating func wait(for number: UInt32?) throws(ManagerError) {
        if let number {
            report(Child(number: number), try Child(number: number).wait())
        } else {
            // One at a time, so that Control-C ends what is waited for.
            while let job = jobs.first { try wait(for: job.number) }
        }
    }

    func list() {
        for job in jobs { print("\(job.number, width: 6)  \(job.name)") }
    }

    private mutating func report(_ child: Child, _ end: ProcessEnd) {
        guard let index = jobs.firstIndex(where: { $0.number == child.number }) else { return }
        let job = jobs.remove(at: index)
        print("process \(job.number), \(job.name): \(end.words)")
    }
}

extension ProcessEnd {
    /// As the shell says it.
    var words: Text {
        switch self {
        case .exited(status: 0): "done"
        case .exited(let status): "exit status \(status)"
        case .faulted: "crashed"
        case .killed: "killed"
        }
    }
}
