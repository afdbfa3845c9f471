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
        (
            "static Kernel.CommandLine.(equals in _CC4C)(Swift.UnsafeRawBufferPointer, Swift.StaticString) -> Swift.Bool",
            "CommandLine.equals(_:_:)"
        ),
        ("static Kernel.Clock.(sleepers in _850B) : KernelLogic.Queue<Kernel.Thread>", "Clock.sleepers"),
        (
            "merged generic specialization <KernelABI.Info> of static Kernel.Calls.(put in _480E)<A>(A, Kernel.Caller) throws(E) -> T",
            "Calls.put(_:_:)"
        ),
        (
            "generic specialization <Kernel.Log> of (extension in Kernel):Kernel.TextSink.text(_: Swift.Int, limit: Swift.Int) -> A",
            "TextSink.text(_:limit:)"
        ),
        (
            "part #1 <A where A: Kernel.TextSink>(Swift.UInt32) -> () in static Kernel.KernelStart.print<A>(to: A) -> ()",
            "part #1 in KernelStart.print(to:)"
        ),
        (
            "outlined read-only object #0 of static Kernel.Names.all.getter : [Swift.Int]",
            "outlined read-only object #0 of Names.all.getter"
        ),
        ("Kernel.Mode.init(rawValue: Swift.UInt8) -> Kernel.Mode?", "Mode.init(rawValue:)"),
        ("Kernel.Map.value(at: (Swift.Int, Swift.Int), by: (A) throws -> B) -> [B]", "Map.value(at:by:)"),
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
