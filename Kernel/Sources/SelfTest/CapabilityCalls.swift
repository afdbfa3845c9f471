import CUser
import User

func testCapabilities() {
    Check.equal(invoke(.endpointCreate, Place.endpoint), 0, "endpointCreate")
    Check.error(invoke(.endpointCreate, Place.endpoint), .slotOccupied, "endpointCreate: occupied")
    for slot in [0, 256, 0xFFFF_FFFF] as [UInt32] {
        Check.error(invoke(.endpointCreate, slot), .badSlot, "endpointCreate: slot")
        Check.error(invoke(.capabilityDelete, slot), .badCapability, "capabilityDelete: slot")
        Check.error(invoke(.capabilityCopy, slot, 0, Place.second, 31), .badCapability, "capabilityCopy: source")
        Check.error(invoke(.capabilityCopy, Place.endpoint, 0, slot, 31), .badSlot, "capabilityCopy: destination")
    }
    Check.error(invoke(.capabilityDelete, Place.second), .badCapability, "capabilityDelete: empty")
    Check.error(
        invoke(.capabilityCopy, Place.endpoint, 0, Place.endpoint, 31), .slotOccupied, "capabilityCopy: occupied")
    Check.error(
        invoke(.capabilityCopy, Place.endpoint, ProgramSlot.output, Place.second, 31), .badCapability,
        "capabilityCopy: into what is no process")

    let sendOnly = CapabilityRights.send.rawValue
    Check.equal(invoke(.capabilityCopy, Place.endpoint, 0, Place.second, sendOnly, 7), 0, "capabilityCopy")
    Check.error(invoke(.receive, Place.second), .permissionDenied, "receive: without the right")
    Check.error(invoke(.replyReceive, Place.second), .permissionDenied, "replyReceive: without the right")
    Check.error(invoke(.capabilityCopy, Place.second, 0, Place.scratch, 31), .permissionDenied, "capabilityCopy: right")
    Check.equal(invoke(.capabilityDelete, Place.second), 0, "capabilityDelete")
    Check.equal(invoke(.capabilityDelete, Place.endpoint), 0, "capabilityDelete: the last one")
    Check.error(invoke(.receive, Place.endpoint), .badCapability, "receive: deleted")
}

/// What an ordinary program has no capability to.
func testAuthorities() {
    let process = InitialSlot.process
    _ = invoke(.endpointCreate, Place.endpoint)
    Check.error(invoke(.interruptBind, process, 1, Place.endpoint, 0, Place.scratch), .badCapability, "interruptBind")
    Check.error(invoke(.interruptAcknowledge, process), .badCapability, "interruptAcknowledge")
    Check.error(invoke(.shutdown, ProgramSlot.system, 0), .permissionDenied, "shutdown")
    Check.error(
        invoke(.deviceMap, ProgramSlot.system, process, 0xB8000, 4096, Place.free), .permissionDenied, "deviceMap")
    Check.error(invoke(.logWrite, ProgramSlot.system, 0, 0), .badCapability, "logWrite")
    Check.error(invoke(.logRead, ProgramSlot.system, 0, 0), .badCapability, "logRead")
    Check.error(invoke(.processDestroy, Place.endpoint), .badCapability, "processDestroy: not a process")
    _ = invoke(.capabilityDelete, Place.endpoint)
}
