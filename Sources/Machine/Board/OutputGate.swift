/// The way out of the machine: everything that the outside hears passes here, or is held back here.
final class OutputGate {
    var sink: (any OutputSink)?
    /// The machine goes through its past again: nobody is to hear of it twice.
    var isSilenced = false

    func send(_ output: (any OutputSink) -> Void) {
        guard !isSilenced, let sink else { return }
        output(sink)
    }
}
