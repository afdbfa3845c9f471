@main
struct ProcessManager {
    static func main() {}
}
