import Foundation
import Machine

/// Screenshots as PNG files.
public enum Screenshot {
    /// A screenshot could not be written. ``description`` is a line for the user.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Writes `frame` to the file `path`, replacing what was there.
    public static func write(_ frame: Frame, to path: String) throws(Failure) {
        guard let png = PNGEncoder.encode(width: frame.width, height: frame.height, pixels: frame.pixels) else {
            throw Failure(description: "cannot write '\(path)': the screen shows no picture")
        }
        do {
            try Data(png).write(to: URL(fileURLWithPath: path))
        } catch {
            throw Failure(description: "cannot write '\(path)': \(HostError.describe(error))")
        }
    }
}

/// The host's errors in a few words, without the domains and user-info dictionaries that Foundation prints.
public enum HostError {
    public static func describe(_ error: any Error) -> String {
        let error = error as NSError
        let posix = error.domain == NSPOSIXErrorDomain ? error : error.userInfo[NSUnderlyingErrorKey] as? NSError
        if let posix, posix.domain == NSPOSIXErrorDomain, let text = strerror(Int32(clamping: posix.code)) {
            return String(cString: text)
        }
        return error.localizedDescription
    }
}
