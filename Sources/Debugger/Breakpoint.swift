/// A place where execution is to stop before the instruction there.
///
/// Addresses are linear, in whatever address space. A breakpoint at a symbol or a source line stops only where memory
/// holds the code of the symbol file; programs may share addresses.
public struct Breakpoint: Sendable, Equatable {
    /// Its name for the user: from 1 on, never used again.
    public let number: Int
    /// One, or those of a line that has become several pieces of code.
    public let places: [Place]
    /// What it was set at, in the user's words.
    public let text: String
    public var isEnabled = true
    /// How often execution has stopped here.
    public internal(set) var hits = 0

    public struct Place: Sendable, Equatable {
        /// Linear.
        public let address: UInt32
        /// The symbol file whose code must be there; nil if any code will do.
        public let module: String?
    }

    /// The addresses of all ``places``.
    public var addresses: [UInt32] { places.map(\.address) }
    /// The first address.
    public var address: UInt32 { places.first?.address ?? 0 }
}

extension Debugger {
    /// Sets a breakpoint at the address that `text` means (``AddressExpression``), or at a source line (`FILE:LINE`), of
    /// as many symbol files as have it.
    @discardableResult
    public func setBreakpoint(_ text: String) throws(AddressExpression.InvalidExpression) -> Breakpoint {
        var places: [Breakpoint.Place] = []
        for place in try linePlaces(text) {
            places += place.addresses.map { Breakpoint.Place(address: $0, module: place.module) }
        }
        if places.isEmpty, let symbol = (try? symbols.symbol(named: text)) ?? nil {
            places = [Breakpoint.Place(address: symbol.address, module: symbol.module)]
        }
        return places.isEmpty ? setBreakpoint(at: try address(text), text: text) : setBreakpoint(places, text: text)
    }

    /// Sets a breakpoint at a linear address. `text` says in words where that is.
    @discardableResult
    public func setBreakpoint(at address: UInt32, text: String? = nil) -> Breakpoint {
        setBreakpoint([Breakpoint.Place(address: address, module: nil)], text: text ?? address.hexadecimal)
    }

    private func setBreakpoint(_ places: [Breakpoint.Place], text: String) -> Breakpoint {
        let breakpoint = Breakpoint(number: nextBreakpointNumber, places: places, text: text)
        nextBreakpointNumber += 1
        breakpoints.append(breakpoint)
        return breakpoint
    }

    /// Removes a breakpoint or watchpoint. False if there is none of this number.
    @discardableResult
    public func deleteBreakpoint(_ number: Int) -> Bool {
        let count = breakpoints.count + watchpoints.count
        breakpoints.removeAll { $0.number == number }
        watchpoints.removeAll { $0.number == number }
        return breakpoints.count + watchpoints.count < count
    }

    /// Removes all breakpoints and watchpoints.
    public func deleteAllBreakpoints() {
        breakpoints.removeAll()
        watchpoints.removeAll()
    }

    /// Switches a breakpoint or watchpoint on or off. False if there is none of this number.
    @discardableResult
    public func enableBreakpoint(_ number: Int, _ isEnabled: Bool) -> Bool {
        if let index = breakpoints.firstIndex(where: { $0.number == number }) {
            breakpoints[index].isEnabled = isEnabled
        } else if let index = watchpoints.firstIndex(where: { $0.number == number }) {
            watchpoints[index].isEnabled = isEnabled
        } else {
            return false
        }
        return true
    }
}
