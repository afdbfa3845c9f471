import JSON

/// What the kernel knows, for programs.
extension KernelView {
    func json(_ process: KernelProcess, capabilityCount: Int) -> JSONValue {
        JSONValue(members: [
            "number": JSONValue(process.number), "name": .string(name(ofProcess: process.number)),
            "isAlive": .boolean(process.isAlive), "directory": JSONValue(process.directory),
            "threads": JSONValue(process.threadCount), "capabilities": JSONValue(capabilityCount),
            "creator": process.creator.map { JSONValue($0) },
            "frames": process.account.map { JSONValue($0.frames) },
            "frameLimit": process.account.map { JSONValue($0.limit) },
            "priorityLimit": JSONValue(process.priorityLimit), "references": JSONValue(process.references),
            "mappings": .array(
                process.mappings.map {
                    [
                        "address": JSONValue($0.address), "pages": JSONValue($0.pages),
                        "object": JSONValue($0.memory), "firstPage": JSONValue($0.firstPage),
                    ]
                }),
        ])
    }

    func json(_ thread: KernelThread, _ place: (linear: UInt32, text: String)?) -> JSONValue {
        JSONValue(members: [
            "number": JSONValue(thread.number), "process": JSONValue(thread.process),
            "name": .string(name(ofProcess: thread.process)), "state": .string(thread.state),
            "isRunning": .boolean(thread.address == runningThread?.address), "isIdle": thread.isIdle ? true : nil,
            "priority": JSONValue(thread.priority), "effectivePriority": JSONValue(thread.effectivePriority),
            "time": thread.time.map { JSONValue($0) }, "wait": .string(waitText(thread)),
            "waitsFor": suppliers(of: thread).map { .array($0.map { JSONValue($0.number) }) },
            "deadline": thread.deadline.map { JSONValue($0) },
            "stackSize": JSONValue(stackSize(of: thread)), "stackUse": stackUse(of: thread).map { JSONValue($0) },
            "address": place.map { JSONValue($0.linear) }, "symbol": place.map { .string($0.text) },
        ])
    }

    func json(_ capability: KernelCapability, _ places: [UInt32: KernelCapability]) -> JSONValue {
        let parent = capability.parent.flatMap { places[$0] }
        return JSONValue(members: [
            "process": JSONValue(capability.process), "slot": JSONValue(capability.slot),
            "kind": .string(capability.kind), "rights": JSONValue(capability.rights),
            "badge": JSONValue(capability.badge), "object": JSONValue(capability.object),
            "text": .string(objectText(capability)),
            "parent": parent.map { ["process": JSONValue($0.process), "slot": JSONValue($0.slot)] },
        ])
    }

    func json(_ endpoint: KernelEndpoint) -> JSONValue {
        func numbers(_ threads: [UInt32]) -> JSONValue {
            .array(threads.compactMap { thread(at: $0) }.map { JSONValue($0.number) })
        }
        return JSONValue(members: [
            "address": JSONValue(endpoint.address), "name": .string(endpointName(endpoint.address)),
            "references": JSONValue(endpoint.references), "senders": numbers(endpoint.senders),
            "receivers": numbers(endpoint.receivers), "notices": JSONValue(endpoint.notices),
            "server": endpoint.server.flatMap { thread(at: $0) }.map { JSONValue($0.number) },
        ])
    }

    func json(_ notification: KernelNotification) -> JSONValue {
        JSONValue(members: [
            "address": JSONValue(notification.address), "references": JSONValue(notification.references),
            "bits": JSONValue(notification.bits),
            "waiters": .array(notification.waiters.compactMap { thread(at: $0) }.map { JSONValue($0.number) }),
            "endpoint": notification.endpoint.map { JSONValue($0) },
        ])
    }
}
