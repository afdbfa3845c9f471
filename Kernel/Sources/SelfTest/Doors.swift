import CSelfTest
import CUser
import User

/// The doors into the kernel with registers as they should not be: what user code leaves in flags and segment registers
/// must do nothing to the kernel.
func testDoors() {
    let trap: UInt32 = 0x100
    let direction: UInt32 = 0x400
    let nested: UInt32 = 0x4000
    let alignment: UInt32 = 0x4_0000
    Check.equal(interrupt_with_flags(direction | nested | alignment), 0, "int 0x80: flags")
    for selector in [0, 3, 0x1B, 0x23] as [UInt32] {
        Check.equal(interrupt_with_segments(selector), 0, "int 0x80: segments")
    }
    guard system_call_flags & ManagerStartup.hasSysenter != 0 else { return }
    for flags in [direction, nested, alignment, trap, trap | direction | nested | alignment] {
        Check.equal(sysenter_with_flags(flags), 0, "sysenter: flags")
    }
    for selector in [0, 3, 0x1B, 0x23] as [UInt32] {
        Check.equal(sysenter_with_segments(selector), 0, "sysenter: segments")
    }
    let stackFlag: UInt32 = 0x100
    for index in 0..<6 {
        let result = sysenter_with_stack(SystemCall.send.rawValue | stackFlag, Place.bad[index])
        Check.error(result, .badAddress, "sysenter: a stack that is none")
        // Without arguments there, the stack is the caller's business.
        Check.equal(sysenter_with_stack(SystemCall.yield.rawValue, Place.bad[index]), 0, "sysenter: no arguments")
    }
}
