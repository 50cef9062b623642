extension CivilDateTime {
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// The moment as C's `strftime` writes it in the C locale, with glibc's `%-d` and `%_d` padding flags.
    ///
    /// A directive that does not exist is printed as it stands, as glibc does; a time zone is unknown and prints
    /// as nothing, as for Python's naive `datetime`.
    func formatted(_ format: String) -> String {
        var result = ""
        var rest = Substring(format).unicodeScalars
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            var written: String.UnicodeScalarView = "%".unicodeScalars
            var padding: Character?
            while let flag = rest.first, "-_0^".unicodeScalars.contains(flag) {
                padding = Character(flag)
                written.append(flag)
                rest.removeFirst()
            }
            guard let directive = rest.popFirst() else {
                result.unicodeScalars.append(contentsOf: written)
                break
            }
            written.append(directive)
            result += expand(directive, padding) ?? String(written)
        }
        return result
    }

    private func expand(_ directive: Unicode.Scalar, _ padding: Character?) -> String? {
        let text: String? = name(directive) ?? composite(directive)
        if let text { return padding == "^" ? text.uppercased() : text }
        guard let (value, width, pad) = number(directive) else { return nil }
        let digits = String(value)
        let fill: Character? =
            switch padding {
            case "-": nil
            case "_": " "
            case "0": "0"
            default: pad
            }
        guard let fill else { return digits }
        return String(repeating: String(fill), count: max(0, width - digits.count)) + digits
    }

    private func name(_ directive: Unicode.Scalar) -> String? {
        switch directive {
        case "a": String(Self.weekdays[weekday].prefix(3))
        case "A": Self.weekdays[weekday]
        case "b", "h": String(Self.months[month - 1].prefix(3))
        case "B": Self.months[month - 1]
        case "p": hour < 12 ? "AM" : "PM"
        case "P": hour < 12 ? "am" : "pm"
        case "Z", "z": ""
        case "f": "000000"
        case "n": "\n"
        case "t": "\t"
        case "%": "%"
        default: nil
        }
    }

    private func composite(_ directive: Unicode.Scalar) -> String? {
        switch directive {
        case "c": formatted("%a %b %e %H:%M:%S %Y")
        case "D", "x": formatted("%m/%d/%y")
        case "F": formatted("%Y-%m-%d")
        case "R": formatted("%H:%M")
        case "r": formatted("%I:%M:%S %p")
        case "T", "X": formatted("%H:%M:%S")
        default: nil
        }
    }

    private func number(_ directive: Unicode.Scalar) -> (value: Int, width: Int, padding: Character)? {
        switch directive {
        case "C": (year / 100, 2, "0")
        case "d": (day, 2, "0")
        case "e": (day, 2, " ")
        case "H": (hour, 2, "0")
        case "I": ((hour + 11) % 12 + 1, 2, "0")
        case "j": (dayOfYear + 1, 3, "0")
        case "k": (hour, 2, " ")
        case "l": ((hour + 11) % 12 + 1, 2, " ")
        case "m": (month, 2, "0")
        case "M": (minute, 2, "0")
        case "S": (second, 2, "0")
        case "u": (weekday == 0 ? 7 : weekday, 1, "0")
        case "U": ((dayOfYear + 7 - weekday) / 7, 2, "0")
        case "w": (weekday, 1, "0")
        case "W": ((dayOfYear + 7 - (weekday + 6) % 7) / 7, 2, "0")
        case "y": (((year % 100) + 100) % 100, 2, "0")
        case "Y": (year, 1, "0")
        default: nil
        }
    }
}
