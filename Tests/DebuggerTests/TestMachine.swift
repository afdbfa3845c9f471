import DebuggerTestSupport

typealias TestMachine = DebuggerTestSupport.TestMachine
typealias SourceGuest = DebuggerTestSupport.SourceGuest
