/// Where a person meets the machine.
public protocol Console {}
