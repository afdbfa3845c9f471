import DebuggerTestSupport

typealias TestMachine = DebuggerTestSupport.TestMachine
