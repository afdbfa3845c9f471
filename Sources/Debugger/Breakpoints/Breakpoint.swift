import Machine

/// A place where execution is to stop before the instruction there.
///
/// Addresses are linear, in whatever address space, or physical. A breakpoint at a symbol or a source line stops only
/// where memory holds the code of the symbol file; programs may share addresses.
public struct Breakpoint: Sendable, Equatable {
    /// Its name for the user: from 1 on, never used again.
    public let number: Int
    /// One, or those of a line that has become several pieces of code.
    public let places: [Place]
    /// What it was set at, in the user's words.
    public let text: String
    /// When it stops.
    public var rule = StopRule()

    public struct Place: Sendable, Equatable {
        /// Linear, or physical.
        public let address: UInt32
        /// The symbol file whose code must be there; nil if any code will do.
        public var module: String?
        /// The address is one of physical memory: the code stops however it is mapped.
        public var isPhysical = false
    }

    /// The addresses of all ``places``.
    public var addresses: [UInt32] { places.map(\.address) }
    /// The first address.
    public var address: UInt32 { places.first?.address ?? 0 }
    public var isEnabled: Bool { rule.isEnabled }
    /// How often execution has stopped here.
    public var hits: Int { rule.hits }
}

extension Debugger {
    /// Sets a breakpoint at the address that `text` means (``Expression``), or at a source line (`FILE:LINE`), of as
    /// many symbol files as have it.
    @discardableResult
    public func setBreakpoint(_ text: String) throws(AddressExpression.InvalidExpression) -> Breakpoint {
        var places: [Breakpoint.Place] = []
        for place in try linePlaces(text) {
            places += place.addresses.map { Breakpoint.Place(address: $0, module: place.module) }
        }
        if places.isEmpty, let symbol = (try? symbol(named: text)) ?? nil {
            places = [Breakpoint.Place(address: symbol.address, module: symbol.module)]
        }
        return places.isEmpty ? setBreakpoint(at: try address(text), text: text) : setBreakpoint(places, text: text)
    }

    /// Sets a breakpoint at a linear address. `text` says in words where that is.
    @discardableResult
    public func setBreakpoint(at address: UInt32, text: String? = nil) -> Breakpoint {
        setBreakpoint([Breakpoint.Place(address: address)], text: text ?? address.hexadecimal)
    }

    /// Sets a breakpoint at the code at a physical address, however it is mapped.
    @discardableResult
    public func setBreakpoint(atPhysical address: UInt32) -> Breakpoint {
        setBreakpoint([Breakpoint.Place(address: address, isPhysical: true)], text: "physical " + address.hexadecimal)
    }

    private func setBreakpoint(_ places: [Breakpoint.Place], text: String) -> Breakpoint {
        let breakpoint = Breakpoint(number: nextBreakpointNumber, places: places, text: text)
        nextBreakpointNumber += 1
        breakpoints.append(breakpoint)
        return breakpoint
    }

    // MARK: While the machine runs

    /// The linear addresses of the user's breakpoints.
    var enabledAddresses: Set<UInt32> { addresses(arePhysical: false) }
    /// The physical ones.
    var enabledPhysicalAddresses: Set<UInt32> { addresses(arePhysical: true) }

    private func addresses(arePhysical: Bool) -> Set<UInt32> {
        Set(breakpoints.filter(\.isEnabled).flatMap(\.places).filter { $0.isPhysical == arePhysical }.map(\.address))
    }

    /// The stop at the user's breakpoints at a linear address; counts the hits. Nil if none stops.
    func stopAtBreakpoint(_ address: UInt32) -> Stop? {
        var number: Int?
        for index in breakpoints.indices where means(breakpoints[index], address) {
            if arrive(&breakpoints[index].rule) { number = number ?? breakpoints[index].number }
        }
        return number.map { stop(.breakpoint($0)) }
    }

    /// Whether a breakpoint ends a move backwards at a linear address.
    func isBreakpointHit(at address: UInt32) -> Bool {
        breakpoints.contains { means($0, address) && stopsBackwards($0.rule) }
    }

    /// Whether a breakpoint means the code that is at a linear address now.
    private func means(_ breakpoint: Breakpoint, _ address: UInt32) -> Bool {
        guard breakpoint.isEnabled else { return false }
        return breakpoint.places.contains { place in
            if place.isPhysical { return physicalAddress(of: address) == place.address }
            guard place.address == address else { return false }
            guard let module = place.module else { return true }
            return symbols.isInMemory(module, at: address) { address, count in readMemory(at: address, count: count) }
        }
    }
}
