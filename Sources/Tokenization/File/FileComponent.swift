import JSON

/// A part of `tokenizer.json` and the way to it, for messages that name it.
struct FileComponent {
    let value: JSONValue
    let path: String

    init(_ value: JSONValue, path: String) {
        self.value = value
        self.path = path
    }

    /// A member, nil if it is missing or null.
    func member(_ name: String) -> FileComponent? {
        guard let value = value[name], !value.isNull else { return nil }
        return FileComponent(value, path: path.isEmpty ? name : "\(path).\(name)")
    }

    func required(_ name: String) throws(TokenizerError) -> FileComponent {
        guard let member = member(name) else { throw fault("lacks \"\(name)\"") }
        return member
    }

    var elements: [FileComponent] {
        get throws(TokenizerError) {
            guard let array = value.arrayValue else { throw fault("is not an array") }
            return array.enumerated().map { FileComponent($1, path: "\(path)[\($0)]") }
        }
    }

    /// What kind of component this is.
    var type: String {
        get throws(TokenizerError) { try required("type").text }
    }

    var text: String {
        get throws(TokenizerError) {
            guard let text = value.stringValue else { throw fault("is not a string") }
            return text
        }
    }

    var bytes: [UInt8] {
        get throws(TokenizerError) { Array(try text.utf8) }
    }

    func flag(_ name: String, default standard: Bool) throws(TokenizerError) -> Bool {
        guard let member = member(name) else { return standard }
        guard let flag = member.value.boolValue else { throw member.fault("is not true or false") }
        return flag
    }

    /// A number that is not negative and fits 31 bits.
    func count(_ name: String, default standard: Int? = nil) throws(TokenizerError) -> Int {
        guard let member = member(name) else {
            guard let standard else { throw fault("lacks \"\(name)\"") }
            return standard
        }
        guard let count = member.value.integerValue, count >= 0, count <= Int(Int32.max) else {
            throw member.fault("is not a whole number")
        }
        return count
    }

    func fault(_ reason: String) -> TokenizerError { .malformedFile(path: path, reason: reason) }

    /// The component is of a kind that this build does not have.
    func unsupported(_ name: String) -> TokenizerError { .unsupportedComponent(path: path, name: name) }

    /// `{"String": "..."}` or `{"Regex": "..."}`.
    func pattern(_ name: String) throws(TokenizerError) -> Pattern {
        let member = try required(name)
        if let text = member.value.stringValue { return .literal(Array(text.utf8)) }
        if let literal = member.member("String") { return .literal(try literal.bytes) }
        return .expression(try RegularExpression(try member.required("Regex").text))
    }
}
