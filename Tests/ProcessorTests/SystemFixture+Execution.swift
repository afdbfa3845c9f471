@testable import Processor

/// Executing code in the fixture, and seeing which exception it raised.
extension SystemFixture {
    static let handlers: UInt32 = 0x6000
    static let code: UInt32 = 0x5000

    /// An exception as its handler finds it.
    struct Raised: Equatable {
        var vector: UInt8
        /// Nil for vectors that push none.
        var errorCode: UInt32?

        init(_ vector: UInt8, _ errorCode: UInt32? = nil) {
            self.vector = vector
            self.errorCode = errorCode
        }

        static let invalidOpcode = Raised(Vector.invalidOpcode)
        static let protection = Raised(Vector.generalProtection, 0)
    }

    /// Gives each exception an interrupt gate of its own.
    func catchExceptions() {
        for vector in UInt8(0)..<32 { setInterruptGate(vector, offset: Self.handlers + UInt32(vector) * 16) }
    }

    /// Executes one instruction at ``code`` (or, with an empty array, at EIP); returns the exception that it raised.
    /// ``catchExceptions()`` has been called.
    func execute(_ bytes: [UInt8]) -> Raised? {
        if !bytes.isEmpty {
            memory.write(bytes, at: Self.code)
            state.pointee.eip = Self.code
        }
        _ = processor.run(until: processor.steps + 1)
        let place = state.pointee.eip &- Self.handlers
        guard place < 32 * 16, place % 16 == 0, state.pointee.cpl == 0 else { return nil }
        let vector = UInt8(truncatingIfNeeded: place / 16)
        let withCode: [UInt8] = [
            Vector.doubleFault, Vector.invalidTSS, Vector.segmentNotPresent, Vector.stackFault,
            Vector.generalProtection, Vector.pageFault, Vector.alignmentCheck,
        ]
        return Raised(vector, withCode.contains(vector) ? stack(1)[0] : nil)
    }

    // MARK: PAE

    static let pointerTable: UInt32 = 0x12000
    static let directory: UInt32 = 0x13000
    static let table: UInt32 = 0x14000

    /// Turns paging with PAE on: pointer table at 0x12000, whose first entry leads to a directory at 0x13000, whose
    /// first entry leads to a table at 0x14000, which maps the first 2 MiB to themselves for everyone.
    func enablePAE(noExecute: Bool = false) {
        setQuad(Self.pointerTable, UInt64(Self.directory) | 1)
        for index in 1..<4 as Range<UInt32> { setQuad(Self.pointerTable + index * 8, 0) }
        setQuad(Self.directory, UInt64(Self.table) | 7)
        for page in 0..<512 as Range<UInt32> { setQuad(Self.table + page * 8, UInt64(page) << 12 | 7) }
        if noExecute { state.pointee.modelSpecific.efer = ExtendedFeatureEnable.executeDisable }
        state.pointee.cr3 = Self.pointerTable
        try? core.movToControl(4, ControlRegister.physicalAddressExtension | ControlRegister.pageGlobalEnable)
        try? core.movToControl(0, state.pointee.cr0 | ControlRegister.paging)
    }

    func setQuad(_ address: UInt32, _ value: UInt64) {
        poke32(address, UInt32(truncatingIfNeeded: value))
        poke32(address + 4, UInt32(truncatingIfNeeded: value >> 32))
    }

    func quad(_ address: UInt32) -> UInt64 { UInt64(peek32(address)) | UInt64(peek32(address + 4)) << 32 }

    func setWidePage(_ linear: UInt32, _ entry: UInt64) { setQuad(Self.table + (linear >> 12) * 8, entry) }
    func widePage(_ linear: UInt32) -> UInt64 { quad(Self.table + (linear >> 12) * 8) }
}
