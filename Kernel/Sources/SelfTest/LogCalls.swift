import CUser
import User

/// Whether a text stands on the screen whose memory is mapped at `address`.
private func screen(at address: UInt32, shows text: StaticString) -> Bool {
    let cells = pointer(address)
    for start in 0..<(80 * 25 - text.utf8CodeUnitCount) {
        var index = 0
        while index < text.utf8CodeUnitCount, cells[2 * (start + index)] == text.utf8Start[index] { index += 1 }
        if index == text.utf8CodeUnitCount { return true }
    }
    return false
}

/// Reads lines from a position on; where the next begin.
private func read(
    _ slot: UInt32, _ position: UInt32, _ size: UInt32 = 4096, at buffer: UInt32 = Place.buffer
) -> (answer: Answer, next: UInt32) {
    var registers = system_call_registers()
    registers.ebx = slot
    registers.ecx = buffer
    registers.edx = size
    registers.esi = position
    let answer = invoke(.logRead, &registers)
    return (answer, registers.ebx)
}

/// The log, whose screen's memory is mapped at `screen`.
func testLog(screen address: UInt32) {
    let log = InitialSlot.log
    let kernelLog = KernelLog(slot: log, level: .warning)
    let all = Place.buffer
    for slot in [0, 256, InitialSlot.system] as [UInt32] {
        Check.error(invoke(.logWrite, slot, all, 0), .badCapability, "logWrite: no log")
        Check.error(read(slot, 0).answer, .badCapability, "logRead: no log")
    }
    let (readOnly, writeOnly) = (Place.many + 2, Place.many + 3)
    _ = invoke(.capabilityCopy, log, 0, readOnly, CapabilityRights.read.rawValue)
    _ = invoke(.capabilityCopy, log, 0, writeOnly, CapabilityRights.send.rawValue)
    Check.error(invoke(.logWrite, readOnly, all, 0), .permissionDenied, "logWrite: right")
    Check.error(read(writeOnly, 0).answer, .permissionDenied, "logRead: right")
    Check.error(read(readOnly, LogRecord.unshown).answer, .permissionDenied, "logRead: the screen's right")
    Check.error(invoke(.logWrite, label: 3, log, all, 0), .badArgument, "logWrite: level")
    for index in 0..<6 {
        Check.error(invoke(.logWrite, log, Place.bad[index], 8), .badAddress, "logWrite: address")
        Check.error(read(log, 0, at: Place.bad[index]).answer, .badAddress, "logRead: address")
    }
    Check.error(read(log, 0, at: Place.readOnly).answer, .badAddress, "logRead: a read-only buffer")

    // What is written is on the screen, and in memory with its level.
    for index in 0..<2048 { pointer(all)[index] = index == 1023 ? 0x0A : 0x20 }
    Check.equal(invoke(.logWrite, writeOnly, all, 2048), 1024, "logWrite: at most 1024 bytes")
    kernelLog.write("self-test: a line for the screen\n")
    Check.isTrue(screen(at: address, shows: "self-test: a line for the screen"), "logWrite: on the screen")
    Check.succeeds(read(readOnly, 0).answer, "logRead")
    // Valid: the kernel writes whole records, and any bits are one.
    var record = UnsafePointer<LogRecord>(bitPattern: UInt(all))!.pointee
    Check.isTrue(
        record.length > 8 && record.level == LogLevel.information.rawValue && pointer(all)[8] == 0x4D
            && pointer(all)[9] == 0x61, "logRead: the kernel's first line")  // "Ma"
    Check.equal(read(readOnly, 0, 8).answer, 0, "logRead: no room for a line")
    var position: UInt32 = 0
    var lines = read(readOnly, position, 512)
    while lines.answer.value > 0 {
        var offset: UInt32 = 0
        while offset < UInt32(bitPattern: lines.answer.value) {
            record = UnsafePointer<LogRecord>(bitPattern: UInt(all + offset))!.pointee
            offset += record.size
        }
        position = lines.next
        lines = read(readOnly, position, 512)
    }
    Check.isTrue(record.level == LogLevel.warning.rawValue && record.length == 32, "logRead: the last line")
    kernelLog.write("self-test: a warning\n")
    Check.succeeds(read(readOnly, position).answer, "logRead: the next line")
    Check.isTrue(
        UnsafePointer<LogRecord>(bitPattern: UInt(all))!.pointee.level == LogLevel.warning.rawValue
            && pointer(all)[8 + 13] == 0x77, "logRead: level and text of the next line")  // "w"

    // Who reads what is not on the screen has it.
    Check.equal(read(log, LogRecord.unshown).answer, 0, "logRead: all is on the screen")
    kernelLog.write("self-test: not for the screen\n")
    Check.isTrue(!screen(at: address, shows: "self-test: not for the screen"), "logRead: the screen is the reader's")
    Check.error(read(readOnly, LogRecord.unshown).answer, .permissionDenied, "logRead: the screen's right, again")
    Check.succeeds(read(log, LogRecord.unshown).answer, "logRead: what is not on the screen")
    Check.isTrue(pointer(all)[8 + 11] == 0x6E, "logRead: its text")  // "n"
    Check.equal(read(log, LogRecord.unshown).answer, 0, "logRead: it counts as shown")
    for slot in [readOnly, writeOnly] { _ = invoke(.capabilityDelete, slot) }
}
