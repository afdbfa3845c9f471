/// The odd ends of the PC's main board: ports 61h (system control port B), 80h (POST code) and 92h (system control
/// port A: A20 and fast reset), the debug console at E9h.
struct SystemControl: Codable, Sendable, Equatable {
    enum PortA {
        static let fastReset: UInt8 = 0x01, addressLine20: UInt8 = 0x02
    }

    /// Port 61h bits 0-3: gate of timer channel 2, speaker data, parity and channel check disabled.
    var portB: UInt8 = 0
    /// Port 92h.
    var portA: UInt8 = 0
    var postCode: UInt8 = 0
    /// What the speaker plays now, in hertz, as last told to the sink.
    var speakerFrequency: Double = 0

    /// Half the period of the refresh toggle, port 61h bit 4: 18 timer ticks (IBM PC/AT Technical Reference).
    static let refreshTime: UInt64 = 15_085
}
