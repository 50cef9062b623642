import Glibc

/// How Python writes floating-point numbers.
enum FloatText {
    /// The shortest digits that read back as the same number, with an exponent from 1e16 up and below 1e-4.
    static func repr(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        if value == 0 { return sign + "0.0" }
        let (digits, exponent) = shortestDigits(value.magnitude)
        if exponent < -4 || exponent >= 16 {
            let fraction = digits.dropFirst()
            let mantissa = digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction)
            let magnitude = String(exponent.magnitude)
            let padded = magnitude.count < 2 ? "0" + magnitude : magnitude
            return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(padded)"
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let whole = exponent + 1
        if digits.count <= whole {
            return sign + digits + String(repeating: "0", count: whole - digits.count) + ".0"
        }
        return sign + digits.prefix(whole) + "." + digits.dropFirst(whole)
    }

    /// The significant digits, without trailing zeros, and the decimal exponent of the first one.
    private static func shortestDigits(_ value: Double) -> (digits: String, exponent: Int) {
        let parts = value.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = mantissa[0]
        let all = String(whole) + (mantissa.count > 1 ? String(mantissa[1]) : "")
        let leading = all.prefix { $0 == "0" }.count
        var digits = String(all.dropFirst(leading))
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        let written = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        return (digits, written + whole.count - 1 - leading)
    }

    /// A number with a C conversion: `f`, `e`, `g` or one of their capitals.
    static func format(_ value: Double, precision: Int, conversion: Character, alternate: Bool = false) -> String {
        if value.isNaN { return conversion.isUppercase ? "NAN" : "nan" }
        if value.isInfinite {
            let text = conversion.isUppercase ? "INF" : "inf"
            return value < 0 ? "-" + text : text
        }
        let specification = "%\(alternate ? "#" : "").*\(conversion)"
        return withVaList([Int32(clamping: precision), value]) { arguments in
            // A double has at most 309 digits before the point.
            var buffer = [CChar](repeating: 0, count: 400 + max(0, precision))
            let length = vsnprintf(&buffer, buffer.count, specification, arguments)
            return String(decoding: buffer.prefix(Int(max(0, length))).map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    /// Python's `round`: correctly rounded in decimal, ties to even.
    static func rounded(_ value: Double, places: Int) -> Double {
        guard value.isFinite, places <= 323 else { return value }
        if places < -308 { return copysign(0, value) }
        if places >= 0 {
            return Double(format(value, precision: places, conversion: "f")) ?? value
        }
        let unit = pow(10, Double(-places))
        return (value / unit).rounded(.toNearestOrEven) * unit
    }
}
