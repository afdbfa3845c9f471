import User

/// The smallest program: says hello, and repeats its arguments.
@main
struct Hello {
    static func main() {
        print("Hello from ring 3: this is process \(Arguments.process).")
        for index in 1..<max(Arguments.count, 1) {
            print("argument \(index): \(Arguments.bytes(index))")
        }
    }
}
