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

/// A program to learn from.
func example(_ target: String) -> Target {
    .executableTarget(
        name: target, dependencies: ["User"], path: "Sources/Examples/\(target)", linkerSettings: layout("program.ld"))
}

let package = Package(
    name: "MartletKernel",
    products: [
        .executable(name: "kernel", targets: ["Kernel"]),
        .executable(name: "process-manager", targets: ["ProcessManager"]),
        .executable(name: "shell", targets: ["Shell"]),
        .executable(name: "screen", targets: ["ScreenDriver"]),
        .executable(name: "serial", targets: ["SerialDriver"]),
        .executable(name: "keyboard", targets: ["KeyboardDriver"]),
        .executable(name: "console", targets: ["Console"]),
        .executable(name: "clock", targets: ["ClockDriver"]),
        .executable(name: "disk", targets: ["DiskDriver"]),
        .executable(name: "power-off", targets: ["PowerOff"]),
        .executable(name: "hello", targets: ["Hello"]),
        .executable(name: "deadlock", targets: ["Deadlock"]),
        .executable(name: "echo-server", targets: ["EchoServer"]),
        .executable(name: "echo-client", targets: ["EchoClient"]),
        .executable(name: "date", targets: ["Date"]),
        .executable(name: "disk-dump", targets: ["DiskDump"]),
        .executable(name: "tour", targets: ["Tour"]),
        .executable(name: "self-test", targets: ["SelfTest"]),
        .executable(name: "manager-test", targets: ["ManagerTest"]),
        .executable(name: "soak", targets: ["Soak"]),
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
        .target(name: "ServiceProtocols"),
        .target(
            name: "User",
            dependencies: ["KernelABI", "CUser", "CRuntime", "ServiceProtocols", "TerminalInput", "UserText"]),
        .target(name: "ManagerLogic", dependencies: ["ServiceProtocols"]),
        program("ProcessManager", "ELF", "ManagerLogic", "USTAR"),
        .target(name: "DeviceLogic", dependencies: ["ServiceProtocols"]),
        .target(name: "InputChannel", dependencies: ["TerminalInput", "User"]),
        program("ScreenDriver", "DeviceLogic"),
        program("SerialDriver", "InputChannel"),
        program("KeyboardDriver", "InputChannel", "TerminalInput"),
        program("Console", "InputChannel", "TerminalInput"),
        program("ClockDriver", "DeviceLogic"),
        program("DiskDriver", "DeviceLogic"),
        .target(name: "ACPI"),
        program("PowerOff", "ACPI"),
        program("Shell", "TerminalInput", "ShellLogic"),
        .target(name: "CSelfTest"),
        program("SelfTest", "CSelfTest"),
        program("ManagerTest"),
        program("Soak"),
        example("Hello"),
        example("Deadlock"),
        example("EchoServer"),
        example("EchoClient"),
        example("Date"),
        example("DiskDump"),
        example("Tour"),
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
