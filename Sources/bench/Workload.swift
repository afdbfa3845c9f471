/// One of the things that are measured.
struct Workload: Sendable {
    let name: String
    let program: Program
    let summary: String
    /// The smallest number of iterations worth measuring; all contestants must give the same result for it.
    let check: UInt32
    /// Whether two correct processors give the same result.
    var isExact = true
    /// Whether a user's process can do it, so that the host's own processor is a contestant.
    var isUserCode = true

    /// Who does the work: `Workloads/` on the bare machine (or as a process), or the kernel's own `bench`.
    enum Program: Hashable, Sendable {
        case bare, kernel

        /// What ends an answer.
        var prompt: String {
            switch self {
            case .bare: "\nbench> "
            case .kernel: "\nmartlet> "
            }
        }
    }

    /// What is typed at the prompt.
    func command(iterations: UInt32) -> String {
        switch program {
        case .bare: "\(name) \(iterations)"
        case .kernel: "bench \(name.dropFirst("kernel-".count)) \(iterations)"
        }
    }

    static let all = [
        Workload(name: "compute", program: .bare, summary: "arithmetic in registers", check: 10_000),
        Workload(name: "memory", program: .bare, summary: "loads and stores over 256 KiB", check: 10_000),
        Workload(name: "recursion", program: .bare, summary: "calls and returns", check: 10),
        Workload(name: "branches", program: .bare, summary: "indirect calls", check: 10_000),
        Workload(name: "sieve", program: .bare, summary: "Eratosthenes' sieve of 8 KiB", check: 5),
        Workload(name: "crc", program: .bare, summary: "CRC-32 by table", check: 20),
        Workload(name: "sort", program: .bare, summary: "quicksort of 1024 words", check: 5),
        Workload(name: "divide", program: .bare, summary: "div, idiv, mul, imul", check: 5_000),
        Workload(name: "bits", program: .bare, summary: "bsf, bts, rcl, shld, bswap, setcc", check: 5_000),
        Workload(name: "copy", program: .bare, summary: "rep movs and stos over 4 KiB", check: 20),
        Workload(name: "scan", program: .bare, summary: "rep cmps and scas over 4 KiB", check: 20),
        Workload(name: "x87", program: .bare, summary: "80-bit arithmetic", check: 100),
        Workload(
            name: "x87functions", program: .bare, summary: "fsin, fcos, fpatan, f2xm1, fyl2x", check: 500,
            isExact: false),
        Workload(name: "sse", program: .bare, summary: "packed and scalar single precision", check: 1_000),
        Workload(name: "sse2", program: .bare, summary: "scalar and packed double precision", check: 1_000),
        Workload(name: "sse2integer", program: .bare, summary: "packed integers in xmm registers", check: 1_000),
        Workload(name: "mmx", program: .bare, summary: "packed integers in mm registers", check: 1_000),
        Workload(name: "patch", program: .bare, summary: "self-modifying code", check: 500),
        Workload(
            name: "pages", program: .bare, summary: "words in 1024 pages, CR3 reloaded", check: 2_000, isUserCode: false
        ),
        Workload(name: "faults", program: .bare, summary: "page faults, invlpg", check: 500, isUserCode: false),
        Workload(name: "interrupts", program: .bare, summary: "system calls by int 80h", check: 500, isUserCode: false),
        Workload(name: "sysenter", program: .bare, summary: "system calls by sysenter", check: 500, isUserCode: false),
        Workload(name: "ports", program: .bare, summary: "port input and output", check: 500, isUserCode: false),
        Workload(name: "disk", program: .bare, summary: "ATA sectors by rep insw", check: 20, isUserCode: false),
        Workload(
            name: "kernel-calls", program: .kernel, summary: "our kernel's system calls", check: 1_000,
            isUserCode: false),
        Workload(
            name: "kernel-faults", program: .kernel, summary: "page faults answered by a process", check: 64,
            isUserCode: false),
    ]
}
