import CUser
import User

/// A call that a second thread makes, so that this one can be what it waits for.
private struct Request {
    var call = SystemCall.yield
    var label: UInt32 = 0
    var ebx: UInt32 = 0
    var ecx: UInt32 = 0
    var edx: UInt32 = 0
}

private nonisolated(unsafe) var request = Request()

/// What a second thread's call has answered; nil: nothing yet.
nonisolated(unsafe) var answer: Answer?

@c(self_test_second_caller)
func secondCaller() {
    answer = invoke(request.call, label: request.label, request.ebx, request.ecx, request.edx)
    User.Thread.exit()
}

/// Lets a second thread (`Place.thread`) make a call, and waits until it has begun to wait.
func startCall(_ call: SystemCall, label: UInt32 = 0, _ ebx: UInt32, _ ecx: UInt32 = 0, _ edx: UInt32 = 0) {
    request = Request(call: call, label: label, ebx: ebx, ecx: ecx, edx: edx)
    answer = nil
    settle(start(secondCaller))
}

/// What the second thread's call answers.
func awaitAnswer() -> Answer? {
    giveWay { answer != nil }
    return answer
}

/// Each wait, ended by somebody else, and by the end of what it waits for.
func testEndsOfWaits() {
    for call in [.send, .call, .receive, .replyReceive, .notificationWait, .sleep] as [SystemCall] {
        let slot = call == .notificationWait ? Place.second : Place.endpoint
        _ = invoke(.endpointCreate, Place.endpoint)
        _ = invoke(.notificationCreate, Place.second)
        startCall(call, slot, call == .sleep ? 1_000_000 : 0)
        Check.isTrue(answer == nil, "a call that waits")
        Check.equal(invoke(.threadCancel, Place.thread), 0, "threadCancel: whatever it waits for")
        Check.error(awaitAnswer(), .cancelled, "a wait that is cancelled")
        if call != .sleep {
            startCall(call, slot)
            Check.equal(invoke(.capabilityDelete, slot), 0, "capabilityDelete: of what somebody waits for")
            Check.error(awaitAnswer(), .objectGone, "a wait for what is gone")
        }
        _ = invoke(.capabilityDelete, Place.endpoint)
        _ = invoke(.capabilityDelete, Place.second)
    }
    // A thread that has faulted, or that is ready, waits for nothing that could be cancelled.
    _ = invoke(.notificationCreate, Place.second)
    startCall(.notificationWait, Place.second)
    _ = invoke(.endpointCreate, Place.endpoint)
    Check.error(
        invoke(.notificationBind, Place.second, Place.endpoint, 1), .badState, "notificationBind: somebody waits")
    Check.equal(invoke(.notificationSignal, Place.second, 4), 0, "notificationSignal: somebody waits")
    Check.equal(awaitAnswer()?.value ?? -1, 0, "notificationWait: woken")
    for slot in [Place.second, Place.endpoint, Place.thread] { _ = invoke(.capabilityDelete, slot) }
}
