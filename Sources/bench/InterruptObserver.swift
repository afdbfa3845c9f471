import Debugger
import Machine

/// Watches a machine for the way from an interrupt to the driver that it is for.
///
/// It begins when the processor leaves a program without a system call, or `hlt`, and ends with the next instruction of
/// another program. The delivery by the processor is no instruction, and not counted.
final class InterruptObserver {
    private let debugger: Debugger
    private let counter: InstructionCounter
    private var remove: (() -> Void)?
    private var lastStep: UInt64?
    /// What ran last: nothing, a program (in which address space, and whether it has made a call), or the kernel.
    private enum Last { case halted, program(UInt32, call: Bool), kernel }
    private var last = Last.kernel
    /// The counts when the present stay in the kernel began, and whose program was interrupted; nil if it is no
    /// interrupt.
    private var interruption: (counts: [Int], directory: UInt32?)?
    private var found: [(name: String, count: Int)]?

    init(_ debugger: Debugger) {
        self.debugger = debugger
        counter = InstructionCounter(debugger)
        remove = debugger.machine.processor.addObserver { [unowned self] in look() }
    }

    func end() {
        remove?()
        remove = nil
    }

    /// Makes the serial port interrupt some times; returns the instructions of the cheapest way to its driver.
    func cheapest(of machine: Machine) throws -> [(name: String, count: Int)] {
        var cheapest: [(name: String, count: Int)]?
        for _ in 0..<10 {
            found = nil
            interruption = nil
            machine.inject(.serial([0x20], port: 0))
            _ = machine.run(forNanoseconds: 30_000_000)
            guard let found else { continue }
            if cheapest.map({ total($0) > total(found) }) ?? true { cheapest = found }
        }
        guard let cheapest else { throw BenchFailure("no interrupt has led to a driver") }
        return cheapest
    }

    private func total(_ parts: [(name: String, count: Int)]) -> Int { parts.reduce(0) { $0 + $1.count } }

    private func look() {
        let state = debugger.machine.processor.state
        guard state.pointee.steps != lastStep else { return }
        lastStep = state.pointee.steps
        if state.pointee.halted {
            last = .halted
            return
        }
        let eip = state.pointee.eip
        guard state.pointee.cpl == 3 else {
            switch last {
            case .halted: interruption = (counter.counts, nil)
            case .program(let directory, call: false): interruption = (counter.counts, directory)
            case .program(_, call: true): interruption = nil
            case .kernel: break
            }
            last = .kernel
            counter.countKernel(eip)
            return
        }
        if case .kernel = last, let interruption, interruption.directory != state.pointee.cr3, found == nil {
            found = counter.spent(since: interruption.counts)
        }
        let code = debugger.readMemory(at: eip, count: 2)
        last = .program(state.pointee.cr3, call: code == [0x0F, 0x34] || code == [0xCD, 0x80])
        counter.countProgram()
    }
}
