/// How a cell looks.
///
/// **Constraint.** A debugger's screen is looked at on black and on white, in palettes that people have made their own,
/// without colours (`NO_COLOR`), and by people who do not tell red from green.
///
/// **Choice.** Nothing is said by colour alone: what has changed has an asterisk, a breakpoint a dot, the past its
/// name. Text has the terminal's own colours. Emphasis is bold, faint and reverse; red and magenta are the only two of
/// the sixteen colours that are readable on black as well as on white, and that palettes leave alone. (Bright black is
/// often the background's colour.) Only the guest's screen has colours of its own, foreground and background together.
public struct Style: Sendable, Equatable {
    public var isBold = false
    public var isFaint = false
    public var isReverse = false
    public var isUnderlined = false
    public var foreground: Color?
    public var background: Color?

    public enum Color: Sendable, Equatable {
        case red, magenta
        /// 0x00RRGGBB, of the guest's.
        case rgb(UInt32)
    }

    public static let plain = Style()
    static let bold = Style(isBold: true)
    static let faint = Style(isFaint: true)
    static let selected = Style(isReverse: true)
    static let bar = Style(isBold: true, isReverse: true)
    static let changed = Style(isBold: true, foreground: .red)
    static let breakpoint = Style(isBold: true, foreground: .red)
    static let error = Style(foreground: .red)
    static let symbol = Style(foreground: .magenta)
    /// Whatever is in the past.
    static let past = Style(isBold: true, isReverse: true, foreground: .magenta)

    /// This style on the background of another one.
    func mixed(_ background: Style) -> Style {
        var style = self
        style.isBold = isBold || background.isBold
        style.isReverse = isReverse || background.isReverse
        style.isUnderlined = isUnderlined || background.isUnderlined
        // One colour in a reversed row, and nothing faint.
        if background.isReverse {
            style.foreground = background.foreground
            style.isFaint = false
        }
        return style
    }
}
