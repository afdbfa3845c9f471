// swift-tools-version: 6.1
import PackageDescription

// The bare-metal half of Martlet: microkernel, process manager and programs, all for `i686-unknown-none-elf`.
//
//     swift build --package-path Kernel -c release --triple i686-unknown-none-elf --toolset Kernel/toolset.json
//
// What holds for every target (Embedded Swift, an i486 as the least processor, no floating point, static linking) is in
// `toolset.json`; what differs between kernel and programs (the linker script) is here.

/// Linker settings of an executable laid out by the linker script `script` in this directory.
func layout(_ script: String) -> [LinkerSetting] {
    [.unsafeFlags(["-Xlinker", "-T", "-Xlinker", "\(Context.packageDirectory)/\(script)"])]
}

/// A program for ring 3: its own Swift, the user library, pure logic, and the layout of programs.
func program(_ target: String, _ logic: String...) -> Target {
    .executableTarget(
        name: target, dependencies: ["User"] + logic.map { .init(stringLiteral: $0) },
        linkerSettings: layout("program.ld"))
}

let package = Package(
    name: "MartletKernel",
    products: [
        .executable(name: "kernel", targets: ["Kernel"]),
        .executable(name: "process-manager", targets: ["ProcessManager"]),
        .executable(name: "shell", targets: ["Shell"]),
        .executable(name: "console", targets: ["ConsoleDriver"]),
        .executable(name: "hello", targets: ["Hello"]),
        .executable(name: "self-test", targets: ["SelfTest"]),
        .executable(name: "crash-null", targets: ["CrashNull"]),
        .executable(name: "crash-privileged", targets: ["CrashPrivileged"]),
        .executable(name: "crash-stack", targets: ["CrashStack"]),
        .executable(name: "bench", targets: ["Bench"]),
        .executable(name: "fuzz", targets: ["Fuzz"]),
    ],
    targets: [
        // Shared by kernel and user space: the contract between them, and what both need below the language.
        .target(name: "KernelABI"),
        .target(name: "CRuntime"),
        .target(name: "ELF"),
        .target(name: "USTAR"),
        .target(name: "KernelImage"),

        // The microkernel. KernelLogic touches no hardware, and the root package tests it on the host.
        .target(name: "KernelLogic", dependencies: ["KernelABI"]),
        .target(name: "KernelAssembly"),
        .executableTarget(
            name: "Kernel",
            dependencies: ["KernelABI", "KernelLogic", "KernelAssembly", "KernelImage", "CRuntime", "ELF"],
            linkerSettings: layout("kernel.ld")),

        // User space.
        .target(name: "CUser"),
        .target(name: "UserText"),
        .target(name: "TerminalInput"),
        .target(name: "ShellLogic"),
        .target(name: "User", dependencies: ["KernelABI", "CUser", "CRuntime", "UserText"]),
        .executableTarget(
            name: "ProcessManager", dependencies: ["User", "ELF", "USTAR"], linkerSettings: layout("program.ld")),
        program("ConsoleDriver", "TerminalInput"),
        program("Shell", "TerminalInput", "ShellLogic"),
        program("Hello"),
        .target(name: "CSelfTest"),
        program("SelfTest", "CSelfTest"),
        program("CrashNull"),
        program("CrashPrivileged"),
        program("CrashStack"),
        .target(name: "CBench"),
        program("Bench", "CBench"),
        .target(name: "CFuzz"),
        program("Fuzz", "CFuzz"),
    ],
    swiftLanguageModes: [.v6]
)
