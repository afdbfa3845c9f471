@main
struct CrashNull {
    static func main() {}
}
