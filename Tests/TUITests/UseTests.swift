import Debugger
import DebuggerTestSupport
import RandomTestSupport
import Testing

@testable import TUI

private let escape = "\u{1B}"

/// What keys and commands do on the screen.
@Suite(.enabled(if: TestMachine.isAvailable, "clang and ld.lld of the Swift toolchain are needed"))
struct UseTests {
    @Test func commandsAreTypedAndCompleted() throws {
        let session = try ScreenSession()
        session.type(":", "unt")
        #expect(session.lines[22] == "(vm) unt")
        #expect(session.grid.cursor == Grid.Position(column: 8, row: 22))
        session.type("\t", "oute\t")
        #expect(session.lines[22] == "(vm) until outer")
        session.type("\t")
        #expect(session.row("outer       outer_loop") != nil)
        session.type("\r")
        #expect(session.row("▶000f009a  push ebp") != nil)
        // More can be typed at once; what was typed is remembered.
        session.type("nonsense\r")
        #expect(session.style(of: "there is no command 'nonsense'") == .error)
        session.type("\(escape)[A\(escape)[A")
        #expect(session.lines[22] == "(vm) until outer")
        session.type(escape)
        #expect(session.lines[23].contains("q quit"))
    }

    @Test func typingDoesNotTrap() throws {
        for way in [escape, "\u{3}", "\u{4}"] {
            let session = try ScreenSession()
            session.type(":", way, "s")
            #expect(session.lines[0].contains("step 1 "))
            session.type("g", way, "s")
            #expect(session.lines[0].contains("step 2 "))
        }
        // Function keys are no text.
        let session = try ScreenSession()
        session.type(":", "\(escape)[18~")
        #expect(session.lines[0].contains("step 1 "))
        #expect(session.lines[22] == "(vm)")
        // Escape and a key, so fast that they look like Alt.
        session.type("\(escape)s")
        #expect(session.lines[0].contains("step 2 "))
    }

    @Test func leavingIsAsked() throws {
        let session = try ScreenSession()
        session.type("q", "n")
        #expect(!session.screen.isFinished)
        session.type("q", "y")
        #expect(session.screen.isFinished)
        let other = try ScreenSession()
        other.type(":", "quit\r")
        #expect(other.screen.isFinished)
    }

    @Test func untilTheCursorAndBack() throws {
        let session = try ScreenSession()
        session.command("until after_call")
        let start = try #require(session.lines[0].firstMatch(of: /step \d+/)).output
        // Down to the repeated instruction.
        session.type("\(escape)[B", "\(escape)[B", "\(escape)[B", "u")
        #expect(session.row("▶")?.contains("rep stosb") == true)
        session.type("\(escape)[A", "\(escape)[A", "\(escape)[A", "U")
        #expect(session.row("▶")?.contains("xor di, di") == true)
        #expect(session.lines[0].contains(start))
        // The breakpoint that it took is gone.
        #expect(session.screen.debugger.breakpoints.isEmpty)
    }

    @Test func breakpointsAtTheCursor() throws {
        let session = try ScreenSession()
        session.type("s", "\(escape)[B", "\(escape)[B", "b")
        #expect(session.row("call 0x2d")?.hasPrefix("● f000:0006") == true)
        session.type("c")
        #expect(session.row("call 0x2d")?.hasPrefix("●▶f000:0006") == true)
        // In the list: disable, go there, remove.
        session.type("\(escape)[Z", "e")
        #expect(session.row("call 0x2d")?.hasPrefix("○▶f000:0006") == true)
        session.type("d")
        #expect(session.screen.debugger.breakpoints.isEmpty)
    }

    /// What is typed ahead of the picture means what it would mean if one had waited for it.
    @Test func keysMayComeBeforeThePicture() throws {
        let session = try ScreenSession()
        session.type("sssb")
        #expect(session.screen.debugger.breakpoints.map(\.address) == [session.screen.debugger.location.linear])
        #expect(session.lines[0].contains("step 3 "))
    }

    @Test func memoryIsMovedAndWatched() throws {
        let session = try ScreenSession()
        session.type("\t", "g", "0x7ff0\r")
        #expect(session.row("─ memory ─ bytes at 0x7ff0") != nil)
        #expect(session.row("00007ff0  00 00") != nil)
        session.type("x")
        #expect(session.row("─ memory ─ words at 0x7ff0") != nil)
        #expect(session.row("00007ff0  0000 0000") != nil)
        session.type("x", "b")
        #expect(session.row("◆1") != nil)
        session.type("c")
        #expect(session.lines[22].contains("watchpoint 1 at 0x7ff0"))
        session.type("w")
        #expect(session.row("by step") != nil)
        session.type("b")
        #expect(session.screen.debugger.watchpoints.isEmpty)
        session.type("p")
        #expect(session.row("─ memory ─ physical, doublewords") != nil)
        session.type("g", "nowhere\r")
        #expect(session.style(of: "'nowhere'") == .error)
    }

    /// The pane follows what was asked for.
    @Test func memoryFollowsARegister() throws {
        let session = try ScreenSession()
        session.type("\t", "g", "ss:$esp\r", escape)
        session.command("until outer")
        #expect(session.row("00007ff8  00 00 00 00 51 00 0f 00") != nil, "\(session.text)")
    }

    @Test func pointersAreFollowed() throws {
        let session = try ScreenSession()
        session.command("until outer")
        // The return address on the stack.
        session.type("\t", "\t", "\t", "\t", "\r")
        session.type("\t")
        #expect(session.row("after_outer:") != nil)
        session.type("\u{7F}")
        #expect(session.row("▶000f009a  push ebp") != nil)
        #expect(CodeTarget("call 0x103cc2 <Kernel_main+0x9>") == .code(0x103CC2))
        #expect(CodeTarget("jne 0x10") == .code(0x10))
        #expect(CodeTarget("mov eax, dword ptr [0xc0000000]") == .memory(0xC000_0000))
        #expect(CodeTarget("call dword ptr [0x1000]") == .memory(0x1000))
        #expect(CodeTarget("ret") == nil)
        #expect(CodeTarget("mov eax, 0x") == nil)
    }

    /// All of them are there, however small the screen is.
    @Test func theListHasEventsConditionsAndCounts() throws {
        let session = try ScreenSession(columns: 160, rows: 50)
        session.command("break inner_body if ecx == 2")
        session.command("catch mode")
        session.command("tbreak after_outer")
        session.command("commands 2 registers")
        session.type("c")
        #expect(session.row("▲2 hit 1  changes of mode { registers }") != nil, "\(session.text)")
        session.type("c")
        #expect(session.row("●1 hit 1 of 2  ") != nil, "\(session.text)")
        #expect(session.row("inner_body if ecx == 2") != nil, "\(session.text)")
        #expect(session.row("●3 once  ") != nil, "\(session.text)")
    }

    @Test func registersOfTheFPUAndOfSSE() throws {
        let session = try ScreenSession(columns: 120, rows: 40)
        session.type("r")
        #expect(session.row("x87 registers") != nil, "\(session.text)")
        #expect(session.row(" st7     0000 ") != nil, "\(session.text)")
        session.type("r")
        #expect(session.row(" xmm0    0000000000000000_") != nil, "\(session.text)")
        session.type("r")
        #expect(session.row("eax") != nil)
    }

    @Test func registersAreScrolled() throws {
        let session = try ScreenSession()
        #expect(session.row("gdtr") == nil)
        session.type("\t", "\t", "\t", "\(escape)[6~")
        #expect(session.row("gdtr 00000000 limit ffff") != nil)
        #expect(session.row("ldtr 0000 base 00000000") != nil)
        session.type(".")
        #expect(session.row("eax 00000000") != nil)
    }

    @Test func theLogIsScrolled() throws {
        let session = try ScreenSession()
        session.type(":", "help\r")
        // While one types, the log has the memory's place, too.
        #expect(session.row("─ memory") == nil)
        #expect(session.row("Names can be shortened") != nil)
        session.type("\(escape)[5~")
        #expect(session.row("Names can be shortened") == nil)
        #expect(session.row("9 below") != nil)
        session.type("\(escape)[6~")
        #expect(session.row("Names can be shortened") != nil)
        // An address that cannot be scrolled to is no reason to crash.
        for _ in 0..<100 { session.type("\(escape)[5~") }
        #expect(session.row("(vm) help") != nil)
    }

    @Test func theSerialPortHasALogOfItsOwn() throws {
        let session = try ScreenSession()
        for byte in "booting\r\nlogin: \u{1B}[2J".utf8 { session.screen.receiveSerial(byte) }
        #expect(session.row("o: serial port, 1 new") != nil)
        session.type("o")
        #expect(session.row("booting") != nil)
        // What a guest sends moves nothing on this screen.
        #expect(session.row("login: ?[2J") != nil)
        session.type("o")
        #expect(session.row("booting") == nil)
    }

    @Test func warningsDoNotSpoilTheScreen() throws {
        let session = try ScreenSession()
        session.screen.warn("warning: the disk is full")
        #expect(session.lines[22] == " warning: the disk is full")
    }

    /// Whatever arrives, at whatever size: there is a picture, and Escape leads back to the keys.
    @Test(arguments: 0..<8) func anythingMayBeTyped(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let session = try ScreenSession()
        // Not for hours: what runs is stopped at once.
        session.screen.willExecute = { [unowned session] _ in session.screen.debugger.machine.inputQueue.requestStop() }
        let favourites = Array(
            "sSnNfFcCuUbedgxpwWvzo:?\t\r\u{7F}.ml\(escape)[ABCD5~6~18;2~ 0123456789abcdef\u{3}\u{4}".utf8)
        for count in 0..<800 {
            let byte =
                random.next() % 4 == 0
                ? UInt8(truncatingIfNeeded: random.next()) : favourites[Int(random.next() % UInt64(favourites.count))]
            session.screen.receive(byte)
            if session.screen.isFinished { session.screen.isFinished = false }
            if count % 7 == 0 { session.screen.pause() }
            if count % 11 == 0 {
                session.columns = Int(random.next() % 200)
                session.rows = Int(random.next() % 70)
                #expect(session.lines.count == max(1, session.rows))
            }
        }
        session.columns = 80
        session.rows = 24
        session.screen.pause()
        session.type(escape, escape, escape)
        #expect(session.lines[23].contains("q quit"), "\(session.text)")
    }
}
