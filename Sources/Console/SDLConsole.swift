import CSDL2
import Foundation
import Machine

/// The window: shows the frames of a ``Display`` and puts keys into an `InputQueue`. Belongs to the main thread.
///
/// The picture is scaled by the largest whole number that fits, so that every guest pixel is a square of equal size; a
/// window smaller than the picture shrinks it smoothly. The window's own keys all begin with Ctrl+Alt:
///
/// | keys       | effect                                                                                    |
/// |------------|-------------------------------------------------------------------------------------------|
/// | Ctrl+Alt+G | grab the keyboard (Alt+Tab and the like reach the guest), or release it; so does a click    |
/// | Ctrl+Alt+V | type the host's clipboard (also: the middle mouse button)                                   |
/// | Ctrl+Alt+S | write a screenshot, `martlet-N.png`, to the working directory                               |
/// | Ctrl+Alt+R | press the reset button                                                                      |
/// | Ctrl+Alt+F | full screen, or back                                                                        |
public final class SDLConsole {
    /// The window system cannot be used. ``description`` is a line for the user.
    public struct Unavailable: Error, CustomStringConvertible {
        public let description: String
    }

    private let window: OpaquePointer
    private let renderer: OpaquePointer
    private var texture: OpaquePointer?
    private var pictureSize: (width: Int32, height: Int32) = (720, 400)
    private var shownFrame: Frame?
    private var seenGeneration: UInt64 = 0
    private var needsRedraw = true
    private var isGrabbed = false
    private var title = ""
    /// Keys that the guest believes to be down.
    private var pressedKeys: Set<Key> = []

    private let display: Display
    private let input: InputQueue
    private let name: String

    /// Opens the window. `name` is what the title says runs in it.
    public init(display: Display, input: InputQueue, name: String) throws(Unavailable) {
        self.display = display
        self.input = input
        self.name = name
        SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1")
        guard SDL_Init(UInt32(SDL_INIT_VIDEO)) == 0 else {
            throw Unavailable(description: "no window: \(String(cString: SDL_GetError()))")
        }
        // Without any display SDL falls back to drivers that draw where nobody can look.
        let driver = SDL_GetCurrentVideoDriver().map { String(cString: $0) } ?? "none"
        let isAskedFor = ProcessInfo.processInfo.environment["SDL_VIDEODRIVER"] != nil
        guard isAskedFor || !["none", "dummy", "offscreen", "evdev"].contains(driver) else {
            SDL_Quit()
            throw Unavailable(description: "no window: no display answers")
        }
        let flags = SDL_WINDOW_RESIZABLE.rawValue | SDL_WINDOW_ALLOW_HIGHDPI.rawValue
        guard
            let window = SDL_CreateWindow(
                "Martlet", Self.centered, Self.centered, pictureSize.width, pictureSize.height, flags)
        else {
            throw Unavailable(description: "no window: \(String(cString: SDL_GetError()))")
        }
        guard let renderer = SDL_CreateRenderer(window, -1, 0) else {
            SDL_DestroyWindow(window)
            throw Unavailable(description: "no window: \(String(cString: SDL_GetError()))")
        }
        self.window = window
        self.renderer = renderer
        SDL_SetWindowMinimumSize(window, 180, 100)
        SDL_StopTextInput()
    }

    deinit {
        if let texture { SDL_DestroyTexture(texture) }
        SDL_DestroyRenderer(renderer)
        SDL_DestroyWindow(window)
        SDL_Quit()
    }

    /// `SDL_WINDOWPOS_CENTERED`, a macro that Swift does not see.
    private static let centered: Int32 = 0x2FFF_0000

    /// Handles events and shows frames until the window is closed or the display is finished.
    ///
    /// Returns the exit code given to ``Display/finish(code:)``, or nil if the person closed the window.
    public func run() -> Int32? {
        updateTitle()
        while true {
            var event = SDL_Event()
            // Waiting with a limit of one frame's time keeps the process asleep while nothing happens.
            if SDL_WaitEventTimeout(&event, 15) == 1 {
                repeat {
                    guard handle(event) else { return nil }
                } while SDL_PollEvent(&event) == 1
            }
            if let frame = display.frame(newerThan: &seenGeneration) { show(frame) }
            if needsRedraw { draw() }
            updateTitle()
            if let code = display.exitCode { return code }
        }
    }

    /// Returns false when the person wants to leave.
    private func handle(_ event: SDL_Event) -> Bool {
        switch SDL_EventType(event.type) {
        case SDL_QUIT:
            return false
        case SDL_WINDOWEVENT:
            if event.window.event == UInt8(SDL_WINDOWEVENT_FOCUS_LOST.rawValue) {
                releaseAllKeys()
                setGrab(false)
            }
            needsRedraw = true
        case SDL_KEYDOWN where event.key.repeat == 0:
            keyDown(event.key.keysym)
        case SDL_KEYUP:
            if let key = SDLKeyMap.key(event.key.keysym.scancode), pressedKeys.remove(key) != nil {
                input.append(.key(key, isPressed: false))
            }
        case SDL_MOUSEBUTTONDOWN:
            if event.button.button == 1 { setGrab(true) }
            if event.button.button == 2 { paste() }
        default:
            break
        }
        return true
    }

    private func keyDown(_ keysym: SDL_Keysym) {
        let modifiers = UInt32(keysym.mod)
        let isCommand = modifiers & KMOD_CTRL.rawValue != 0 && modifiers & KMOD_ALT.rawValue != 0
        if isCommand, runCommand(keysym.scancode) { return }
        guard let key = SDLKeyMap.key(keysym.scancode) else { return }
        pressedKeys.insert(key)
        input.append(.key(key, isPressed: true))
    }

    /// Returns false if the key is none of the window's own.
    private func runCommand(_ scancode: SDL_Scancode) -> Bool {
        switch scancode {
        case SDL_SCANCODE_G: setGrab(!isGrabbed)
        case SDL_SCANCODE_V: paste()
        case SDL_SCANCODE_S: writeScreenshot()
        case SDL_SCANCODE_R: input.append(.resetButton)
        case SDL_SCANCODE_F:
            let isFull = SDL_GetWindowFlags(window) & SDL_WINDOW_FULLSCREEN_DESKTOP.rawValue != 0
            SDL_SetWindowFullscreen(window, isFull ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP.rawValue)
        default: return false
        }
        // The guest saw Ctrl and Alt go down; it must not be left holding them.
        releaseAllKeys()
        return true
    }

    private func setGrab(_ grab: Bool) {
        isGrabbed = grab
        SDL_SetWindowKeyboardGrab(window, grab ? SDL_TRUE : SDL_FALSE)
    }

    private func releaseAllKeys() {
        for key in pressedKeys { input.append(.key(key, isPressed: false)) }
        pressedKeys.removeAll()
    }

    private func paste() {
        guard SDL_HasClipboardText() == SDL_TRUE, let text = SDL_GetClipboardText() else { return }
        defer { SDL_free(text) }
        releaseAllKeys()
        input.append(.text(String(cString: text)))
    }

    private func writeScreenshot() {
        guard let shownFrame else { return }
        var number = 1
        while FileManager.default.fileExists(atPath: "martlet-\(number).png") { number += 1 }
        do {
            try Screenshot.write(shownFrame, to: "martlet-\(number).png")
        } catch {
            FileHandle.standardError.write(Data("vm: \(error)\n".utf8))
        }
    }

    private func show(_ frame: Frame) {
        guard frame.width > 0, frame.height > 0, frame.pixels.count == frame.width * frame.height else { return }
        if texture == nil || shownFrame?.width != frame.width || shownFrame?.height != frame.height {
            if let texture { SDL_DestroyTexture(texture) }
            texture = SDL_CreateTexture(
                renderer, SDL_PIXELFORMAT_RGB888.rawValue, Int32(SDL_TEXTUREACCESS_STREAMING.rawValue),
                Int32(frame.width), Int32(frame.height))
            let old = pictureSize
            pictureSize = (Int32(frame.width), Int32(frame.height))
            // A window that the person has not resized follows the guest's resolution.
            var size: (width: Int32, height: Int32) = (0, 0)
            SDL_GetWindowSize(window, &size.width, &size.height)
            if size == old { SDL_SetWindowSize(window, pictureSize.width, pictureSize.height) }
        }
        shownFrame = frame
        frame.pixels.withUnsafeBytes { pixels in
            // SDL copies the pixels during the call; 4 bytes each, rows without padding.
            _ = SDL_UpdateTexture(texture, nil, pixels.baseAddress, Int32(frame.width * 4))
        }
        needsRedraw = true
    }

    private func draw() {
        needsRedraw = false
        var output: (width: Int32, height: Int32) = (0, 0)
        SDL_GetRendererOutputSize(renderer, &output.width, &output.height)
        let place = Self.placement(of: pictureSize, in: output)
        if let texture { SDL_SetTextureScaleMode(texture, place.isWhole ? SDL_ScaleModeNearest : SDL_ScaleModeLinear) }
        SDL_SetRenderDrawColor(renderer, 0, 0, 0, 255)
        SDL_RenderClear(renderer)
        if let texture {
            var rectangle = SDL_Rect(x: place.x, y: place.y, w: place.width, h: place.height)
            SDL_RenderCopy(renderer, texture, nil, &rectangle)
        }
        SDL_RenderPresent(renderer)
    }

    /// Where a picture goes in a window: centred, at the largest whole multiple of its size that fits, or shrunk.
    static func placement(
        of picture: (width: Int32, height: Int32), in output: (width: Int32, height: Int32)
    ) -> (x: Int32, y: Int32, width: Int32, height: Int32, isWhole: Bool) {
        guard picture.width > 0, picture.height > 0 else { return (0, 0, 0, 0, true) }
        let scale = min(output.width / picture.width, output.height / picture.height)
        var size = (width: picture.width * max(scale, 1), height: picture.height * max(scale, 1))
        if scale < 1 {
            let ratio = min(
                Double(output.width) / Double(picture.width), Double(output.height) / Double(picture.height))
            size = (Int32(Double(picture.width) * ratio), Int32(Double(picture.height) * ratio))
        }
        return ((output.width - size.width) / 2, (output.height - size.height) / 2, size.width, size.height, scale >= 1)
    }

    private func updateTitle() {
        let hint = isGrabbed ? " (Ctrl+Alt+G releases the keyboard)" : ""
        let new = "Martlet: \(name), \(display.status.summary)\(hint)"
        guard new != title else { return }
        title = new
        SDL_SetWindowTitle(window, new)
    }
}
