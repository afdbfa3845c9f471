import ManagerLogic
import User

// Where the memory of programs comes from, a page at a time.
//
// Constraint: most of a program is never touched, and most of what is touched is the same in every process that runs
// it. Choice: a process begins with one page of stack and nothing else. What it touches the process manager maps then:
// pages of the payload, which lie there as they shall lie in memory, are shared, read-only or copy-on-write; stack,
// heap and what was reserved are pages of zeros (`ProgramPages` says which). A thread that runs may take the same page
// in between, so finding it mapped is no error: the access is tried again, and faults again if it still cannot be.
//
// Example: the shell's first instruction. No page is there, the fault's address is in the text, whose 64 KiB from there
// on are mapped from the payload in one call. The first write to a variable finds its page shared, and gets a copy.

extension ManagerServer {
    /// Does what a page fault is to be answered with.
    ///
    /// - Returns: Whether the access can be tried again; false for one that is none of the program's.
    /// - Throws: `.outOfMemory`, `.quotaExceeded`.
    mutating func repair(_ address: UInt32, _ errorCode: UInt32, _ index: Int) throws(KernelError) -> Bool {
        let page = address & ~(pageSize - 1)
        let isWrite = errorCode & PageFault.write != 0
        if errorCode & PageFault.present != 0 {
            guard isWrite, try copy(page, for: index) else { return false }
        } else {
            guard try supply(page, isWrite: isWrite, to: index) else { return false }
        }
        pageFaults &+= 1
        table[index].pageFaults &+= 1
        return true
    }

    /// Maps what belongs into a page that is missing, and perhaps its neighbours. Returns whether something does.
    private mutating func supply(_ page: UInt32, isWrite: Bool, to index: Int) throws(KernelError) -> Bool {
        let process = Process(slot: ManagerSlot.process(index))
        guard let (contents, isWritable) = table[index].pages.contents(of: page) else {
            guard isOnDemand(page, index) else { return false }
            try map(page, .write, in: process)
            return true
        }
        guard isWritable || !isWrite else { return false }
        switch contents {
        case .shared(let run):
            try share(run, page, isWritable ? .copyOnWrite : .readOnly, with: process)
            return isWrite ? try copy(page, for: index) : true
        case .zeros: try map(page, isWritable ? .write : .readOnly, in: process)
        case .copied(let address, let offset, let count):
            try map(page, isWritable ? .write : .readOnly, in: process)
            // The archive was checked, and the file's segments lie in it.
            try? process.write(payload.bytes(at: offset, count: count), to: address)
        }
        return true
    }

    /// Maps pages of the payload; if some of them are there already, the one that is wanted.
    private func share(
        _ run: ProgramPages.Run, _ page: UInt32, _ access: MemoryAccess, with process: Process
    ) throws(KernelError) {
        let payload = MemoryObject(slot: InitialSlot.payload)
        do throws(KernelError) {
            try payload.attach(
                to: process, at: run.address, offset: run.offset, length: run.pages * pageSize, access: access)
        } catch {
            guard error == .alreadyMapped else { throw error }
            try passOver(.alreadyMapped) { () throws(KernelError) in
                try payload.attach(
                    to: process, at: page, offset: run.offset + (page - run.address), length: pageSize, access: access)
            }
        }
    }

    /// Maps a page of zeros, if none is there.
    private func map(_ page: UInt32, _ access: MemoryAccess, in process: Process) throws(KernelError) {
        try passOver(.alreadyMapped) { () throws(KernelError) in
            try process.map(page, length: pageSize, access: access)
        }
    }

    /// Gives a process a copy of a page of its own that it may write. Returns whether it may.
    private mutating func copy(_ page: UInt32, for index: Int) throws(KernelError) -> Bool {
        do throws(KernelError) {
            let copied = try Process(slot: ManagerSlot.process(index)).unshare(page, length: pageSize)
            copiedPages &+= copied
            table[index].copiedPages &+= copied
            return true
        } catch {
            guard error != .outOfMemory, error != .quotaExceeded else { throw error }
            return false
        }
    }

    private func passOver(_ expected: KernelError, _ body: () throws(KernelError) -> Void) throws(KernelError) {
        do throws(KernelError) {
            try body()
        } catch {
            guard error == expected else { throw error }
        }
    }

    /// Whether memory appears at an address when it is touched: the stack as far as it may grow, the heap as far as it
    /// reaches, and what was reserved.
    private func isOnDemand(_ address: UInt32, _ index: Int) -> Bool {
        let stack = (ProgramLayout.stackTop - ProgramLayout.stackSize)..<ProgramLayout.stackTop
        return stack.contains(address) || table[index].reserved.contains(address)
            || ProgramLayout.heap.lowerBound <= address && address < table[index].heapEnd
    }

    /// Reads memory of a program, also what it has not touched yet.
    mutating func read(
        _ address: UInt32, of index: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(KernelError) {
        let process = Process(slot: ManagerSlot.process(index))
        do throws(KernelError) {
            return try process.read(address, into: buffer)
        } catch {
            guard error == .badAddress else { throw error }
        }
        let (end, overflow) = address.addingReportingOverflow(UInt32(buffer.count))
        guard !overflow else { throw .badAddress }
        for page in stride(from: address & ~(pageSize - 1), to: end, by: Int(pageSize)) {
            _ = try supply(page, isWrite: false, to: index)
        }
        try process.read(address, into: buffer)
    }

    // MARK: Requests

    /// Lets a program's heap reach further.
    mutating func extendHeap(to end: UInt32, of client: Int) throws(ManagerError) {
        guard ProgramLayout.heap.lowerBound < end, end <= ProgramLayout.heap.upperBound else { throw .badRequest }
        table[client].heapEnd = max(table[client].heapEnd, end)
    }

    /// Makes a range of addresses memory that appears as it is touched.
    mutating func reserve(_ address: UInt32, length: UInt32, for client: Int) throws(ManagerError) {
        let (end, overflow) = address.addingReportingOverflow(length)
        guard !overflow, length > 0, address % pageSize == 0, length % pageSize == 0,
            ProgramLayout.free.lowerBound <= address, end <= ProgramLayout.free.upperBound
        else { throw .badRequest }
        guard table[client].reserved.add(address..<end) else { throw .tooManyRanges }
    }

    /// Says how much memory a process may touch, and how many faults that took.
    func serveMemoryInformation(_ number: UInt32) {
        guard number != 0 else { return reply(0, pageFaults, copiedPages) }
        // The process manager itself has its memory from the kernel.
        guard number != ownNumber else { return reply() }
        guard let index = table.index(number: number), table[index].isAlive else { return reply(.noSuchProcess) }
        var bytes = table[index].pages.size + ProgramLayout.stackSize
        bytes += table[index].reserved.size
        bytes += max(table[index].heapEnd, ProgramLayout.heap.lowerBound) - ProgramLayout.heap.lowerBound
        reply(bytes / 1024, table[index].pageFaults, table[index].copiedPages)
    }
}

/// Bits of a page fault's error code (Intel SDM volume 3, "Page-Fault Exception (#PF)").
enum PageFault {
    /// The page is there, but may not be used like this.
    static var present: UInt32 { 1 }
    static var write: UInt32 { 2 }
}
