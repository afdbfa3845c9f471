import CUser
import User

/// Reads through a null pointer: page 0 is mapped nowhere, so the process manager has to clean up.
@main
struct CrashNull {
    static func main() {
        print("crash-null: about to read address 0")
        let value = memory_read32(0)
        print("crash-null: still here, read \(hex: value)")
    }
}
