import CUser
import User

/// Executes an instruction that only the kernel may: the process manager has to clean up.
@main
struct CrashPrivileged {
    static func main() {
        print("crash-privileged: about to execute hlt")
        processor_halt()
        print("crash-privileged: still here")
    }
}
