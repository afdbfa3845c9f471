import User

/// Slots and addresses of the fuzzer.
enum FuzzPlace {
    static var children: UInt32 { 4 }

    // In the manager's table.

    /// Where faults and ends of children are received.
    static var faults: UInt32 { 32 }
    /// What the children get: an endpoint, a notification, a memory object.
    static var endpoint: UInt32 { 33 }
    static var notification: UInt32 { 34 }
    static var memory: UInt32 { 35 }
    /// A page that manager and children have mapped: a count of calls for each child.
    static var counters: UInt32 { 36 }
    static var bystander: UInt32 { 37 }
    static var scratch: UInt32 { 38 }
    static func process(_ child: UInt32) -> UInt32 { 40 + child }
    static func thread(_ child: UInt32) -> UInt32 { 50 + child }

    // In a child's table: slots 1 (itself) to 6, and from here on nothing.

    static var firstEmpty: UInt32 { 7 }

    /// The counters' page, in the manager and in the children.
    static var counterPage: UInt32 { 0x5000_0000 }
    /// A child's stack, one page, and its data, eight, of which the last four appear when the manager is asked.
    static var stack: UInt32 { 0x6000_0000 }
    static var data: UInt32 { 0x7000_0000 }
    static var mappedData: UInt32 { 4 * pageSize }
    static var allData: UInt32 { 8 * pageSize }
}
