/// A place where execution is to stop before the instruction there.
///
/// The address is linear, in whatever address space: code of another process at the same address stops as well.
public struct Breakpoint: Sendable, Equatable {
    /// Its name for the user: from 1 on, never used again.
    public let number: Int
    /// Linear address.
    public let address: UInt32
    /// What it was set at, in the user's words.
    public let text: String
    public var isEnabled = true
    /// How often execution has stopped here.
    public internal(set) var hits = 0
}

extension Debugger {
    /// Sets a breakpoint at the address that `text` means (``AddressExpression``).
    @discardableResult
    public func setBreakpoint(_ text: String) throws(AddressExpression.InvalidExpression) -> Breakpoint {
        setBreakpoint(at: try address(text), text: text)
    }

    /// Sets a breakpoint at a linear address. `text` says in words where that is.
    @discardableResult
    public func setBreakpoint(at address: UInt32, text: String? = nil) -> Breakpoint {
        let breakpoint = Breakpoint(
            number: nextBreakpointNumber, address: address, text: text ?? address.hexadecimal)
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
