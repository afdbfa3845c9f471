/// Colours of a picture on a terminal.
public enum TerminalColor {
    /// The parameter of SGR (ECMA-48) for a colour.
    ///
    /// - Parameters:
    ///   - rgb: 0x00RRGGBB.
    ///   - base: 30 for the foreground, 40 for the background.
    ///   - isExact: whether the terminal knows 24-bit colours; otherwise the nearest of its 16 is taken.
    public static func parameter(_ rgb: UInt32, _ base: Int, isExact: Bool) -> String {
        let (red, green, blue) = (Int(rgb >> 16 & 0xFF), Int(rgb >> 8 & 0xFF), Int(rgb & 0xFF))
        if isExact { return "\(base + 8);2;\(red);\(green);\(blue)" }
        let brightest = max(red, green, blue)
        let threshold = max(0x40, brightest / 2)
        let bits = (red > threshold ? 1 : 0) | (green > threshold ? 2 : 0) | (blue > threshold ? 4 : 0)
        if bits == 0 { return "\(brightest > 0x40 ? base + 60 : base)" }
        return "\(brightest > 0xC0 ? base + 60 + bits : base + bits)"
    }
}
