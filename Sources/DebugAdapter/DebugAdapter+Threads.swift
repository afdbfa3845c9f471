import Debugger
import JSON

/// The kernel's threads as the client's: the processor is the only one, as long as no kernel is recognised that has
/// more. The client's numbers begin with 1, the kernel's with 0.
///
/// A frame's number says which thread it is of, and so does the number of a group of registers; those of the thread
/// that runs count from 1.
extension DebugAdapter {
    private static let frameLimit = 1024
    private static let groupLimit = 16

    static func frameIdentifier(_ index: Int, thread: Int64) -> Int64 { thread * Int64(frameLimit) + Int64(index) + 1 }
    static func thread(ofFrame identifier: Int64) -> Int64 { (max(1, identifier) - 1) / Int64(frameLimit) }

    static func groupReference(_ index: Int, thread: Int64) -> Int64 { thread * Int64(groupLimit) + Int64(index) + 1 }
    /// The client may say any number; one that is none of ours means the first group of the thread that runs.
    static func group(ofReference reference: Int64) -> (thread: Int64, index: Int64) {
        let (thread, index) = (max(1, reference) - 1).quotientAndRemainder(dividingBy: Int64(groupLimit))
        return (thread, index)
    }

    /// The number of the thread that runs.
    var runningThread: Int64 { debugger.runningThread.map { Int64($0.number) + 1 } ?? 1 }

    /// All threads, for the request of that name.
    var threads: JSONValue {
        guard let view = try? debugger.kernelView(), !view.threads.isEmpty else {
            return [["id": 1, "name": "processor"]]
        }
        return .array(
            view.threads.map { thread in
                let name = "\(view.name(ofProcess: thread.process)), thread \(thread.number): \(view.waitText(thread))"
                return ["id": .integer(Int64(thread.number) + 1), "name": .string(name)]
            })
    }

    /// The thread of a request; 0 if it is the one that runs.
    func otherThread(_ arguments: JSONValue) -> Int64 {
        let thread = arguments["threadId"]?.integer ?? runningThread
        return thread == runningThread ? 0 : max(0, thread)
    }

    /// Calls `body` with the eyes of a thread; 0 is the one that runs.
    func looking<Result>(from thread: Int64, _ body: () -> Result) throws(Failure) -> Result {
        guard thread != 0 else { return body() }
        do throws(KernelView.Silence) {
            let known = try debugger.kernelView()
            if let thread = UInt32(exactly: thread - 1).flatMap({ known.thread($0) }) {
                return try debugger.looking(from: thread, body)
            }
        } catch {
            throw Failure(error.description)
        }
        throw Failure("there is no thread \(thread)")
    }
}
