/// An exception or interrupt vector number (SDM vol. 3A, table 6-1).
public enum Vector {
    public static let divideError: UInt8 = 0
    public static let debug: UInt8 = 1
    public static let nonMaskable: UInt8 = 2
    public static let breakpoint: UInt8 = 3
    public static let overflow: UInt8 = 4
    public static let boundRange: UInt8 = 5
    public static let invalidOpcode: UInt8 = 6
    public static let deviceNotAvailable: UInt8 = 7
    public static let doubleFault: UInt8 = 8
    public static let invalidTSS: UInt8 = 10
    public static let segmentNotPresent: UInt8 = 11
    public static let stackFault: UInt8 = 12
    public static let generalProtection: UInt8 = 13
    public static let pageFault: UInt8 = 14
    public static let floatingPoint: UInt8 = 16
    public static let alignmentCheck: UInt8 = 17
    public static let machineCheck: UInt8 = 18
    public static let simdFloatingPoint: UInt8 = 19
}

/// An exception on its way from the place that noticed it to the run loop, which delivers it.
///
/// It is thrown with typed throws and fits in a register, so that throwing never allocates. The address of a page fault
/// is already in CR2 when the fault is thrown.
public struct Fault: Error, Equatable, Sendable {
    public let vector: UInt8
    /// Whether the processor pushes an error code for it.
    public let hasErrorCode: Bool
    public let errorCode: UInt16

    @inline(__always)
    public init(_ vector: UInt8) {
        self.vector = vector
        hasErrorCode = false
        errorCode = 0
    }

    @inline(__always)
    public init(_ vector: UInt8, errorCode: UInt16) {
        self.vector = vector
        hasErrorCode = true
        self.errorCode = errorCode
    }

    public static let invalidOpcode = Fault(Vector.invalidOpcode)
    public static let divideError = Fault(Vector.divideError)

    @inline(__always)
    public static func generalProtection(_ errorCode: UInt16 = 0) -> Fault {
        Fault(Vector.generalProtection, errorCode: errorCode)
    }

    @inline(__always)
    public static func stackFault(_ errorCode: UInt16 = 0) -> Fault {
        Fault(Vector.stackFault, errorCode: errorCode)
    }

    @inline(__always)
    public static func notPresent(_ errorCode: UInt16) -> Fault {
        Fault(Vector.segmentNotPresent, errorCode: errorCode)
    }

    @inline(__always)
    public static func invalidTSS(_ errorCode: UInt16) -> Fault {
        Fault(Vector.invalidTSS, errorCode: errorCode)
    }
}
