import KernelABI
import KernelAssembly

@main
struct Kernel {
    static func main() {
        Serial.write("Martlet \r\n")
        while true {
            processor_halt()
        }
    }
}

enum Serial {
    static func write(_ string: StaticString) {
        for i in 0..<string.utf8CodeUnitCount {
            port_write8(0x3F8, string.utf8Start[i])
        }
    }
}
