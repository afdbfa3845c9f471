import Debugger
import Machine
import Processor

/// A register as gdb sees it: a name, a size and a type in the target description, and bytes in packets.
struct RemoteRegister: Sendable {
    let name: String
    /// Bytes.
    let size: Int
    /// A type that gdb knows, or one that the feature defines.
    let type: String
    /// What `info registers GROUP` shows it with, if not with what its type suggests.
    var group: String?
    /// Its value, the lowest byte first.
    let read: @Sendable (Processor) -> [UInt8]
    /// Changes it to as many bytes as it has; false if that cannot be. Nil if it is never to be changed.
    var write: (@Sendable (Debugger, [UInt8]) -> Bool)?

    /// All, in the order of the target description; an index is a register's number.
    static let all = core + sse + system

    /// Its value among registers that the processor does not hold; nil if they do not say.
    func saved(_ registers: RegisterFile) -> UInt32? {
        let code = registers.segments[Int(SegmentIndex.cs.rawValue)]
        switch name {
        case "eip": return code.base &+ registers.eip
        case "cs_bits": return code.attributes & SegmentAttribute.big != 0 ? 32 : 16
        case "cpl": return UInt32(code.selector & 3)
        case _ where name.hasSuffix("_base"):
            return SegmentIndex.allCases.first { "\($0)_base" == name }.map {
                registers.segments[Int($0.rawValue)].base
            }
        default: return registers.value(named: name)
        }
    }

    // MARK: org.gnu.gdb.i386.core

    /// What gdb demands of every i386.
    static let core: [RemoteRegister] =
        ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"].enumerated().map { index, name in
            RemoteRegister(
                name: name, size: 4, type: name == "esp" || name == "ebp" ? "data_ptr" : "int32",
                read: { bytes($0.state.pointee.general[index]) },
                write: { $0.setRegister(name, to: number($1)) })
        } + [programCounter, flags]
        + [SegmentIndex.cs, .ss, .ds, .es, .fs, .gs].map(selector)
        + (0..<8).map(stackRegister) + floatingPointControl

    /// gdb knows no segments: what it calls the program counter is an address, at which it reads memory and sets
    /// breakpoints. So it is given the linear address, base of CS plus EIP, which in flat segments is EIP.
    private static let programCounter = RemoteRegister(
        name: "eip", size: 4, type: "code_ptr",
        read: { bytes($0.codeBase &+ $0.state.pointee.eip) },
        write: { $0.setRegister("eip", to: number($1) &- $0.machine.processor.codeBase) })

    private static let flags = RemoteRegister(
        name: "eflags", size: 4, type: "i386_eflags", read: { bytes($0.eflags) },
        write: { $0.setRegister("eflags", to: number($1)) })

    /// Only in real and virtual-8086 mode is a selector all that there is to a segment.
    private static func selector(_ segment: SegmentIndex) -> RemoteRegister {
        let index = Int(segment.rawValue)
        return RemoteRegister(
            name: "\(segment)", size: 4, type: "int32",
            read: { bytes(UInt32($0.state.pointee.segments[index].selector)) },
            write: { debugger, value in
                guard number(value) <= 0xFFFF, debugger.usesRealModeVectors || debugger.isVirtual8086 else {
                    return false
                }
                return debugger.change {
                    $0.segments[index].selector = UInt16(truncatingIfNeeded: number(value))
                    $0.segments[index].base = number(value) << 4
                }
            })
    }

    /// ST(n), wherever the top of the stack is.
    private static func stackRegister(_ number: Int) -> RemoteRegister {
        @Sendable func physical(_ state: X87State) -> Int { (Int(state.top) + number) & 7 }
        return RemoteRegister(
            name: "st\(number)", size: 10, type: "i387_ext",
            read: { processor in
                let state = processor.state.pointee.x87
                return bytes(state.significands[physical(state)]) + bytes(state.signExponents[physical(state)])
            },
            write: { debugger, value in
                debugger.change { state in
                    let index = physical(state.x87)
                    state.x87.significands[index] = Self.quadword(value.prefix(8))
                    state.x87.signExponents[index] = UInt16(truncatingIfNeeded: Self.number(Array(value.suffix(2))))
                }
            })
    }

    private static let floatingPointControl: [RemoteRegister] = [
        control("fctrl") { UInt32($0.control) }, control("fstat") { UInt32($0.statusWord) },
        control("ftag") { UInt32($0.tagWord) }, control("fiseg") { UInt32($0.instructionSelector) },
        control("fioff") { $0.instructionOffset }, control("foseg") { UInt32($0.dataSelector) },
        control("fooff") { $0.dataOffset }, control("fop") { UInt32($0.lastOpcode) },
    ]

    private static func control(_ name: String, _ value: @escaping @Sendable (X87State) -> UInt32) -> RemoteRegister {
        RemoteRegister(
            name: name, size: 4, type: "int", group: "float", read: { bytes(value($0.state.pointee.x87)) })
    }

    // MARK: org.gnu.gdb.i386.sse

    static let sse: [RemoteRegister] =
        (0..<8).map { index in
            RemoteRegister(
                name: "xmm\(index)", size: 16, type: "vec128",
                read: { processor in
                    let value = processor.state.pointee.xmm[index].quadwords
                    return bytes(value.x) + bytes(value.y)
                },
                write: { debugger, value in
                    debugger.change {
                        $0.xmm[index] = XMM(quadword(value.prefix(8)), quadword(value.suffix(8)))
                    }
                })
        } + [
            RemoteRegister(
                name: "mxcsr", size: 4, type: "int", group: "vector", read: { bytes($0.state.pointee.mxcsr) })
        ]

    // MARK: Our own feature

    /// What makes the difference between an application's i386 and a system's.
    static let system: [RemoteRegister] =
        [SegmentIndex.cs, .ss, .ds, .es, .fs, .gs].map { segment in
            system("\(segment)_base", "data_ptr") { $0.segments[Int(segment.rawValue)].base }
        } + [
            system("cr0", "cr0_flags") { $0.cr0 }, system("cr2", "data_ptr") { $0.cr2 },
            system("cr3", "int32") { $0.cr3 }, system("cr4", "cr4_flags") { $0.cr4 },
            system("efer", "int32") { $0.modelSpecific.efer },
            system("gdt_base", "data_ptr") { $0.gdtBase }, system("gdt_limit", "int32") { UInt32($0.gdtLimit) },
            system("idt_base", "data_ptr") { $0.idtBase }, system("idt_limit", "int32") { UInt32($0.idtLimit) },
            system("ldtr", "int32") { UInt32($0.ldtr.selector) }, system("tr", "int32") { UInt32($0.tr.selector) },
            system("cpl", "int32") { UInt32($0.cpl) },
            // Not a register, but what a script needs to know to choose between i8086 and i386.
            system("cs_bits", "int32") { state in
                state.segments[Int(SegmentIndex.cs.rawValue)].attributes & SegmentAttribute.big != 0 ? 32 : 16
            },
        ]

    private static func system(
        _ name: String, _ type: String, _ value: @escaping @Sendable (ProcessorState) -> UInt32
    ) -> RemoteRegister {
        RemoteRegister(name: name, size: 4, type: type, group: "system", read: { bytes(value($0.state.pointee)) })
    }

    // MARK: Bytes

    private static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func quadword(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func number(_ bytes: [UInt8]) -> UInt32 { UInt32(truncatingIfNeeded: quadword(bytes)) }
}

extension Processor {
    fileprivate var codeBase: UInt32 { state.pointee.segments[Int(SegmentIndex.cs.rawValue)].base }
}

extension Debugger {
    /// Changes the processor's state, as recorded input.
    fileprivate func change(_ body: (inout ProcessorState) -> Void) -> Bool {
        timeline.branch()
        machine.modifyProcessor(body)
        return true
    }
}
