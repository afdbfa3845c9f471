import Processor

extension Machine {
    /// The whole state as a value. Cheap: RAM that has not changed since the last snapshot is shared with it.
    ///
    /// To be taken between runs, like everything that is done to a machine from outside.
    public func snapshot() -> MachineSnapshot {
        // A wish of the guest that was not fulfilled yet is no chip's state: fulfil it.
        if board.request.reset { reset() }
        return MachineSnapshot(
            processor: processor.snapshot(), memory: memory.snapshot(), board: board.state,
            inputCount: input.delivered, inputHash: input.hash, configurationHash: configurationHash, sleep: sleep)
    }

    /// Goes back (or forward) to the state in `snapshot`. The recorded input stays; what was delivered after the
    /// snapshot is going to be replayed (``isReplaying``; ``forgetFuture()`` prevents it). Nothing changes if it
    /// throws.
    public func restore(_ snapshot: MachineSnapshot) throws(SnapshotError) {
        guard snapshot.configurationHash == configurationHash else {
            throw SnapshotError("the snapshot is of a machine with another configuration")
        }
        try board.check(snapshot.board)
        guard memory.restore(snapshot.memory) else {
            throw SnapshotError("the snapshot is of a machine with another memory size")
        }
        processor.restore(snapshot.processor)
        board.restore(snapshot.board)
        // The pin is what the restored interrupt controller drives, whatever the registers in a file say.
        processor.state.pointee.interruptRequested = board.interrupts.isRequesting
        input.rewind(to: snapshot.inputCount, hash: snapshot.inputHash)
        sleep = snapshot.sleep
        if !outputIsSilenced { synchronizeDisks() }
    }

    /// Brings image files up to what the guest sees; a failure is a warning, and is tried again at the next write.
    func synchronizeDisks() {
        for disk in board.disks.flatMap(\.disks) {
            do {
                try disk?.synchronize()
            } catch {
                board.output.send { $0.warning(error.description) }
            }
        }
    }

    /// A hash of everything that the guest could ever see or be influenced by: processor with its TLB, RAM, chips,
    /// disks.
    public func stateDigest() -> UInt64 { snapshot().stateDigest }
}
