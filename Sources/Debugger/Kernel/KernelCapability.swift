/// A capability in the table of a process.
public struct KernelCapability: Sendable, Equatable {
    /// Where it is: the slot's structure.
    public let address: UInt32
    /// The number of the process whose table it is in, and the slot's number there.
    public let process: UInt32
    public let slot: Int
    /// The name of the kind in the kernel's source: `endpoint`.
    public let kind: String
    /// Address of the object, number of the interrupt line, a range of ports (the first in the lower half), or 0.
    public let object: UInt32
    /// The bits of `CapabilityRights`.
    public let rights: UInt32
    public let badge: UInt32
    /// The slot's address of the capability that it was derived from; nil if it is an original.
    public internal(set) var parent: UInt32?
    /// Addresses of the first and the last capability derived from it.
    let children: (first: UInt32, last: UInt32)?

    public static func == (left: KernelCapability, right: KernelCapability) -> Bool {
        left.address == right.address && left.kind == right.kind && left.object == right.object
    }

    /// Send, receive, manage, read, copy, write: letters, `-` for what is missing.
    public var rightsText: String {
        zip("srmRcw", 0...).map { letter, bit in rights >> UInt32(bit) & 1 != 0 ? String(letter) : "-" }.joined()
    }

    /// Whether one may receive from the endpoint, or wait for the notification, with it.
    public var canReceive: Bool { rights & 2 != 0 }
}

extension KernelView {
    /// The capabilities in the tables of all processes, with what each was derived from.
    ///
    /// The kernel keeps no pointer to the parent in the middle of a list of children, but each capability knows the
    /// ends of the list of its own: from the first by `next` to the last.
    func readCapabilities() -> [KernelCapability] {
        var result: [KernelCapability] = []
        var structures: [UInt32: GuestStructure] = [:]
        var indices: [UInt32: Int] = [:]
        guard let stride = layout.layout("Capability")?.stride else {
            complain("the kernel's debugging information does not say how a Capability lies in memory")
            return []
        }
        for process in processes {
            guard let table = process.table else { continue }
            let slotsPerPage = Int(0x1000 / stride)
            for slot in 0..<2 * slotsPerPage {
                let page = slot < slotsPerPage ? table.lower : table.upper
                let address = page &+ UInt32(slot % slotsPerPage) &* stride
                // One complaint is enough for a table that is not there.
                guard let structure = structure("Capability", at: address) else { break }
                let kind = structure.name("kind")
                guard kind != "none" else { continue }
                if kind == nil { complain("slot \(slot) of process \(process.number) holds an unknown kind of object") }
                let ends: (UInt32, UInt32)?
                if let first = structure.pointer("firstChild"), let last = structure.pointer("lastChild") {
                    ends = (first, last)
                } else {
                    ends = nil
                }
                structures[address] = structure
                indices[address] = result.count
                result.append(
                    KernelCapability(
                        address: address, process: process.number, slot: slot, kind: kind ?? "unknown",
                        object: structure.number("object") ?? 0, rights: structure.number("rights") ?? 0,
                        badge: structure.number("badge") ?? 0, children: ends))
            }
        }
        for capability in result {
            guard let children = capability.children else { continue }
            var child = children.first
            for _ in 0..<result.count {
                guard let index = indices[child], result[index].parent == nil else {
                    complain(
                        "what was derived from the capability at \(capability.address.digits) is not a list of slots")
                    break
                }
                result[index].parent = capability.address
                guard child != children.last, let next = structures[child]?.pointer("next") else { break }
                child = next
            }
        }
        return result
    }

    /// The capability in a slot.
    func capability(at address: UInt32) -> KernelCapability? { capabilities.first { $0.address == address } }

    /// The processes that hold a capability to an object, ascending.
    func holders(of object: UInt32, kind: String) -> [UInt32] {
        Set(capabilities.filter { $0.object == object && $0.kind == kind }.map(\.process)).sorted()
    }

    /// What a capability names, in words.
    public func objectText(_ capability: KernelCapability) -> String {
        let object = capability.object
        switch capability.kind {
        case "process":
            guard let process = process(at: object) else { return "a process that has ended" }
            return name(ofProcess: process.number) + " (\(process.number))"
        case "thread":
            guard let thread = thread(at: object) else { return "a thread at \(object.digits)" }
            return name(of: thread) + (thread.hasEnded ? ", which has ended" : "")
        case "reply": return "the answer to " + threadName(at: object)
        case "endpoint": return endpointName(object)
        case "notification": return "notification \(object.digits)"
        case "memory":
            let pages = structure("MemoryObject", at: object)?.number("pages")
            return "memory object \(object.digits)" + (pages.map { ", \($0) pages" } ?? "")
        case "interruptLine": return "IRQ \(object)"
        case "ports":
            return
                "ports \(UInt16(truncatingIfNeeded: object).digits)-\(UInt16(truncatingIfNeeded: object >> 16).digits)"
        case "log": return "the kernel's log"
        case "system": return "the system"
        case "interruptAuthority": return "the right to take interrupt lines"
        default: return object == 0 ? "" : object.digits
        }
    }

    /// `endpoint 00163040 of console`, by who may receive from it.
    public func endpointName(_ address: UInt32) -> String {
        let names = receivers(of: address).map { name(ofProcess: $0) }.joined(separator: ", ")
        return "endpoint \(address.digits)" + (names.isEmpty ? "" : " of \(names)")
    }

    /// The processes that may receive from an endpoint. The process manager makes the endpoints of others' services,
    /// and keeps a capability to each; it counts only where nobody else does.
    func receivers(of endpoint: UInt32) -> [UInt32] {
        let all = Set(
            capabilities.filter { $0.kind == "endpoint" && $0.object == endpoint && $0.canReceive }.map(\.process)
        ).sorted()
        return all.count > 1 ? all.filter { $0 != managerNumber } : all
    }

    /// The number of the process manager.
    var managerNumber: UInt32? { variable("Processes.manager").flatMap { process(at: $0)?.number } }
}
