import User

/// Shows the date and the time of day; with the argument `watch`, every second until Control-C.
@main
struct Date {
    static func main() {
        repeat {
            guard let date = Clock.dateTime() else {
                complain("date: the clock says none")
                Manager.exit(status: 1)
            }
            var line: Text = "\(weekday(date)) \(date.year)-\(date.month, digits: 2)-\(date.day, digits: 2)"
            line.append(" \(date.hour, digits: 2):\(date.minute, digits: 2):\(date.second, digits: 2)" as Text)
            print(line)
            if Arguments.is(1, "watch") { Thread.sleep(milliseconds: 1000) }
        } while Arguments.is(1, "watch")
    }

    private static func weekday(_ date: DateTime) -> StaticString {
        switch date.weekday {
        case 0: "Sunday"
        case 1: "Monday"
        case 2: "Tuesday"
        case 3: "Wednesday"
        case 4: "Thursday"
        case 5: "Friday"
        default: "Saturday"
        }
    }
}
