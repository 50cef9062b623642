import ArgumentParser
import Glibc

/// Options that may also be set as environment variables: the flag wins, then the variable, then the default.
enum EnvironmentDefault {
    static func text(_ variable: String) -> String? {
        getenv(variable).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The parts of a list separated by commas; none when the variable is not set.
    static func list(_ variable: String) -> [String] {
        text(variable)?.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        } ?? []
    }

    /// - Throws: `ValidationError` naming the variable when a part of its list cannot be read.
    static func values<Value: ExpressibleByArgument>(_ variable: String) throws -> [Value] {
        try list(variable).map { text in
            guard let value = Value(argument: text) else {
                throw ValidationError("The value '\(text)' in the environment variable \(variable) is invalid.")
            }
            return value
        }
    }

    /// - Throws: `ValidationError` naming the variable when its value cannot be read.
    static func value<Value: ExpressibleByArgument>(_ variable: String) throws -> Value? {
        guard let text = text(variable) else { return nil }
        guard let value = Value(argument: text) else {
            throw ValidationError("The value '\(text)' of the environment variable \(variable) is invalid.")
        }
        return value
    }

    static func flag(_ variable: String) throws -> Bool {
        guard let text = text(variable)?.lowercased() else { return false }
        switch text {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw ValidationError("The environment variable \(variable) is '\(text)', neither true nor false.")
        }
    }
}
