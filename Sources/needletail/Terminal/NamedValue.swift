import ArgumentParser

/// `NAME=VALUE` on the command line.
struct NamedText {
    var name: String
    var value: String

    /// Nil without `=`, or with nothing before or behind the first one.
    init?(_ text: String) {
        guard let sign = text.firstIndex(of: "=") else { return nil }
        name = String(text[..<sign])
        value = String(text[text.index(after: sign)...])
        if name.isEmpty || value.isEmpty { return nil }
    }
}

/// A setting for all models, `2GiB`, or for one of them, `NAME=2GiB`.
struct NamedValue<Value: ExpressibleByArgument>: ExpressibleByArgument {
    /// Nil stands for all models.
    var name: String?
    var value: Value

    init?(argument: String) {
        let named = NamedText(argument)
        guard let value = Value(argument: named?.value ?? argument) else { return nil }
        self.value = value
        name = named?.name
    }
}

/// The values of an option that holds for all models or for single ones.
struct PerModel<Value: ExpressibleByArgument> {
    /// By the model's name.
    private(set) var own: [String: Value] = [:]
    /// For all models without a value of their own.
    private(set) var others: Value?

    /// - Parameters:
    ///   - models: The names that may have values of their own.
    ///   - option: What the user calls it, for messages.
    /// - Throws: `ValidationError` when a value is given twice, or for a model that is not served.
    init(_ values: [NamedValue<Value>], models: [String], option: String) throws {
        for entry in values {
            guard let name = entry.name else {
                guard others == nil else {
                    throw ValidationError("\(option) is given twice; write NAME=VALUE for a single model.")
                }
                others = entry.value
                continue
            }
            guard models.contains(name) else {
                let served = models.joined(separator: ", ")
                throw ValidationError("\(option): there is no model '\(name)'; served are: \(served).")
            }
            guard own.updateValue(entry.value, forKey: name) == nil else {
                throw ValidationError("\(option) is given twice for '\(name)'.")
            }
        }
    }
}
