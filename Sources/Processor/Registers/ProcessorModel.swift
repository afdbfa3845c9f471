/// A model of processor: what CPUID says, and which instructions, bits and registers exist, follow from one row.
///
/// **Constraint.** A guest that believes CPUID must not be disappointed, and one that probes (sets a bit of EFLAGS and
/// looks, executes an instruction and waits for #UD) must come to the same conclusion.
///
/// **Choice.** A row of the table holds a generation, a signature and CPUID's feature flags, and nothing that could
/// contradict them. The bits of EFLAGS, CR0 and CR4, the reserved bits of page tables and the model-specific registers
/// are computed from these. Only what is implemented is announced: there is no APIC and no machine-check architecture,
/// so no model has their flags, although the silicon had.
///
/// **Example.** `pentium` has no PAE flag, so CR4.PAE is a reserved bit, whose setting is #GP(0); and it is of the
/// generation before `cmov`, so that is #UD.
public struct ProcessorModel: Equatable, Sendable {
    /// The name by which a person chooses it: `486`, `pentium`, `pentium4`.
    public var name: String { staticName.description }
    /// Not a `String`, so that the engine can keep a model beside its state without reference counts.
    private let staticName: StaticString
    /// Instructions of later generations do not exist.
    public let generation: ProcessorGeneration
    /// CPUID leaf 1, EAX, and EDX after a reset: family in bits 8-11, model in 4-7, stepping in 0-3.
    public let signature: UInt32
    /// CPUID leaf 1, EDX (``CPUFeature``); nil if there is no `cpuid`.
    public let features: UInt32?
    /// CPUID leaf 8000_0001h, EDX (``CPUFeature/Extended``); nil if there are no extended leaves.
    let extendedFeatures: UInt32?
    /// Highest basic CPUID leaf.
    let highestLeaf: UInt32
    /// CPUID leaf 2: cache and TLB descriptors in EAX, EBX, ECX, EDX.
    let cacheDescriptors: InlineArray<4, UInt32>
    /// CPUID leaves 8000_0002h to 8000_0004h: at most 47 characters.
    let brand: StaticString

    /// The bits of CR0 that exist.
    let controlRegister0: UInt32
    /// The bits of CR4 that can be set; nil if there is no CR4.
    let controlRegister4: UInt32?
    /// The bits of EFLAGS that exist.
    let flags: UInt32
    /// With CR4.PSE: bits that must be clear in a page-directory entry that maps 4 MiB (SDM vol. 3A, 4.3).
    let reservedInLargePage: UInt32
    /// With CR4.PSE: bits that must be clear in a page-table entry.
    let reservedInTable: UInt32

    private init(
        _ name: StaticString, _ generation: ProcessorGeneration, signature: UInt32, features: UInt32?,
        extendedFeatures: UInt32? = nil, highestLeaf: UInt32 = 1,
        cacheDescriptors: InlineArray<4, UInt32> = [0, 0, 0, 0],
        brand: StaticString = ""
    ) {
        staticName = name
        self.generation = generation
        self.signature = signature
        self.features = features
        self.extendedFeatures = extendedFeatures
        self.highestLeaf = highestLeaf
        self.cacheDescriptors = cacheDescriptors
        self.brand = brand
        controlRegister0 = Self.controlRegister0(generation)
        controlRegister4 = generation < .pentium ? nil : Self.controlRegister4(generation, features ?? 0)
        flags = Self.flags(generation, features)
        let hasPAT = (features ?? 0) & CPUFeature.pageAttributeTable != 0
        // With PSE-36 bits 13-16 are the address bits 32-35.
        let addressBits: UInt32 = (features ?? 0) & CPUFeature.pageSizeExtensions36 != 0 ? 0x003E_0000 : 0x003F_E000
        reservedInLargePage = addressBits | (hasPAT ? 0 : 1 << 12)
        reservedInTable = hasPAT ? 0 : 1 << 7
    }

    private static func controlRegister0(_ generation: ProcessorGeneration) -> UInt32 {
        var bits =
            ControlRegister.protection | ControlRegister.monitorCoprocessor | ControlRegister.emulation
            | ControlRegister.taskSwitched | ControlRegister.extensionType | ControlRegister.paging
        if generation >= .i486 {
            bits |=
                ControlRegister.numericError | ControlRegister.writeProtect | ControlRegister.alignmentMask
                | ControlRegister.notWriteThrough | ControlRegister.cacheDisable
        }
        return bits
    }

    private static func controlRegister4(_ generation: ProcessorGeneration, _ features: UInt32) -> UInt32 {
        let bits: [(feature: UInt32, control: UInt32)] = [
            (
                CPUFeature.virtual8086Extensions,
                ControlRegister.virtual8086Extensions | ControlRegister.protectedVirtualInterrupts
            ),
            (CPUFeature.timestamp, ControlRegister.timestampDisable),
            (CPUFeature.debuggingExtensions, ControlRegister.debuggingExtensions),
            (CPUFeature.pageSizeExtensions, ControlRegister.pageSizeExtensions),
            (CPUFeature.physicalAddressExtension, ControlRegister.physicalAddressExtension),
            (CPUFeature.pageGlobalEnable, ControlRegister.pageGlobalEnable),
            (CPUFeature.fastSave, ControlRegister.osFXSR),
            (CPUFeature.sse, ControlRegister.osXMMExceptions),
        ]
        // `rdpmc` has no flag of its own before leaf 0Ah: it came with the P6.
        var result = generation >= .pentiumPro ? ControlRegister.performanceCounterEnable : 0
        for (feature, control) in bits where features & feature != 0 { result |= control }
        return result
    }

    private static func flags(_ generation: ProcessorGeneration, _ features: UInt32?) -> UInt32 {
        var bits: UInt32 = 0x0003_7FD5
        if generation >= .i486 { bits |= Flag.alignmentCheck }
        if let features {
            bits |= Flag.identification
            if features & CPUFeature.virtual8086Extensions != 0 {
                bits |= Flag.virtualInterrupt | Flag.virtualInterruptPending
            }
        }
        return bits
    }

    // MARK: Questions

    /// Whether CPUID leaf 1 announces `feature` (``CPUFeature``).
    @inline(__always)
    func has(_ feature: UInt32) -> Bool { (features ?? 0) & feature != 0 }

    /// `invlpg`, `invd`, `wbinvd`, `bswap`, `xadd`, `cmpxchg`.
    var has486Instructions: Bool { generation >= .i486 }
    /// There is an FPU: on the chip, since a 386 without a 387 is meant by `386`.
    var hasFPU: Bool { has(CPUFeature.fpu) }
    /// The bits of CR0 that are always set: ET, which tells an 80387 from an 80287 and is fixed once the FPU is on the
    /// chip.
    var fixedControlRegister0: UInt32 { generation >= .i486 ? ControlRegister.extensionType : 0 }
    /// `rdtsc`.
    var hasTimestamp: Bool { has(CPUFeature.timestamp) }
    /// `rdmsr` and `wrmsr`.
    var hasModelSpecificRegisters: Bool { has(CPUFeature.modelSpecificRegisters) }
    /// EFER.NXE, and bit 63 of page-table entries with PAE.
    var hasExecuteDisable: Bool { (extendedFeatures ?? 0) & CPUFeature.Extended.executeDisable != 0 }

    public static func == (left: ProcessorModel, right: ProcessorModel) -> Bool { left.name == right.name }

    // MARK: The table

    private static let featuresOfPentium: UInt32 =
        CPUFeature.fpu | CPUFeature.virtual8086Extensions | CPUFeature.debuggingExtensions
        | CPUFeature.pageSizeExtensions | CPUFeature.timestamp | CPUFeature.modelSpecificRegisters
        | CPUFeature.compareExchange8
    private static let featuresOfPentium2: UInt32 =
        featuresOfPentium | CPUFeature.physicalAddressExtension | CPUFeature.fastSystemCalls
        | CPUFeature.memoryTypeRanges | CPUFeature.pageGlobalEnable | CPUFeature.conditionalMove
        | CPUFeature.pageAttributeTable | CPUFeature.pageSizeExtensions36 | CPUFeature.mmx | CPUFeature.fastSave
    private static let featuresOfPentium3: UInt32 = featuresOfPentium2 | CPUFeature.sse
    private static let featuresOfPentium4: UInt32 = featuresOfPentium3 | CPUFeature.sse2 | CPUFeature.cacheLineFlush

    /// 80386DX without an 80387: no CPUID, no write protection for the supervisor, no alignment checks.
    public static let i386 = ProcessorModel("386", .i386, signature: 0x308, features: nil)
    /// 80486DX of the later kind, which knows `cpuid`.
    public static let i486 = ProcessorModel("486", .i486, signature: 0x480, features: CPUFeature.fpu)
    /// Pentium (P54C), without MMX.
    public static let pentium = ProcessorModel("pentium", .pentium, signature: 0x52C, features: featuresOfPentium)
    /// Pentium II (Deschutes).
    public static let pentium2 = ProcessorModel(
        "pentium2", .pentium2, signature: 0x652, features: featuresOfPentium2, highestLeaf: 2,
        cacheDescriptors: [0x0302_0101, 0, 0, 0x0C04_0843])
    /// Pentium III (Coppermine).
    public static let pentium3 = ProcessorModel(
        "pentium3", .pentium3, signature: 0x686, features: featuresOfPentium3, highestLeaf: 2,
        cacheDescriptors: [0x0302_0101, 0, 0, 0x0C04_0882])
    /// Pentium 4 (a late Prescott, the first that could disable execution), without SSE3 and hyper-threading.
    public static let pentium4 = ProcessorModel(
        "pentium4", .pentium4, signature: 0xF41, features: featuresOfPentium4,
        extendedFeatures: CPUFeature.Extended.executeDisable, highestLeaf: 2,
        cacheDescriptors: [0x605B_5001, 0, 0, 0x007C_7040], brand: "Intel(R) Pentium(R) 4 CPU, emulated by Martlet")

    /// All models, oldest first.
    public static let all: [ProcessorModel] = [.i386, .i486, .pentium, .pentium2, .pentium3, .pentium4]
    /// What a machine has if nobody chooses.
    public static let standard = ProcessorModel.pentium4

    /// The model that a person calls `name`.
    public static func named(_ name: String) -> ProcessorModel? {
        all.first { $0.name == name }
    }
}
