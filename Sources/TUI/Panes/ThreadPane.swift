import Debugger

/// Where the list of the kernel's threads is.
struct ThreadView {
    /// Which of them keys are about, from 0 on.
    var cursor = 0
    var top = 0
}

extension DebuggerScreen {
    /// Shows the kernel's threads on all of the screen, or goes back to the parts.
    func toggleThreads() {
        guard zoomed != .threads else { return leaveThreads() }
        focus = .threads
        zoomed = .threads
        let numbers = (try? debugger.kernelView())?.threads.map(\.number) ?? []
        threadList.cursor = numbers.firstIndex { $0 == commands.selectedThread ?? debugger.runningThread?.number } ?? 0
    }

    private func leaveThreads() {
        zoomed = nil
        focus = .code
    }

    /// Looks from the thread at the cursor.
    func selectThread() {
        guard let view = try? debugger.kernelView(), view.threads.indices.contains(threadList.cursor) else { return }
        leaveThreads()
        execute("thread \(view.threads[threadList.cursor].number)", echoes: false)
    }

    func moveThreadCursor(by count: Int) {
        let threads = (try? debugger.kernelView())?.threads.count ?? 0
        threadList.cursor = max(0, min(threadList.cursor + count, threads - 1))
    }

    func drawThreads(_ area: Area, _ canvas: inout Canvas) {
        let content = area.content
        let view: KernelView
        do throws(KernelView.Silence) {
            view = try debugger.kernelView()
        } catch {
            drawTitle("threads", "", of: .threads, area, &canvas)
            for row in 0..<content.rows {
                canvas.write(row == 0 ? " " + error.description : "", .faint, in: content, row: row)
            }
            return
        }
        let threads = view.threads
        let running = view.runningThread?.number
        drawTitle("threads", "Enter looks from one, k leads back", of: .threads, area, &canvas)
        threadList.cursor = max(0, min(threadList.cursor, threads.count - 1))
        if threadList.cursor < threadList.top { threadList.top = threadList.cursor }
        if threadList.cursor >= threadList.top + content.rows {
            threadList.top = max(0, threadList.cursor - content.rows + 1)
        }
        for index in 0..<content.rows {
            guard threadList.top + index < threads.count else {
                canvas.write("", in: content, row: index)
                continue
            }
            let thread = threads[threadList.top + index]
            let mark = thread.number == running ? "▶" : thread.number == commands.selectedThread ? "*" : " "
            let name = view.name(ofProcess: thread.process)
            let runs: [Canvas.Run] = [
                .init(mark, .bold), .init(String(thread.number).paddedLeft(to: 4), .bold),
                .init("  " + name.padded(to: 16), .symbol),
                .init(String(thread.effectivePriority).paddedLeft(to: 3) + "  "), .init(view.waitText(thread)),
            ]
            let isSelected = threadList.top + index == threadList.cursor
            canvas.write(runs, in: content, row: index, background: isSelected ? .selected : .plain)
        }
    }
}
