import Debugger
import DebuggerTestSupport
import Testing

@testable import TUI

/// What a person sees.
@Suite(.enabled(if: TestMachine.isAvailable, "clang and ld.lld of the Swift toolchain are needed"))
struct ScreenTests {
    @Test func theResetVector() throws {
        let session = try ScreenSession()
        #expect(
            session.text == """
                 step 0  real mode                                                      present
                ─ code ─ 16-bit ─────────────────────────────────┬─ registers ──────────────────
                  f000:ffed  nop                                 │ eax 00000000  esi 00000000
                  f000:ffee  nop                                 │ ebx 00000000  edi 00000000
                  f000:ffef  nop                                 │ ecx 00000000  ebp 00000000
                 ▶f000:fff0  jmp far 0xf000:0x0                  │ edx 00000f41  esp 00000000
                  f000:fff5  nop                                 │ eip 0000fff0  efl 00000002
                  f000:fff6  nop                                 │ flags o d i t s z a p c
                  f000:fff7  nop                                 │ es 0000 base 00000000 data 16
                  f000:fff8  nop                                 │ cs f000 base ffff0000 code 16
                  f000:fff9  nop                                 │ ss 0000 base 00000000 data 16
                  f000:fffa  nop                                 │ ds 0000 base 00000000 data 16
                ─ memory ─ bytes at ds:$esi ─────────────────────┤ fs 0000 base 00000000 data 16
                 00000000  00 00 00 00 00 00 00 00  ........     │ gs 0000 base 00000000 data 16
                 00000008  00 00 00 00 00 00 00 00  ........     │ cr0 60000010  cr3 00000000
                 00000010  00 00 00 00 00 00 00 00  ........     │ cr2 00000000  cr4 00000000
                 00000018  00 00 00 00 00 00 00 00  ........     ├─ stack ─ ss:esp 0000:00000000
                ─ log ───────────────────────────────────────────┤ +0  0000
                                                                 │ +2  0000
                                                                 │ +4  0000
                                                                 │ +6  0000
                                                                 │ +8  0000

                 s step  n next  f finish  c cont  SNFC back  ? help  q quit  : command  b break
                """)
    }

    @Test func afterSteps() throws {
        let session = try ScreenSession()
        session.type("s", "s", "s", "s")
        #expect(
            session.text == """
                 step 4  real mode                                                      present
                ─ code ─ 16-bit  <double_it> ────────────────────┬─ registers ──────────────────
                  f000:0020  or al, 0x1                          │ eax 00000005  esi 00000000
                  f000:0022  mov cr0, eax                        │ ebx 00000000  edi 00000000
                  f000:0025  jmp far 0x8:0xf0038                 │ ecx 00000000  ebp 00000000
                   double_it:                                    │ edx 00000f41  esp*00006ffc
                 ▶f000:002d  add ax, ax                          │ eip*0000002d  efl 00000002
                  f000:002f  ret                                 │ flags o d i t s z a p c
                   undefined:                                    │ es 0000 base 00000000 data 16
                  f000:0031  ud2  ; raises #UD                   │ cs f000 base 000f0000 code 16
                   behind_undefined:                             │ ss 0000 base 00000000 data 16
                  f000:0033  int 0x21                            │ ds 0000 base 00000000 data 16
                ─ memory ─ bytes at ds:$esi ─────────────────────┤ fs 0000 base 00000000 data 16
                 00000000  00 00 00 00 00 00 00 00  ........     │ gs 0000 base 00000000 data 16
                 00000008  00 00 00 00 00 00 00 00  ........     │ cr0 60000010  cr3 00000000
                 00000010  00 00 00 00 00 00 00 00  ........     │ cr2 00000000  cr4 00000000
                 00000018  00 00 00 00 00 00 00 00  ........     ├─ stack ─ ss:esp 0000:00006ffc
                ─ log ───────────────────────────────────────────┤ +0  000c after_call
                                                                 │ +2  0000
                                                                 │ +4  0000
                                                                 │ +6  0000
                                                                 │ +8  0000

                 s step  n next  f finish  c cont  SNFC back  ? help  q quit  : command  b break
                """)
        #expect(session.style(of: "*00006ffc") == .changed)
    }

    @Test func inThePast() throws {
        let session = try ScreenSession()
        session.type("s", "s", "s", "s", "S")
        #expect(session.lines[0] == " step 3  real mode           PAST: 1 step back [=====================|--------]")
        #expect(session.style(of: "step 3") == .past)
        #expect(session.row("▶")?.hasPrefix(" ▶f000:0006  call 0x2d <double_it>") == true)
        #expect(session.style(of: "▶") == .past)
        // What is different there is marked as well.
        #expect(session.row("edx")?.contains("esp*00007000") == true)
        session.type("s")
        #expect(session.lines[0].hasSuffix("present"))
    }

    @Test func protectedModeWithBreakpoints() throws {
        let session = try ScreenSession()
        session.command("break inner_body")
        session.type("c")
        #expect(
            session.text == """
                 step 32  protected mode, 32-bit code                                   present
                ─ code ─ 32-bit  <inner_body> ───────────────────┬─ registers ──────────────────
                   inner:                                        │ eax*60000010  esi 00000000
                  000f00ac  push ebp                             │ ebx 00000000  edi*00000004
                  000f00ad  mov ebp, esp                         │ ecx*00000003  ebp*00007ff0
                   inner_body:                                   │ edx 00000f41  esp*00007ff0
                ●▶000f00af  inc edx                              │ eip*000f00af  efl*00000046
                  000f00b0  pop ebp                              │*flags o d i t s Z a P c
                  000f00b1  ret                                  │ es*0010 base 00000000 data 32
                   fibonacci:                                    │ cs*0008 base 00000000 code 32
                  000f00b2  nop                                  │ ss*0010 base 00000000 data 32
                  000f00b3  ret                                  │ ds*0010 base 00000000 data 32
                ─ memory ─ bytes at ds:$esi ─────────────────────┤ fs 0000 base 00000000 data 16
                 00000000 *41*41*41*41 00 00 00 00  AAAA....     │ gs 0000 base 00000000 data 16
                 00000008  00 00 00 00 00 00 00 00  ........     │ cr0*60000011  cr3 00000000
                 00000010  00 00 00 00 00 00 00 00  ........     │ cr2 00000000  cr4 00000000
                 00000018  00 00 00 00 00 00 00 00  ........     ├─ stack ─ ss:esp 0010:00007ff0
                ─ log ───────────────────────────────────────────┤ +0  00007ff8
                 (vm) break inner_body                           │ +4  000f00a7 outer+0xd
                 breakpoint 1 at 000f00af <inner_body>           │ +8  00000000
                 step 32: breakpoint 1 at inner_body             ├─ breakpoints ─ 1 ────────────
                                                                 │●1 hit 1  inner_body
                 breakpoint 1 at inner_body
                 s step  n next  f finish  c cont  SNFC back  ? help  q quit  : command  b break
                """)
        // Where nothing has changed since the last stop, nothing is marked.
        session.type("s")
        #expect(session.row("edx")?.contains("esp 00007ff0") == true, "\(session.text)")
        #expect(session.row("edx")?.contains("edx*00000f42") == true)
        #expect(session.row("AAAA")?.contains("*") == false)
        session.type("c", "C")
        #expect(session.lines[0].contains("step 32 "))
    }

    @Test func moreRoomIsUsed() throws {
        let session = try ScreenSession(columns: 120, rows: 40)
        session.command("until inner_body")
        #expect(session.row("▶")?.hasPrefix(" ▶000f00af  42                 inc edx") == true)
        for text in ["gdtr*000f00b8 limit 001f", "DPL 0", "─ breakpoints ─", "none; b sets one", "*41*41*41*41 00"] {
            #expect(session.row(text) != nil, "\(text)")
        }
        #expect(session.lines.count == 40)
        // From 80 columns beside the registers and many rows on, the guest's screen is there as well.
        session.columns = 160
        session.rows = 60
        #expect(session.row("─ guest's screen ─") != nil)
    }

    @Test func resizingLosesNothing() throws {
        let session = try ScreenSession()
        session.command("break inner_body")
        session.type("c")
        let before = session.text
        for (columns, rows) in [(200, 70), (72, 20), (20, 5), (1, 1), (80, 24)] {
            session.columns = columns
            session.rows = rows
            #expect(session.lines.count == rows)
        }
        #expect(session.text == before)
    }

    @Test func theLeastSizeHasWhatMatters() throws {
        let session = try ScreenSession(columns: 72, rows: 20)
        for text in [
            "▶f000:fff0  jmp far", "ds 0000 base 00000000 data 16", "+0  0000", "00000000  00 00", "─ log", "q quit",
        ] {
            #expect(session.row(text) != nil, "\(text) in \(session.text)")
        }
        #expect(!session.text.contains("…"))
    }

    @Test func tooSmallIsSaidInWords() throws {
        let session = try ScreenSession(columns: 40, rows: 10)
        #expect(
            session.lines.prefix(4) == ["The terminal is too small:", "40 by 10.", "The debugger needs", "72 by 20."])
        session.type("q", "y")
        #expect(session.screen.isFinished)
    }

    @Test func theGuestsScreen() throws {
        let session = try ScreenSession()
        session.type("v")
        #expect(session.row("─ guest's screen ─") != nil)
        #expect(session.row("─ registers") == nil)
        #expect(session.row("The guest shows graphics, or has not switched its screen on.") != nil)
        session.type("s")
        #expect(session.lines[0].contains("step 1 "))
        session.type("\u{1B}")
        #expect(session.row("─ registers") != nil)
    }

    @Test func anEventIsSaidInWords() throws {
        let session = try ScreenSession()
        session.command("until break_it")
        session.type("s")
        #expect(session.lines[22].hasPrefix(" triple fault at step"))
        // All of it is in the log.
        session.type("\t", "\t", "z")
        #expect(session.row("the last steps:") != nil)
        session.type("z")
        #expect(session.row("─ registers") != nil)
    }

    @Test func aJumpIntoNothingIsSeen() throws {
        let session = try ScreenSession()
        session.command("until paging_on")
        session.command("set eip 0xc0000000")
        #expect(session.row("▶c0000000  no memory here") != nil)
    }

    @Test func helpHasEveryKey() throws {
        let session = try ScreenSession(columns: 100, rows: 70)
        session.type("?")
        for binding in KeyBinding.all where !binding.name.isEmpty {
            #expect(session.row(binding.name + " ") != nil, "\(binding.name)")
        }
        session.type("x")
        #expect(session.row("─ registers") != nil)
    }
}
