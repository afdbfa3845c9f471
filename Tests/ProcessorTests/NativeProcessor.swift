import Foundation

/// The host's own processor in 32-bit mode: `NativeRunner/runner.c`, built with the toolchain's clang, in a process of
/// its own.
final class NativeProcessor {
    static let code: UInt32 = 0x10_0000
    static let start: UInt32 = 0x10_0800
    static let data: UInt32 = 0x20_0000
    static let dataSize = 1024

    struct Case {
        var general = InlineArray<8, UInt32>(repeating: 0)
        var eflags: UInt32 = 0x202
        var bytes: [UInt8] = []
        var data: [UInt8] = []
    }

    struct Result: Equatable {
        var general: [UInt32]
        var eflags: UInt32
        var eip: UInt32
        var vector: UInt32
        var data: [UInt8]
    }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

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
            "clang", "--target=i386-unknown-linux-gnu", "-m32", "-O1", "-nostdlib", "-static", "-ffreestanding",
            "-fno-stack-protector", "-mno-sse", "-fuse-ld=lld", "-o", target.path, source.path,
        ]
        guard (try? compiler.run()) != nil else { return nil }
        compiler.waitUntilExit()
        return compiler.terminationStatus == 0 ? target : nil
    }()

    init?() {
        guard let executable = Self.executable else { return nil }
        // A runner that has died shows in the number of results.
        signal(SIGPIPE, SIG_IGN)
        process.executableURL = executable
        process.standardInput = input
        process.standardOutput = output
        guard (try? process.run()) != nil else { return nil }
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Executes up to 32 cases; more would fill the pipes.
    func run(_ cases: [Case]) -> [Result] {
        var bytes = [UInt8]()
        for test in cases {
            for index in 0..<8 { append(test.general[index], to: &bytes) }
            append(test.eflags, to: &bytes)
            append(UInt32(test.bytes.count), to: &bytes)
            bytes += test.bytes + Array(repeating: 0, count: 16 - test.bytes.count)
            bytes += test.data
        }
        guard (try? input.fileHandleForWriting.write(contentsOf: Data(bytes))) != nil else { return [] }
        let size = 11 * 4 + Self.dataSize
        var results: [Result] = []
        for _ in cases {
            var answer = [UInt8]()
            while answer.count < size {
                guard let part = try? output.fileHandleForReading.read(upToCount: size - answer.count), !part.isEmpty
                else { return results }
                answer += part
            }
            let words = (0..<11).map { word in
                answer[word * 4..<word * 4 + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }
            results.append(
                Result(
                    general: Array(words[0..<8]), eflags: words[8], eip: words[9], vector: words[10],
                    data: Array(answer[44...])))
        }
        return results
    }

    private func append(_ value: UInt32, to bytes: inout [UInt8]) {
        for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(shift * 8))) }
    }
}
