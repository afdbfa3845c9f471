/// A model of processor: what CPUID says, and which bits and instructions exist, follow from it.
///
/// Only what is implemented is announced: a guest that believes CPUID must not be disappointed.
public struct ProcessorModel: Equatable, Sendable {
    /// The name by which a person chooses it: `486`, `pentium`, `pentium3`.
    public var name: String { staticName.description }
    /// Not a `String`, so that the engine can keep a model beside its state without reference counts.
    private let staticName: StaticString
    /// CPUID leaf 1, EAX, and EDX after a reset: family in bits 8-11, model in 4-7, stepping in 0-3.
    public let signature: UInt32
    /// CPUID leaf 1, EDX; nil if there is no `cpuid`.
    public let features: UInt32?
    /// Highest basic CPUID leaf.
    let highestLeaf: UInt32
    /// CPUID leaf 2: cache and TLB descriptors.
    let cacheDescriptors: InlineArray<4, UInt32>
    /// The bits of CR0 that exist.
    let controlRegister0: UInt32
    /// The bits of CR4 that can be set; nil if there is no CR4.
    let controlRegister4: UInt32?
    /// The bits of EFLAGS that exist.
    let flags: UInt32
    /// `invlpg`, `invd`, `wbinvd`, `bswap`, `xadd`, `cmpxchg`.
    let has486Instructions: Bool

    /// `cmov` (and with an FPU `fcmov`).
    var hasConditionalMove: Bool { has(Feature.conditionalMove) }
    /// `cmpxchg8b`.
    var hasCompareExchange8: Bool { has(Feature.compareExchange8) }
    /// `rdtsc`.
    var hasTimestamp: Bool { has(Feature.timestamp) }
    /// `rdmsr` and `wrmsr`.
    var hasModelSpecificRegisters: Bool { has(Feature.modelSpecificRegisters) }

    /// Instructions of later generations do not exist.
    var generation: ProcessorGeneration {
        switch signature >> 8 & 0xF {
        case 3: .i386
        case 4: .i486
        case 5: .pentium
        default: .pentium3
        }
    }

    private func has(_ feature: UInt32) -> Bool { (features ?? 0) & feature != 0 }

    /// Bits of CPUID leaf 1, EDX (SDM vol. 2, table 3-11).
    enum Feature {
        static let virtual8086Extensions: UInt32 = 1 << 1
        static let debuggingExtensions: UInt32 = 1 << 2
        static let pageSizeExtensions: UInt32 = 1 << 3
        static let timestamp: UInt32 = 1 << 4
        static let modelSpecificRegisters: UInt32 = 1 << 5
        static let compareExchange8: UInt32 = 1 << 8
        static let pageGlobalEnable: UInt32 = 1 << 13
        static let conditionalMove: UInt32 = 1 << 15
    }

    public static func == (left: ProcessorModel, right: ProcessorModel) -> Bool { left.name == right.name }

    // MARK: The models

    private static let cr0Of386: UInt32 =
        ControlRegister.protection | ControlRegister.monitorCoprocessor | ControlRegister.emulation
        | ControlRegister.taskSwitched | ControlRegister.extensionType | ControlRegister.paging
    private static let cr0Of486: UInt32 =
        cr0Of386 | ControlRegister.numericError | ControlRegister.writeProtect | ControlRegister.alignmentMask
        | ControlRegister.notWriteThrough | ControlRegister.cacheDisable
    private static let pentiumFeatures: UInt32 =
        Feature.virtual8086Extensions | Feature.debuggingExtensions | Feature.pageSizeExtensions | Feature.timestamp
        | Feature.modelSpecificRegisters | Feature.compareExchange8
    private static let pentiumCR4: UInt32 =
        ControlRegister.virtual8086Extensions | ControlRegister.protectedVirtualInterrupts
        | ControlRegister.timestampDisable | ControlRegister.debuggingExtensions | ControlRegister.pageSizeExtensions
    private static let flagsOf386: UInt32 = 0x0003_7FD5
    private static let flagsOf486: UInt32 = flagsOf386 | Flag.alignmentCheck | Flag.identification
    private static let flagsOfPentium: UInt32 =
        flagsOf486 | Flag.virtualInterrupt | Flag.virtualInterruptPending

    /// 80386DX: no CPUID, no write protection for the supervisor.
    public static let i386 = ProcessorModel(
        staticName: "386", signature: 0x308, features: nil, highestLeaf: 0, cacheDescriptors: [0, 0, 0, 0],
        controlRegister0: cr0Of386, controlRegister4: nil, flags: flagsOf386, has486Instructions: false)
    /// 80486 of the later kind, which knows `cpuid`.
    public static let i486 = ProcessorModel(
        staticName: "486", signature: 0x480, features: 0, highestLeaf: 1, cacheDescriptors: [0, 0, 0, 0],
        controlRegister0: cr0Of486, controlRegister4: nil, flags: flagsOf486, has486Instructions: true)
    /// Pentium (P54C).
    public static let pentium = ProcessorModel(
        staticName: "pentium", signature: 0x52C, features: pentiumFeatures, highestLeaf: 1, cacheDescriptors: [0, 0, 0, 0],
        controlRegister0: cr0Of486, controlRegister4: pentiumCR4, flags: flagsOfPentium, has486Instructions: true)
    /// Pentium III (Coppermine).
    public static let pentium3 = ProcessorModel(
        staticName: "pentium3", signature: 0x686,
        features: pentiumFeatures | Feature.pageGlobalEnable | Feature.conditionalMove, highestLeaf: 2,
        cacheDescriptors: [0x0302_0101, 0, 0, 0x0C04_0882], controlRegister0: cr0Of486,
        controlRegister4: pentiumCR4 | ControlRegister.pageGlobalEnable, flags: flagsOfPentium,
        has486Instructions: true)

    /// All models, oldest first.
    public static let all: [ProcessorModel] = [.i386, .i486, .pentium, .pentium3]
    /// What a machine has if nobody chooses.
    public static let standard = ProcessorModel.pentium3

    /// The model that a person calls `name`.
    public static func named(_ name: String) -> ProcessorModel? {
        all.first { $0.name == name }
    }
}
