import User

/// The smallest program: says hello, and repeats its arguments. With `-e`, shows its environment instead.
@main
struct Hello {
    static func main() {
        if Arguments.is(1, "-e") {
            var index = 0
            while let entry = Environment.entry(index) {
                print("\(entry)")
                index += 1
            }
            return
        }
        print("Hello from ring 3: this is process \(Arguments.process).")
        for index in 1..<max(Arguments.count, 1) {
            print("argument \(index): \(Arguments.bytes(index))")
        }
    }
}
