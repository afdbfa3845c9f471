import Foundation

@testable import Processor

/// The host's own processor in 32-bit mode: `NativeRunner/runner.c`, built with the toolchain's clang, in a process of
/// its own.
///
/// Cases and results travel through a file that both processes map; the structures below are those of `runner.c`. A
/// batch is prepared in place (``data``, ``cases``), executed by ``run(count:)``, and answered in ``results``:
///
///     let native = try #require(NativeProcessor())
///     var test = NativeCase()
///     test.general[0] = 5
///     test.setCode([0xD9, 0xE8])        // fld1
///     let result = native.run(test)     // result.fx.st(0)
final class NativeProcessor {
    /// Two pages of code.
    static let code: UInt32 = 0x10_0000
    /// A jump to here ends a case, by another jump to ``finishTarget``.
    static let finish: UInt32 = 0x10_07A3
    /// Where the runner saves the registers. The linker puts it here, so that the bytes at ``finish`` are always the
    /// same: a case may read them.
    static let finishTarget: UInt32 = 0x5B00_0000
    static let codeEnd: UInt32 = 0x10_2000
    /// Where the code of most cases begins.
    static let start: UInt32 = 0x10_0800
    /// Two pages that can be written, then one that can only be read; unmapped pages on both sides.
    static let data: UInt32 = 0x10_3000
    static let writableSize: UInt32 = 0x2000
    static let dataSize: UInt32 = 0x3000
    /// Where the runner itself is: no case may go there.
    static let ownAddresses: Range<UInt32> = 0x5A00_0000..<0x7000_0000
    /// Cases per batch.
    static let batchSize = 256

    /// The selectors of Linux for flat segments of a 32-bit program.
    static let flatCode: UInt32 = 0x23
    static let flatData: UInt32 = 0x2B

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    /// Valid until `deinit`; the runner touches it only between the two bytes of ``run(count:)``.
    private let shared: UnsafeMutableRawPointer

    private enum Layout {
        static let processorNumber = 8
        static let descriptors = 16
        static let data = 4096
        static let cases = data + Int(NativeProcessor.dataSize)
        static let results = cases + batchSize * MemoryLayout<NativeCase>.stride
        static let size = results + batchSize * MemoryLayout<NativeResult>.stride
    }

    /// Whether this host executes i386 programs and has a compiler for them.
    static let isAvailable: Bool = {
        #if os(Linux) && arch(x86_64)
            return executable != nil
        #else
            return false
        #endif
    }()

    private static let executable: URL? = {
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "NativeRunner/runner.c")
        let target = FileManager.default.temporaryDirectory.appending(
            path: "martlet-native-runner-\(ProcessInfo.processInfo.processIdentifier)")
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/env")
        compiler.arguments = [
            "clang", "--target=i386-unknown-linux-gnu", "-m32", "-O2", "-nostdlib", "-static", "-ffreestanding",
            "-fno-stack-protector", "-mgeneral-regs-only", "-fuse-ld=lld", "-Wl,--image-base=0x5a000000",
            "-Wl,--section-start=.finish=0x\(String(finishTarget, radix: 16))", "-o",
            target.path, source.path,
        ]
        guard (try? compiler.run()) != nil else { return nil }
        compiler.waitUntilExit()
        return compiler.terminationStatus == 0 ? target : nil
    }()

    init?() {
        guard let executable = Self.executable, MemoryLayout<NativeCase>.stride == 880,
            MemoryLayout<NativeResult>.stride == 2128
        else { return nil }
        let file = FileManager.default.temporaryDirectory.appending(path: "martlet-native-\(UUID().uuidString)")
        guard FileManager.default.createFile(atPath: file.path, contents: nil),
            let handle = try? FileHandle(forUpdating: file)
        else { return nil }
        defer { try? FileManager.default.removeItem(at: file) }
        guard (try? handle.truncate(atOffset: UInt64(Layout.size))) != nil,
            let mapping = mmap(nil, Layout.size, PROT_READ | PROT_WRITE, MAP_SHARED, handle.fileDescriptor, 0),
            mapping != MAP_FAILED
        else { return nil }
        shared = mapping
        // A runner that has died shows in the result of `run`.
        signal(SIGPIPE, SIG_IGN)
        process.executableURL = executable
        process.standardInput = input
        process.standardOutput = output
        process.standardError = handle
        guard (try? process.run()) != nil else { return nil }
        (shared + Layout.cases).initializeMemory(as: NativeCase.self, repeating: NativeCase(), count: Self.batchSize)
        (shared + Layout.results).initializeMemory(
            as: NativeResult.self, repeating: NativeResult(), count: Self.batchSize)
        let words = (shared + Layout.descriptors).bindMemory(to: UInt32.self, capacity: LocalDescriptor.all.count * 4)
        for (index, descriptor) in LocalDescriptor.all.enumerated() {
            words[index * 4] = UInt32(index)
            words[index * 4 + 1] = descriptor.base
            words[index * 4 + 2] = descriptor.limit
            words[index * 4 + 3] = descriptor.linuxFlags
        }
        shared.storeBytes(of: UInt32(LocalDescriptor.all.count), toByteOffset: 4, as: UInt32.self)
        guard run(count: 0) else { return nil }
    }

    /// Linux tells programs which processor they run on by the limit of segment 78h. The runner stays on that one; nil
    /// if there is no such segment.
    var processorNumber: UInt32? {
        let limit = shared.load(fromByteOffset: Layout.processorNumber, as: UInt32.self)
        return limit == ~0 ? nil : limit
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        munmap(shared, Layout.size)
    }

    /// What the three data pages hold before each case of the next batch.
    var data: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: shared + Layout.data, count: Int(Self.dataSize))
    }

    /// The cases of the next batch.
    var cases: UnsafeMutableBufferPointer<NativeCase> {
        UnsafeMutableBufferPointer(
            start: (shared + Layout.cases).assumingMemoryBound(to: NativeCase.self), count: Self.batchSize)
    }

    /// What the last batch did.
    var results: UnsafeBufferPointer<NativeResult> {
        UnsafeBufferPointer(
            start: (shared + Layout.results).assumingMemoryBound(to: NativeResult.self), count: Self.batchSize)
    }

    /// Executes the first `count` of ``cases``. False if the runner has died.
    func run(count: Int) -> Bool {
        shared.storeBytes(of: UInt32(min(count, Self.batchSize)), as: UInt32.self)
        guard (try? input.fileHandleForWriting.write(contentsOf: Data([1]))) != nil,
            let answer = try? output.fileHandleForReading.read(upToCount: 1)
        else { return false }
        return answer.count == 1
    }

    /// Executes one case; nil if the runner has died.
    func run(_ test: NativeCase) -> NativeResult? {
        cases[0] = test
        return run(count: 1) ? results[0] : nil
    }
}

/// The state before the instructions under test.
struct NativeCase {
    /// EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI.
    var general = InlineArray<8, UInt32>(repeating: 0)
    /// TF must be clear.
    var eflags: UInt32 = 0x202
    /// The linear address of the code.
    var eip = NativeProcessor.start
    /// ES, CS, SS, DS, FS, GS.
    var selectors: InlineArray<6, UInt32> = [
        NativeProcessor.flatData, NativeProcessor.flatCode, NativeProcessor.flatData, NativeProcessor.flatData, 0, 0,
    ]
    var codeLength: UInt32 = 0
    var pokeCount: UInt32 = 0
    var code = InlineArray<96, UInt8>(repeating: 0)
    /// Pairs of an address in the writable pages and a doubleword to put there.
    var pokes = InlineArray<48, UInt32>(repeating: 0)
    /// The base of the code segment.
    var codeBase: UInt32 = 0
    private var unused: UInt32 = 0
    /// The x87 FPU, MMX and SSE.
    var fx = FXImage()

    init() {
        general[4] = NativeProcessor.data + 0x1000
    }

    /// Puts `bytes` at ``eip``, and behind them the jump that ends the case. With other segments than the flat ones, or
    /// where the code changes them, `jumps` must be false: then a breakpoint ends the case.
    mutating func setCode(_ bytes: [UInt8], jumps: Bool = true) {
        let room = min(Int(NativeProcessor.codeEnd - eip), 96)
        var all = bytes
        if jumps {
            let distance = NativeProcessor.finish &- (eip &+ UInt32(bytes.count) &+ 5)
            all.append(0xE9)
            for shift in 0..<4 as Range<UInt32> { all.append(UInt8(truncatingIfNeeded: distance >> (shift * 8))) }
        }
        all = Array(all.prefix(room))
        for index in all.indices { code[index] = all[index] }
        codeLength = UInt32(all.count)
    }

    /// Puts a doubleword into memory. What lies outside the writable pages is left out.
    mutating func poke(_ address: UInt32, _ value: UInt32) {
        let offset = address &- NativeProcessor.data
        guard pokeCount < 24, offset <= NativeProcessor.writableSize - 4 else { return }
        pokes[Int(pokeCount) * 2] = address
        pokes[Int(pokeCount) * 2 + 1] = value
        pokeCount += 1
    }

    var bytes: [UInt8] { (0..<Int(codeLength)).map { code[$0] } }

    /// Whether the code ran to its end: the jump or the breakpoint there.
    func isComplete(_ result: NativeResult) -> Bool {
        result.isComplete || result.vector == 3 && codeBase &+ result.eip == eip &+ codeLength &+ 1
    }
}

/// The state behind them.
struct NativeResult {
    var general = InlineArray<8, UInt32>(repeating: 0)
    var eflags: UInt32 = 0
    /// Offset in the code segment.
    var eip: UInt32 = 0
    /// ES, CS, SS, DS, FS, GS.
    var selectors = InlineArray<6, UInt32>(repeating: 0)
    /// What ended the case; 3 with `eip` just behind ``NativeProcessor/finish`` is its regular end.
    var vector: UInt32 = 0
    var errorCode: UInt32 = 0
    /// The address of a page fault, otherwise 0.
    var cr2: UInt32 = 0
    /// How many doublewords of the writable pages, and of the code around the start, are not what they were; pokes
    /// count.
    var changeCount: UInt32 = 0
    var fx = FXImage()
    /// Pairs of an address and what it holds now, the first 192.
    var changes = InlineArray<384, UInt32>(repeating: 0)

    /// ``vector`` of a case that did not end.
    static let notEnding: UInt32 = 254

    /// The case ran to its end.
    var isComplete: Bool { vector == 3 && eip == NativeProcessor.finish + 1 }
    /// Natively, a case with this result of ours would meet the runner itself; or Linux would take its signal stack for
    /// the one in use.
    var meetsRunner: Bool {
        vector == 14 && NativeProcessor.ownAddresses.contains(cr2) || NativeProcessor.ownAddresses.contains(general[4])
    }
    /// `eip` is that of the instruction at fault: not behind a trap (#DB, #BP, #OF).
    var isFault: Bool { ![1, 3, 4, Self.notEnding].contains(vector) }

    /// Makes a page fault at ``NativeProcessor/finishTarget``, where natively the runner is, the regular end.
    mutating func finish() {
        (vector, errorCode, cr2, eip) = (3, 0, 0, NativeProcessor.finish + 1)
        eflags &= ~Flag.resume
    }

    mutating func noteChange(_ address: UInt32, _ value: UInt32) {
        if changeCount < 192 {
            changes[Int(changeCount) * 2] = address
            changes[Int(changeCount) * 2 + 1] = value
        }
        changeCount += 1
    }
}
