/// The debugger behind every front end.
public struct Debugger {}
