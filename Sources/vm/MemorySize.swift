import ArgumentParser

/// An amount of memory on the command line: a number of mebibytes, or with a suffix `K`, `M` or `G`.
struct MemorySize: ExpressibleByArgument, CustomStringConvertible {
    let bytes: Int

    init(bytes: Int) {
        self.bytes = bytes
    }

    init?(argument: String) {
        var digits = argument[...]
        var unit = 1 << 20
        switch argument.last {
        case "K", "k": unit = 1 << 10
        case "M", "m": break
        case "G", "g": unit = 1 << 30
        default: digits.append("M")
        }
        digits.removeLast()
        guard let count = Int(digits), count > 0 else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    var description: String {
        bytes % (1 << 30) == 0 ? "\(bytes >> 30)G" : bytes % (1 << 20) == 0 ? "\(bytes >> 20)M" : "\(bytes >> 10)K"
    }

    var defaultValueDescription: String { description }
}
