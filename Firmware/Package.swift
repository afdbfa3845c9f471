// swift-tools-version: 6.1
// The BIOS ROM. Built by ../scripts/build-firmware.sh; a package of its own because its triple
// (i686-unknown-none-elf) differs from the host's. `mkrom`, in the root package, is the host tool that packs it.

import PackageDescription

let package = Package(
    name: "Firmware",
    products: [
        .executable(name: "bios", targets: ["BIOS"])
    ],
    targets: [
        // Port I/O and the other instructions Swift has no words for; also the layout that assembly and Swift share.
        .target(name: "Hardware"),
        // Everything that runs with 16-bit segments: reset, interrupt handlers, services, boot.
        .target(
            name: "RealMode",
            dependencies: ["Hardware"],
            cSettings: [.headerSearchPath("../Hardware/include")]
        ),
        // POST: probing, tables, the screen. Embedded Swift in flat 32-bit mode.
        .executableTarget(
            name: "BIOS",
            dependencies: ["Hardware", "RealMode"],
            linkerSettings: [.unsafeFlags(["-Xlinker", "-T", "-Xlinker", "\(Context.packageDirectory)/rom.ld"])]
        ),
    ],
    swiftLanguageModes: [.v6]
)
