#if os(Linux) && arch(x86_64)
    import Glibc

    /// The host's own FPU: executes one x87 instruction on a whole state and says what it made of it.
    ///
    /// `frstor` loads the state and `fnsave`, which raises no exception, stores it again, so that unmasked exceptions
    /// need no signal. In 64-bit mode these are the same instructions with the same 108 bytes.
    final class HostFPU {
        /// An instruction in machine code between the two.
        struct Instruction {
            fileprivate let entry: @convention(c) (
                UnsafeMutableRawPointer, UnsafeMutableRawPointer, UInt, UnsafeMutablePointer<UInt32>
            ) -> UInt
        }

        static let imageSize = 108
        private let code: UnsafeMutableRawPointer
        private var used = 0
        private static let capacity = 1 << 20

        init?() {
            let pages = mmap(nil, Self.capacity, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let pages, pages != MAP_FAILED else { return nil }
            code = pages
        }

        deinit {
            munmap(code, Self.capacity)
        }

        /// `bytes` may address memory by RSI.
        func prepare(_ bytes: [UInt8]) -> Instruction {
            let start = code + used
            let all: [UInt8] =
                [0x52, 0x9D, 0xDD, 0x27]  // push rdx; popfq; frstor [rdi]
                + bytes
                + [0x89, 0x01, 0x9C, 0x58, 0xDD, 0x37, 0xC3]  // mov [rcx], eax; pushfq; pop rax; fnsave [rdi]; ret
            precondition(used + all.count <= Self.capacity)
            start.copyMemory(from: all, byteCount: all.count)
            used += (all.count + 15) & ~15
            // Valid: the bytes are a function of the C calling convention with this signature.
            return Instruction(entry: unsafeBitCast(start, to: type(of: Instruction.none)))
        }

        /// Executes `instruction` on the state in `image` (as `fsave` lays it out) with memory operand `memory`, and
        /// puts the state afterwards into `image`. Returns EFLAGS, which begin as `flags`, and AX.
        func run(
            _ instruction: Instruction, image: UnsafeMutableRawPointer, memory: UnsafeMutableRawPointer,
            flags: UInt = 0x202
        ) -> (flags: UInt, accumulator: UInt32) {
            var accumulator: UInt32 = 0
            let result = instruction.entry(image, memory, flags, &accumulator)
            return (result, accumulator)
        }
    }

    extension HostFPU.Instruction {
        /// For its type.
        fileprivate static let none:
            @convention(c) (
                UnsafeMutableRawPointer, UnsafeMutableRawPointer, UInt, UnsafeMutablePointer<UInt32>
            ) -> UInt = { _, _, _, _ in 0 }
    }
#endif
