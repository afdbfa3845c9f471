import ShellLogic
import Testing

@Suite struct EnvironmentListTests {
    private func set(_ list: inout EnvironmentList, _ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { list.set($0) }
    }

    private func unset(_ list: inout EnvironmentList, _ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { list.unset($0) }
    }

    private func contents(_ list: EnvironmentList) -> String {
        list.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `names get values, and other values`() {
        var list = EnvironmentList()
        #expect(set(&list, "A=1"))
        #expect(set(&list, "AB=2"))
        #expect(set(&list, "A=longer=than"))
        #expect(contents(list) == "AB=2\0A=longer=than\0")
        #expect(set(&list, "AB="))
        #expect(contents(list) == "A=longer=than\0AB=\0")
        #expect(unset(&list, "A"))
        #expect(!unset(&list, "A"))
        #expect(contents(list) == "AB=\0")
    }

    @Test func `what is no assignment changes nothing`() {
        var list = EnvironmentList()
        for text in ["", "=", "=x", "A", "1A=b", "A B=c", "A-B=c", "A=\0"] { #expect(!set(&list, text), "\(text)") }
        #expect(contents(list) == "")
    }

    @Test func `what does not fit changes nothing`() {
        var list = EnvironmentList()
        let long = String(repeating: "x", count: EnvironmentList.capacity - 3)
        #expect(set(&list, "A=" + long))
        #expect(!set(&list, "B=1"))
        #expect(!set(&list, "A=" + long + "x"))
        #expect(contents(list) == "A=" + long + "\0")
        #expect(set(&list, "A=1"))
        #expect(set(&list, "B=1"))
    }
}
