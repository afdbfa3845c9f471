/// Text from decoded instructions.
public struct Disassembler {}
