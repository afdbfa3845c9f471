import Testing

@testable import Debugger

@Suite("Names of Swift symbols") struct DemanglerTests {
    /// Declarations as the Swift runtime's demangler writes them, and what is left of them.
    @Test(arguments: [
        ("KernelCore.FrameAllocator.allocate(count: Swift.Int) -> Swift.UInt32?", "FrameAllocator.allocate(count:)"),
        ("Kernel.main() -> ()", "main()"),
        ("Kernel.Console.write(Swift.StaticString, color: Swift.UInt8) -> ()", "Console.write(_:color:)"),
        ("static Kernel.Kernel.main() -> ()", "Kernel.main()"),
        ("Kernel.Queue.sort(by: (A, A) -> Swift.Bool) -> ()", "Queue.sort(by:)"),
        ("closure #1 () -> () in Kernel.Scheduler.run() -> ()", "closure #1 in Scheduler.run()"),
        ("Kernel.ticks : Swift.UInt64", "ticks"),
        ("merged Kernel.Console.clear() -> ()", "Console.clear()"),
    ])
    func shortNames(declaration: String, name: String) {
        #expect(Demangler.shorten(declaration) == name)
    }

    @Test func mangledNamesAreDemangled() {
        #expect(Demangler.shortName(of: "$s4main3fooyyF") == "foo()")
        #expect(Demangler.shortName(of: "$e4main3fooyyF") == "foo()")
    }

    @Test func otherNamesStay() {
        for name in ["kernel_entry", "_start", "", "$", "$e", "memcpy"] {
            #expect(Demangler.shortName(of: name) == name)
        }
    }
}
