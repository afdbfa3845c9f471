import CUser
import User

// Endpoints from which nobody can receive any more, because the last capability with that right is gone.

/// A capability that can only send.
private var sendOnly: UInt32 { Place.scratch }

private func createEndpoint() {
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.capabilityCopy, Place.endpoint, 0, sendOnly, CapabilityRights.send.rawValue)
}

func testClosedEndpoints() {
    let free = memoryInformation().freeFrames
    // Who waits to be received, and who comes later.
    createEndpoint()
    startCall(.call, sendOnly)
    Check.isTrue(answer == nil, "call: waits for a server")
    Check.equal(invoke(.capabilityDelete, Place.endpoint), 0, "capabilityDelete: the last to receive")
    Check.error(awaitAnswer(), .objectGone, "call: nobody can receive any more")
    Check.error(invoke(.call, sendOnly), .objectGone, "call: nobody can receive")
    Check.error(invoke(.send, sendOnly, Timeout.now), .objectGone, "send: nobody can receive")
    // A signal that nobody can receive is kept.
    _ = invoke(.notificationCreate, Place.endpoint)
    Check.equal(invoke(.notificationBind, Place.endpoint, sendOnly, 1), 0, "notificationBind: nobody can receive")
    Check.equal(invoke(.notificationSignal, Place.endpoint, 4), 0, "notificationSignal: nobody can receive")
    Check.equal(invoke(.notificationBind, Place.endpoint, 0), 0, "notificationBind: to nothing")
    Check.equal(invoke(.notificationWait, Place.endpoint, Timeout.now), 0, "notificationWait: what nobody received")
    _ = invoke(.capabilityDelete, Place.endpoint)
    _ = invoke(.capabilityDelete, sendOnly)

    // A receiver that waits while its right is taken away; another one's keeps the endpoint open.
    createEndpoint()
    let receive = CapabilityRights.receive.rawValue
    _ = invoke(.capabilityCopy, Place.endpoint, 0, Place.second, receive)
    startCall(.receive, Place.second)
    Check.equal(invoke(.capabilityRevoke, Place.endpoint), 0, "capabilityRevoke: a receiver's")
    Check.isTrue(answer == nil, "capabilityRevoke: a receiver waits on while another can receive")
    _ = invoke(.capabilityCopy, Place.endpoint, 0, sendOnly, CapabilityRights.send.rawValue)
    Check.equal(invoke(.capabilityDelete, Place.endpoint), 0, "capabilityDelete: the last to receive")
    Check.error(awaitAnswer(), .objectGone, "receive: nobody can receive any more")
    _ = invoke(.capabilityDelete, sendOnly)

    // The handler of a child's faults cannot receive: then there is none.
    createEndpoint()
    Check.succeeds(invoke(.processCreate, Place.second, sendOnly, 1, 64, 8), "processCreate: a handler")
    _ = invoke(.capabilityDelete, Place.endpoint)
    _ = invoke(.capabilityDelete, Place.thread)
    _ = invoke(.threadCreate, Place.second, Place.thread, 0, 0)
    _ = invoke(.threadStart, Place.thread)
    giveWay { invoke(.threadStart, Place.thread) == KernelError.objectGone }
    Check.error(invoke(.threadStart, Place.thread), .objectGone, "a fault without a handler ends the thread")
    _ = invoke(.processDestroy, Place.second)
    for slot in [Place.thread, Place.second, sendOnly] { _ = invoke(.capabilityDelete, slot) }
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "a closed endpoint: frees its frames")
}
