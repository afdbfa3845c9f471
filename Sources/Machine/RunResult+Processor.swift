import Processor

extension TripleFaultReport.Link {
    /// What the processor has noted about an exception.
    public init(_ record: FaultRecord) {
        var registers = RegisterFile()
        registers.general = (0..<8).map { record.general[$0] }
        registers.eip = record.eip
        registers.eflags = record.eflags
        registers.segments = (0..<6).map { index in
            var segment = RegisterFile.Segment()
            segment.selector = record.selectors[index]
            if index == Int(SegmentIndex.cs.rawValue) { segment.base = record.codeBase }
            return segment
        }
        registers.cr0 = record.cr0
        registers.cr2 = record.cr2
        registers.cr3 = record.cr3
        self.init(
            vector: record.fault.vector, errorCode: record.fault.hasErrorCode ? record.fault.errorCode : nil,
            faultAddress: record.cr2, registers: registers)
    }
}
