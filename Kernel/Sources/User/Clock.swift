/// Time.
public enum Clock {
    /// Milliseconds since the kernel started; wraps after 49 days.
    public static var milliseconds: UInt32 {
        ((try? System(slot: ProgramSlot.system).clock()) ?? nil)?.milliseconds ?? 0
    }

    /// The date and the time of day, as the machine's clock has them; nil if there is no clock.
    public static func dateTime() -> DateTime? {
        guard let service = try? Service.find("clock") else { return nil }
        defer { service.close() }
        guard let reply = try? service.endpoint.callAgain(Message(ClockRequest.read)), reply.label == 0 else {
            return nil
        }
        return DateTime(words: (reply.word0, reply.word1))
    }
}
