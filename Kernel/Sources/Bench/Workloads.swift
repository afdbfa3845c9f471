import CUser
import User

/// The work itself. Each returns a number that depends on every iteration; nil means that memory is missing.
enum Workloads {
    /// Memory that the workloads use.
    private static var area: UInt32 { ProgramLayout.free.lowerBound }

    /// xorshift32 (Marsaglia, 2003), a multiplication, and sometimes a division.
    static func compute(_ iterations: UInt32) -> UInt32 {
        var state: UInt32 = 0x2545_F491
        var sum: UInt32 = 0
        for _ in 0..<iterations {
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
            sum = sum &* 31 &+ state
            if state & 15 == 0 { sum ^= state / (sum | 1) }
        }
        return sum
    }

    /// Adds to one word after the other of 256 KiB, in steps that leave every cache line quickly.
    static func memory(_ iterations: UInt32) -> UInt32? {
        let bytes: UInt32 = 256 << 10
        guard (try? Process.current.map(area, length: bytes, access: .write)) != nil,
            let words = UnsafeMutablePointer<UInt32>(bitPattern: UInt(area))
        else { return nil }
        let mask = Int(bytes / 4 - 1)
        var index = 0
        var sum: UInt32 = 0
        for step in 0..<iterations {
            // Valid: the mask keeps the index inside the mapped words.
            words[index & mask] &+= step ^ sum
            sum = sum &+ words[(index &* 5) & mask]
            index &+= 17
        }
        _ = try? Process.current.unmap(area, length: bytes)
        return sum
    }

    static func recursion(_ iterations: UInt32) -> UInt32 {
        var sum: UInt32 = 0
        // Which number depends on the last result, or the compiler would compute it once before the loop.
        for iteration in 0..<iterations { sum = sum &* 7 &+ fibonacci(14 &+ sum & 1) &+ iteration }
        return sum
    }

    @inline(never)
    private static func fibonacci(_ number: UInt32) -> UInt32 {
        number < 2 ? number : fibonacci(number - 1) &+ fibonacci(number - 2)
    }

    /// Calls one of eight functions, chosen by what the last one returned.
    static func branches(_ iterations: UInt32) -> UInt32 {
        var table = InlineArray<8, @convention(c) (UInt32) -> UInt32>(repeating: { $0 &+ 1 })
        table[1] = { $0 &* 3 }
        table[2] = { $0 ^ 0x5A5A_5A5A }
        table[3] = { $0 << 7 | $0 >> 25 }
        table[4] = { $0 &- 0x1234_5678 }
        table[5] = { ~$0 }
        table[6] = { $0 &* 0x9E37_79B1 }
        table[7] = { $0 >> 3 ^ $0 }
        var value: UInt32 = 0x0BAD_F00D
        for iteration in 0..<iterations {
            value = table[Int((value ^ iteration) & 7)](value) &+ iteration
        }
        return value
    }

    static func calls(_ iterations: UInt32) -> UInt32 {
        var sum: UInt32 = 1
        for iteration in 0..<iterations {
            sum = sum &* 3 &+ UInt32(bitPattern: system_call_plain(SystemCall.yield.rawValue)) &+ iteration
        }
        return sum
    }

    /// Touches pages that the process manager has to supply, 64 at a time, and gives them back.
    static func faults(_ iterations: UInt32) -> UInt32? {
        let pages: UInt32 = 64
        guard (try? Manager.reserve(area, length: pages * pageSize)) != nil else { return nil }
        var sum: UInt32 = 0
        var done: UInt32 = 0
        while done < iterations {
            let count = min(pages, iterations - done)
            for page in 0..<count {
                let address = area + page * pageSize + (page & 1023) * 4
                memory_write32(address, memory_read32(address) &+ page &+ done)
                sum = sum &* 31 &+ memory_read32(address)
            }
            guard let freed = try? Process.current.unmap(area, length: pages * pageSize), freed == count else {
                return nil
            }
            done += count
        }
        return sum
    }
}
