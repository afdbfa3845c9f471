/// The PC's character set.
public enum CodePage437 {
    /// The character numbered `code` as the PC's font draws it; a space for 0 and 255.
    public static func character(_ code: UInt8) -> Character {
        table[Int(code)]
    }

    private static let table: [Character] = {
        let control = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
        let ascii = String((0x20...0x7E).map { Character(UnicodeScalar(UInt8($0))) })
        let high =
            "⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
            + "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ "
        let characters = Array(control + ascii + high)
        // Whatever happens to the strings above, a lookup stays within the table.
        return characters.count == 256 ? characters : Array(repeating: "?", count: 256)
    }()
}
