import Testing

/// The BIOS services, called by programs that run on the machine (Firmware/Tests/Programs) and print "ok" or "FAILED"
/// for everything they check.
@Suite(.serialized)
struct ServiceTests {
    /// The programs, with the least number of checks each has to get through.
    static let programs = ["disk", "keyboard", "system", "unreal", "v86", "video"]

    @Test(arguments: programs, hosts.indices)
    func everyCheckPasses(program: String, host: Int) throws {
        let disk = Setup.Disk(file: try Firmware.program(program))
        let outcome = try hosts[host].run(Setup(memory: 64, disks: [disk]), [.waitForExit])
        let lines = outcome.log.split(whereSeparator: \.isNewline)
        let failures = lines.filter { $0.hasPrefix("FAILED") }
        #expect(failures.isEmpty, "\(hosts[host].testDescription)")
        #expect(lines.last == "done", "\(hosts[host].testDescription): the program did not reach its end")
        #expect(lines.contains { $0.hasPrefix("ok ") })
    }
}
