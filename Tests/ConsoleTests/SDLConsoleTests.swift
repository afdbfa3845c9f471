import CSDL2
import Machine
import Testing

@testable import Console

struct SDLConsoleTests {
    /// Crisp scaling: the largest whole multiple that fits, centred.
    @Test func pictureIsScaledByWholeNumbers() {
        let place = SDLConsole.placement(of: (720, 400), in: (1920, 1080))
        #expect(place == (240, 140, 1440, 800, true))
    }

    @Test func smallWindowShrinksThePicture() {
        let place = SDLConsole.placement(of: (720, 400), in: (360, 400))
        #expect(place == (0, 100, 360, 200, false))
    }

    /// Every key that the machine knows can be reached from the host's keyboard.
    @Test func everyKeyHasAScancode() {
        let reachable = Set((0..<512).compactMap { SDLKeyMap.key(SDL_Scancode(rawValue: UInt32($0))) })
        #expect(Set(Key.allCases).subtracting(reachable).isEmpty)
    }

    @Test func positionsDecideNotCharacters() {
        #expect(SDLKeyMap.key(SDL_SCANCODE_A) == .a)
        #expect(SDLKeyMap.key(SDL_SCANCODE_0) == .digit0)
        #expect(SDLKeyMap.key(SDL_SCANCODE_UP) == .up)
        #expect(SDLKeyMap.key(SDL_SCANCODE_KP_PERIOD) == .keypadPeriod)
        #expect(SDLKeyMap.key(SDL_SCANCODE_NONUSBACKSLASH) == .nonUSBackslash)
        #expect(SDLKeyMap.key(SDL_SCANCODE_RGUI) == .rightGUI)
    }
}
