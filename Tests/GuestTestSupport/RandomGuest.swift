// The inside of the modules can be seen in builds for debugging only, and this target is built for release, too.
#if DEBUG

import RandomTestSupport

@testable import Machine
@testable import Processor

/// A machine that executes nonsense: code, tables, devices and input that depend on a seed only.
///
/// **Constraint.** Two questions need hostile guests: whether the engine agrees with itself however a run is cut into
/// pieces, and whether it survives. The answer must be repeatable from one number.
///
/// **Choice.** A whole machine with 2 MiB and its real chips. Memory holds tables that are half right, so that
/// execution gets somewhere before it fails, and code that is drawn from the opcode table or from nothing; much of it
/// writes into itself. Everything from outside (keys, bytes, NMIs, writes as by DMA) is a recording that the machine
/// replays. A guest that shuts down is reset and set going again, with memory as it is.
///
/// **Example.** `RandomGuest(seed: 7)` is the same virtual-8086 program with the same NMI at step 311 for ever.
struct RandomGuest {
    enum Mode: CaseIterable {
        case real, bigReal, protected, protected16, user, paged, pagedUser, pae, paeUser, virtual8086
    }

    let seed: UInt64
    let mode: Mode
    let model: ProcessorModel
    let events: InputLog
    /// How many steps are worth running.
    let steps: UInt64
    private let nanosecondsPerStep: UInt32
    private let registers: [UInt32]
    private let contents: [(address: UInt32, bytes: [UInt8])]

    private enum Place {
        static let gdt: UInt32 = 0x1000, idt: UInt32 = 0x2000, task: UInt32 = 0x3000, otherTask: UInt32 = 0x3800
        static let directory: UInt32 = 0x10000, code: UInt32 = 0x20000
        static let codeSize: UInt32 = 0x3000
        /// Everything the guest is likely to touch.
        static let end: UInt32 = 0x28000
        /// 16-bit code has its segments here.
        static let segment: UInt16 = 0x2000
    }

    init(seed: UInt64, steps: UInt64? = nil) {
        var random = SplitMix64(seed: seed)
        self.seed = seed
        let mode = Mode.allCases[Int(random.next() % UInt64(Mode.allCases.count))]
        self.mode = mode
            let models = ProcessorModel.all.filter {
                mode != .pae && mode != .paeUser || $0.has(CPUFeature.physicalAddressExtension)
            }
            model = models[Int(random.next() % UInt64(models.count))]
        nanosecondsPerStep = [1, 10, 200, 1000, 5000][Int(random.next() % 5)]
        self.steps = steps ?? [500, 2000, 6000][Int(random.next() % 3)]
        events = Self.events(&random, steps: self.steps)
        registers = (0..<8).map { _ in
            switch random.next() % 8 {
            case 0: UInt32(truncatingIfNeeded: random.next())
            case 1: UInt32(truncatingIfNeeded: random.next() & 15)
                default:
                    (mode.hasSmallSegments ? 0 : Place.code) + UInt32(truncatingIfNeeded: random.next())
                        % Place.codeSize
                }
        }
        contents =
            Self.tables(&random, mode) + [(Place.code, Self.code(&random, mode, model))] + Self.pages(&random, mode)
    }

    /// The machine with the guest at its first instruction.
    func machine() throws -> Machine {
        var configuration = Machine.Configuration()
        configuration.memorySize = 2 << 20
        configuration.processorModel = model.name
        configuration.nanosecondsPerStep = nanosecondsPerStep
        configuration.serialPorts = 2
            configuration.drives = [
                Machine.Drive(image: MemoryDisk([UInt8](repeating: 0xA5, count: 64 << 10)), policy: .discard)
            ]
            let machine = try Machine(configuration)
        for (address, bytes) in contents { machine.memory.write(bytes, at: address) }
        start(machine)
        machine.replay(events)
        return machine
    }

    /// Runs to ``steps`` in pieces of the lengths that `piece` says, and past everything that stops a machine.
    func run(_ machine: Machine, until end: UInt64? = nil, piece: () -> UInt64) {
        let end = end ?? steps
        var stops = 0
        while machine.steps < end && stops < 100 {
            switch machine.run(until: min(end, machine.steps &+ min(max(piece(), 1), 1 << 32))) {
            case .reached: break
            case .halted, .tripleFault:
                stops += 1
                machine.reset()
                start(machine)
            case .exited, .breakpoint, .watchpoint, .stopped: stops += 1
            }
        }
    }

    // MARK: The processor and the chips

    /// Puts registers and chips into the guest's initial state; memory stays as it is.
    private func start(_ machine: Machine) {
        let core = Core(machine.processor.context)
        let state = machine.processor.state
        // The interrupt controllers open, the timer as fast as it goes, A20 open.
        for (port, value) in [
                (0x20, 0x11), (0x21, 0x20), (0x21, 0x04), (0x21, 0x01), (0xA0, 0x11), (0xA1, 0x28), (0xA1, 0x02),
                (0xA1, 0x01),
                (0x21, Int(seed & 0x40)), (0xA1, 0), (0x43, 0x34), (0x40, Int(seed & 0xFF)), (0x40, Int(seed >> 8 & 1)),
            (0x92, 2), (0x3F9, 0x0F), (0x64, 0x60), (0x60, 0x41),
        ] as [(UInt16, Int)] {
            machine.board.writePort(port, size: 1, value: UInt32(value))
        }
        state.pointee.gdtBase = Place.gdt
        state.pointee.gdtLimit = 64 * 8 - 1
        if mode != .real && mode != .bigReal {
            state.pointee.idtBase = Place.idt
            state.pointee.idtLimit = 256 * 8 - 1
        }
        enterMode(core, state)
        for index in 0..<8 { state.pointee.general[index] = registers[index] }
        state.pointee.general[4] = mode.hasSmallSegments ? 0x3F00 : Place.code + 0x3F00
        state.pointee.eip = mode.hasSmallSegments ? 0 : Place.code
    }

    private func enterMode(_ core: Core, _ state: UnsafeMutablePointer<ProcessorState>) {
        let isReal = mode == .real || mode == .bigReal
        var flags: UInt32 = 0x202
        if !isReal {
            if mode.pages {
                try? core.movToControl(3, Place.directory)
                if mode == .pae || mode == .paeUser { try? core.movToControl(4, 0x20) }
            }
            try? core.movToControl(0, 0x11 | (mode.pages ? 0x8000_0000 : 0) | (seed & 1 == 0 ? 0x10000 : 0))
        }
        switch mode {
        case .real, .bigReal, .virtual8086:
            if mode == .virtual8086 {
                flags |= Flag.virtual8086 | UInt32(truncatingIfNeeded: seed & 3) << 12
            }
            for index in 0..<6 {
                var register = SegmentRegister(
                        realModeSelector: Place.segment &+ UInt16(index == 1 ? 0 : index) &* 8,
                        privilege: mode == .virtual8086 ? 3 : 0)
                    if mode == .bigReal && index != 1 {
                    register.limit = 0xFFFF_FFFF
                    register.updateExtents()
                }
                core.setSegment(UInt8(index), register)
            }
        default:
            let privilege: UInt32 = mode.isUser ? 3 : 0
            for index in 0..<6 {
                let selector = UInt16((index == 1 ? 0x08 : 0x10) + (mode.isUser ? 0x10 : 0) + Int(privilege))
                // Present, accessed; code readable, data writable; base and size by mode.
                let access: UInt32 = 0x93 | privilege << 5 | (index == 1 ? 8 : 0)
                let low: UInt32 = mode == .protected16 ? Place.code << 16 | 0xFFFF : 0xFFFF
                let high: UInt32 = mode == .protected16 ? access << 8 | Place.code >> 16 : access << 8 | 0xCF_0000
                core.setSegment(
                    UInt8(index), SegmentRegister(selector: selector, descriptor: Descriptor(low: low, high: high)))
            }
        }
        if !isReal {
            core.setPrivilege(0)
            try? core.loadTaskRegister(0x28)
            if mode.isUser || mode == .virtual8086 { core.setPrivilege(3) }
        }
        state.pointee.eflags = flags
    }

    // MARK: What memory holds

    private static func words(_ values: [UInt32]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    }

    /// Descriptors, gates and task states: some right, some random.
    private static func tables(_ random: inout SplitMix64, _ mode: Mode) -> [(UInt32, [UInt8])] {
        func low(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value) }
        var gdt: [UInt32] = [
            0, 0, 0xFFFF, 0x00CF_9B00, 0xFFFF, 0x00CF_9300, 0xFFFF, 0x00CF_FB00, 0xFFFF, 0x00CF_F300,
            Place.task << 16 | 0x67, 0x0000_8900, Place.otherTask << 16 | 0x67, 0x0000_8900,
        ]
        while gdt.count < 128 {
            // Bases within memory, else hardly any access would succeed.
            gdt.append(low(random.next()))
            gdt.append(low(random.next()) & 0x00FF_FF01 | low(random.next() % 4 == 0 ? 0 : 0x8000))
        }
        var idt: [UInt32] = []
        for _ in 0..<256 {
            let offset = Place.code + low(random.next()) % Place.codeSize
                let type = [0x8E00, 0xEE00, 0xEF00, 0xEE00, 0xE500, 0x8600, low(random.next()) & 0xFF00][
                    Int(random.next() % 7)]
                let selector = random.next() % 8 == 0 ? low(random.next()) & 0x1FF : type == 0xE500 ? 0x30 : 0x08
            idt += [selector << 16 | offset & 0xFFFF, offset & 0xFFFF_0000 | type]
        }
        var task: [UInt32] = (0..<26).map { _ in Place.code + low(random.next()) % Place.codeSize }
        // ESP0, SS0, ESP1, SS1, ESP2, SS2, CR3, EIP, EFLAGS, then the segments and the I/O map.
        for (index, value) in [
            (1, Place.code + 0x5000), (2, 0x10), (4, 0x10), (6, 0x10), (7, Place.directory),
                (9, 0x202 | (random.next() % 4 == 0 ? low(random.next()) & 0x27ED5 : 0)), (18, 0x10), (19, 0x08),
                (20, 0x10),
                (21, 0x10), (22, 0x10), (23, 0x10), (24, 0), (25, 0x68 << 16),
        ] {
            task[index] = value
        }
        let vectors = (0..<256).map { _ in UInt32(Place.segment) << 16 | low(random.next()) % Place.codeSize }
        let isReal = mode == .real || mode == .bigReal || mode == .virtual8086
        return [
            (0, words(isReal || random.next() % 2 == 0 ? vectors : vectors.map { $0 &* 7 })), (Place.gdt, words(gdt)),
            (Place.idt, words(idt)), (Place.task, words(task)), (Place.otherTask, words(task.reversed().reversed())),
        ]
    }

    /// Page tables that map the first 2 MiB to themselves, but for pages that are missing, protected, elsewhere or odd.
    private static func pages(_ random: inout SplitMix64, _ mode: Mode) -> [(UInt32, [UInt8])] {
        func low(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value) }
        func entry(_ page: UInt32) -> UInt32 {
            switch random.next() % 40 {
            case 0 where page > 0x3000: 0
            case 1 where page > 0x3000: low(random.next()) & 0x001F_FFFF
            case 2: page | 5
            case 3: page | 0x107
            case 4: (Place.code + low(random.next()) % 8 * 0x1000) | 7
            case 5 where page > 0x20000: page | 3
            default: page | 7
            }
        }
        if mode == .pae || mode == .paeUser {
            var pointers: [UInt32] = [Place.directory + 0x1000 | 1, 0]
            for _ in 0..<3 { pointers += [Place.directory + (random.next() % 2 == 0 ? 0x1001 : 0x2001), 0] }
            var directory: [UInt32] = [Place.directory + 0x3000 | 7, 0]
            while directory.count < 1024 {
                let next: [UInt32] = [0, 0x87, 0x8000_0087, Place.directory + 0x3007, low(random.next()) & 0x1F_FFFF]
                    directory += [
                        next[Int(random.next() % 5)] & ~(1 << 31), random.next() % 16 == 0 ? low(random.next()) : 0,
                    ]
                }
            let table = (0..<512).flatMap { page in
                [entry(UInt32(page) << 12), random.next() % 64 == 0 ? low(random.next()) & 0x8000_000F : 0]
            }
            return [
                (Place.directory, words(pointers)), (Place.directory + 0x1000, words(directory)),
                (Place.directory + 0x3000, words(table)),
            ]
        }
        var directory: [UInt32] = [Place.directory + 0x1000 | 7]
        while directory.count < 1024 {
            let next: [UInt32] = [0, 0x87, Place.directory + 0x1007, low(random.next()) & 0x1F_FFFF]
            directory.append(next[Int(random.next() % 4)])
        }
        return [
            (Place.directory, words(directory)),
            (Place.directory + 0x1000, words((0..<1024).map { entry(UInt32($0) << 12) })),
        ]
    }

    /// Keys, bytes, NMIs, writes into code and tables, resets.
    private static func events(_ random: inout SplitMix64, steps: UInt64) -> InputLog {
        var events: [StampedInput] = []
        var step: UInt64 = 0
        while true {
            step += random.next() % 200 + 1
            guard step < steps else { break }
            let event: InputEvent
            switch random.next() % 16 {
            case 0...3: event = .nonMaskableInterrupt
            case 4...5: event = .serial([UInt8(truncatingIfNeeded: random.next())], port: UInt8(random.next() & 1))
            case 6...7: event = .key(.a, isPressed: random.next() & 1 == 0)
            case 8...13:
                event = .writeMemory(
                    address: Place.code + UInt32(random.next() % UInt64(Place.codeSize)),
                    bytes: (0...random.next() % 8).map { _ in UInt8(truncatingIfNeeded: random.next()) })
            case 14:
                event = .writeMemory(
                    address: UInt32(random.next() % UInt64(Place.end)),
                    bytes: [UInt8(truncatingIfNeeded: random.next())])
            default: event = random.next() % 8 == 0 ? .resetButton : .nonMaskableInterrupt
            }
            events.append(StampedInput(step: step, event: event))
        }
        return InputLog(events: events)
    }
}

extension RandomGuest.Mode {
    /// Offsets are 16 bits wide and count from where the code is.
    var hasSmallSegments: Bool {
        switch self {
        case .real, .bigReal, .protected16, .virtual8086: true
        default: false
        }
    }

    var pages: Bool {
        switch self {
        case .paged, .pagedUser, .pae, .paeUser: true
        default: false
        }
    }

    var isUser: Bool { self == .user || self == .pagedUser || self == .paeUser }
}

// MARK: Code

extension RandomGuest {
    /// Instructions of the opcode table with operands that are mostly within reach, and stretches of random bytes.
    private static func code(_ random: inout SplitMix64, _ mode: Mode, _ model: ProcessorModel) -> [UInt8] {
        var code: [UInt8] = []
        let wildness = random.next() % 4
        while code.count < Int(Place.codeSize) {
            if random.next() % 8 < wildness {
                for _ in 0...random.next() % 12 { code.append(UInt8(truncatingIfNeeded: random.next())) }
            } else {
                code += instruction(&random, mode, model)
            }
        }
        return Array(code.prefix(Int(Place.codeSize)))
    }

    private static func instruction(_ random: inout SplitMix64, _ mode: Mode, _ model: ProcessorModel) -> [UInt8] {
        var row = OpcodeTable.rows[Int(random.next() % UInt64(OpcodeTable.rows.count))]
        // What the model has not, and what ends or leaves the program, comes less often.
        for _ in 0..<3
        where row.minimum > model.generation || row.flags.contains(.privileged) || row.flags.contains(.endsBlock) {
            row = OpcodeTable.rows[Int(random.next() % UInt64(OpcodeTable.rows.count))]
        }
        var bytes: [UInt8] = []
        if random.next() % 6 == 0 {
            bytes.append([0x66, 0x67, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0xF0, 0xF2, 0xF3][Int(random.next() % 11)])
        }
        if let prefix = row.prefix?.byte { bytes.append(prefix) }
        if row.map == 1 { bytes.append(0x0F) }
        bytes.append(row.opcode)
        if let modRM = row.fixedModRM {
            bytes.append(modRM)
        } else if row.flags.contains(.modRM) {
            let reg = row.opcodeExtension ?? UInt8(random.next() & 7)
            switch random.next() % 8 {
            case 0...2: bytes.append(0xC0 | reg << 3 | UInt8(random.next() & 7))
            case 3...5:
                // An absolute address in the program.
                let address = UInt32(random.next() % UInt64(Place.codeSize)) + (mode.hasSmallSegments ? 0 : Place.code)
                bytes.append(reg << 3 | (mode.hasSmallSegments ? 6 : 5))
                bytes.append(UInt8(truncatingIfNeeded: address))
                bytes.append(UInt8(truncatingIfNeeded: address >> 8))
                if !mode.hasSmallSegments { bytes += [UInt8(truncatingIfNeeded: address >> 16), 0] }
            default: bytes.append(UInt8(truncatingIfNeeded: random.next()) & 0x47 | reg << 3)
            }
        }
        // Whatever may follow; as many bytes as the decoder takes.
            for _ in 0..<10 {
                bytes.append(UInt8(truncatingIfNeeded: random.next() % 3 == 0 ? random.next() : random.next() & 0x1F))
            }
            let length = bytes.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.flatMap {
                try? Decoder.decode($0, count: buffer.count, code32: !mode.hasSmallSegments).length
            }
        }
        return Array(bytes.prefix(length.map(Int.init) ?? 4))
    }
}

#endif
