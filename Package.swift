// swift-tools-version: 6.1
import PackageDescription

/// The interpreter's modules are compiled with optimisation even by `swift run`, which builds for debugging: an
/// unoptimised interpreter is 10 to 30 times slower. SwiftPM refuses `unsafeFlags` in a package that others depend on,
/// so the flags are dropped when this package is itself a dependency (SwiftPM keeps those in a `checkouts` folder).
let isDependency = Context.packageDirectory.contains("/checkouts/")

/// LLVM puts a copy of the interpreter's dispatch behind each instruction handler, so that the host predicts each by
/// itself, but for switches as large as ours only if asked (measured: up to twice the speed).
let replicatedDispatch = ["-Xllvm", "-tail-dup-pred-size=4096", "-Xllvm", "-tail-dup-succ-size=4096"]

let optimised: [SwiftSetting] =
    isDependency
    ? []
    : [
        .unsafeFlags(
            ["-O", "-whole-module-optimization", "-num-threads", "2", "-disable-batch-mode"],
            .when(configuration: .debug)),
        .unsafeFlags(["-enforce-exclusivity=unchecked"] + replicatedDispatch),
    ]

let package = Package(
    name: "Martlet",
    products: [
        .library(name: "Processor", targets: ["Processor"]),
        .library(name: "Machine", targets: ["Machine"]),
        .library(name: "Disassembler", targets: ["Disassembler"]),
        .library(name: "Debugger", targets: ["Debugger"]),
        .library(name: "GDBRemote", targets: ["GDBRemote"]),
        .library(name: "DebugAdapter", targets: ["DebugAdapter"]),
        .executable(name: "vm", targets: ["vm"]),
        .executable(name: "mkimage", targets: ["mkimage"]),
        .executable(name: "mkrom", targets: ["mkrom"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .target(name: "Processor", swiftSettings: optimised),
        .target(name: "RandomTestSupport", path: "Tests/RandomTestSupport", swiftSettings: optimised),
        .testTarget(
            name: "ProcessorTests", dependencies: ["Processor", "RandomTestSupport"],
            exclude: ["FloatingPointVectors", "NativeRunner"], swiftSettings: optimised),
        .target(name: "Machine", dependencies: ["Processor"], swiftSettings: optimised),
        .target(name: "Disassembler", dependencies: ["Processor"], swiftSettings: optimised),
        .target(name: "ToolchainTestSupport", path: "Tests/ToolchainTestSupport"),
        .testTarget(
            name: "DisassemblerTests", dependencies: ["Disassembler", "Processor", "ToolchainTestSupport"],
            swiftSettings: optimised),
        .target(name: "JSON"),
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        // Its snapshots, traces and searches run with the machine.
        .target(
            name: "Debugger", dependencies: ["Machine", "Processor", "Disassembler", "ELF", "JSON"],
            swiftSettings: optimised),
        .target(
            name: "DebuggerTestSupport", dependencies: ["Debugger", "ELF", "Machine", "ToolchainTestSupport"],
            path: "Tests/DebuggerTestSupport"),
        .testTarget(
            name: "DebuggerTests",
            dependencies: [
                "Debugger", "DebuggerTestSupport", "Disassembler", "ELF", "GuestTestSupport", "JSON", "Machine", "Processor", "RandomTestSupport",
                "ToolchainTestSupport",
            ]),
        .target(name: "GDBRemote", dependencies: ["Debugger", "Machine", "Processor"]),
        .testTarget(
            name: "GDBRemoteTests",
            dependencies: [
                "Debugger", "EmulatorTestSupport", "GDBRemote", "Machine", "ProcessTestSupport", "RandomTestSupport",
                "ToolchainTestSupport",
            ]),
        .target(name: "DebugAdapter", dependencies: ["Debugger", "JSON", "Machine", "Processor"]),
        .testTarget(
            name: "DebugAdapterTests",
            dependencies: [
                "DebugAdapter", "Debugger", "EmulatorTestSupport", "JSON", "Machine", "ProcessTestSupport",
                "RandomTestSupport", "ToolchainTestSupport",
            ]),
        .systemLibrary(name: "CSDL2", providers: [.apt(["libsdl2-dev"])]),
        .target(name: "Console", dependencies: ["Machine", "CSDL2", "Terminal"]),
        .executableTarget(
            name: "vm",
            dependencies: [
                "Machine", "Console", "DebugAdapter", "Debugger", "GDBRemote", "JSON", "Terminal", "TUI",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "bench",
            dependencies: [
                "Debugger", "Machine",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Workloads"]),
        .executableTarget(
            name: "mkimage",
            dependencies: [
                "ELF", "KernelImage", "ToolSupport", "USTAR",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .testTarget(name: "mkimageTests", dependencies: ["mkimage", "ELF", "ELFTestSupport", "ToolSupport"]),
        .executableTarget(
            name: "mkrom",
            dependencies: [
                "ELF", "ToolSupport", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .target(name: "ToolSupport"),
        .target(name: "ProcessTestSupport", path: "Tests/ProcessTestSupport"),
        .target(
            name: "EmulatorTestSupport", dependencies: ["ProcessTestSupport"], path: "Tests/EmulatorTestSupport"),
        .testTarget(
            name: "SystemTests", dependencies: ["EmulatorTestSupport", "Machine"], exclude: ["Programs"]),
        .testTarget(
            name: "BootTests",
            dependencies: ["EmulatorTestSupport", "KernelABI", "Machine", "Processor", "ToolchainTestSupport"],
            exclude: ["Hostile"]),
        .target(name: "TerminalTestSupport", path: "Tests/TerminalTestSupport"),
        .testTarget(name: "VMTests", dependencies: ["ProcessTestSupport", "TerminalTestSupport"]),
        .testTarget(name: "WindowTests", dependencies: ["ProcessTestSupport"]),
        .target(
            name: "GuestTestSupport", dependencies: ["Machine", "Processor", "RandomTestSupport"],
            path: "Tests/GuestTestSupport"),
        .testTarget(
            name: "MachineTests", dependencies: ["GuestTestSupport", "Machine", "Processor", "RandomTestSupport"]),
        // Pure logic that the kernel package shares with the host.
        .target(name: "ELF", path: "Kernel/Sources/ELF"),
        .testTarget(name: "ConsoleTests", dependencies: ["Console", "Machine", "CSDL2"]),
        .target(name: "ELFTestSupport", dependencies: ["ToolSupport"], path: "Tests/ELFTestSupport"),
        .testTarget(name: "ELFTests", dependencies: ["ELF", "ELFTestSupport"]),
        .target(name: "USTAR", path: "Kernel/Sources/USTAR"),
        .testTarget(name: "USTARTests", dependencies: ["USTAR"]),
        .target(name: "Terminal", dependencies: ["TerminalInput"]),
        .testTarget(name: "TerminalTests", dependencies: ["Terminal"]),
        .target(name: "TUI", dependencies: ["Debugger", "Disassembler", "Machine", "Processor", "Terminal"]),
        .testTarget(
            name: "TUITests",
            dependencies: ["Debugger", "DebuggerTestSupport", "Machine", "RandomTestSupport", "TUI", "Terminal", "TerminalTestSupport"]),
        .target(name: "TerminalInput", path: "Kernel/Sources/TerminalInput"),
        .testTarget(name: "TerminalInputTests", dependencies: ["TerminalInput"]),
        .target(name: "ShellLogic", path: "Kernel/Sources/ShellLogic"),
        .testTarget(name: "ShellLogicTests", dependencies: ["RandomTestSupport", "ShellLogic"]),
        .target(name: "UserText", path: "Kernel/Sources/UserText"),
        .testTarget(name: "UserTextTests", dependencies: ["UserText"]),
        .target(name: "ACPI", path: "Kernel/Sources/ACPI"),
        .testTarget(name: "ACPITests", dependencies: ["ACPI"]),
        .target(name: "ServiceProtocols", path: "Kernel/Sources/ServiceProtocols"),
        .testTarget(name: "ServiceProtocolsTests", dependencies: ["ServiceProtocols"]),
        .target(name: "ManagerLogic", dependencies: ["ServiceProtocols"], path: "Kernel/Sources/ManagerLogic"),
        .testTarget(name: "ManagerLogicTests", dependencies: ["ManagerLogic", "ServiceProtocols"]),
        .target(name: "DeviceLogic", dependencies: ["ServiceProtocols"], path: "Kernel/Sources/DeviceLogic"),
        .testTarget(name: "DeviceLogicTests", dependencies: ["DeviceLogic", "ServiceProtocols"]),
        .target(name: "KernelABI", path: "Kernel/Sources/KernelABI"),
        .target(name: "KernelLogic", dependencies: ["KernelABI"], path: "Kernel/Sources/KernelLogic"),
        .testTarget(name: "KernelLogicTests", dependencies: ["KernelABI", "KernelLogic", "RandomTestSupport"]),
        .target(name: "KernelImage", path: "Kernel/Sources/KernelImage"),
        .testTarget(name: "KernelImageTests", dependencies: ["KernelImage"]),
        .testTarget(name: "FirmwareTests", dependencies: ["EmulatorTestSupport", "Machine", "mkrom"]),
    ],
    swiftLanguageModes: [.v6]
)
