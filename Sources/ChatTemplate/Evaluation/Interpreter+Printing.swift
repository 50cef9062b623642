extension Interpreter {
    /// Python's `str()`.
    func text(of value: Value) throws(TemplateError) -> Text {
        switch value {
        case .text(let text): return text
        case .undefined: return Text()
        default: return try repr(of: value)
        }
    }

    /// Python's `repr()`. A container that holds anything from outside comes from outside as a whole.
    func repr(of value: Value) throws(TemplateError) -> Text {
        var result = Text()
        try write(value, to: &result)
        return result.blended
    }

    private func write(_ value: Value, to result: inout Text) throws(TemplateError) {
        try charge()
        switch value {
        case .undefined: result.append("Undefined", isTrusted: true)
        case .none: result.append("None", isTrusted: true)
        case .boolean(let value): result.append(value ? "True" : "False", isTrusted: true)
        case .integer(let value): result.append(String(value), isTrusted: true)
        case .float(let value): result.append(FloatText.repr(value), isTrusted: true)
        case .text(let text):
            if text.isMarkup { result.append("Markup(", isTrusted: true) }
            result.append(text.quoted)
            if text.isMarkup { result.append(")", isTrusted: true) }
        case .list(let elements): try write(elements.values, "[", "]", to: &result)
        case .tuple(let elements): try write(elements.values, "(", elements.values.count == 1 ? ",)" : ")", to: &result)
        case .dictionary(let mapping): try write(mapping, to: &result)
        case .range(let range):
            let step = range.step == 1 ? "" : ", \(range.step)"
            result.append("range(\(range.start), \(range.stop)\(step))", isTrusted: true)
        case .view(let view):
            result.append(view.kind.rawValue + "(", isTrusted: true)
            try write(view.values, "[", "]", to: &result)
            result.append(")", isTrusted: true)
        case .namespace(let namespace): try write(namespace, to: &result)
        case .loop(let loop):
            result.append("<LoopContext \(loop.index + 1)/\(try loop.length(self))>", isTrusted: true)
        case .macro(let macro):
            result.append("<Macro \(macro.name.map { "'\($0)'" } ?? "anonymous")>", isTrusted: true)
        case .generator, .function, .cycler: result.append("<\(value.typeName)>", isTrusted: true)
        }
        guard result.count <= limits.stringBytes else { return try charge(bytes: result.count) }
    }

    private func write(
        _ values: [Value], _ open: String, _ close: String, to result: inout Text
    ) throws(TemplateError) {
        result.append(open, isTrusted: true)
        for (index, value) in values.enumerated() {
            if index > 0 { result.append(", ", isTrusted: true) }
            try descend { () throws(TemplateError) in try write(value, to: &result) }
        }
        result.append(close, isTrusted: true)
    }

    private func write(_ mapping: Mapping, to result: inout Text) throws(TemplateError) {
        result.append("{", isTrusted: true)
        for (index, entry) in mapping.entries.enumerated() {
            if index > 0 { result.append(", ", isTrusted: true) }
            try write(entry.key.value, to: &result)
            result.append(": ", isTrusted: true)
            try descend { () throws(TemplateError) in try write(entry.value, to: &result) }
        }
        result.append("}", isTrusted: true)
    }

    /// A namespace may hold itself; the bound on recursion ends that.
    private func write(_ namespace: Namespace, to result: inout Text) throws(TemplateError) {
        result.append("<Namespace {", isTrusted: true)
        for (index, attribute) in namespace.attributes.enumerated() {
            if index > 0 { result.append(", ", isTrusted: true) }
            result.append(attribute.name.quoted)
            result.append(": ", isTrusted: true)
            try descend { () throws(TemplateError) in try write(attribute.value, to: &result) }
        }
        result.append("}>", isTrusted: true)
    }
}

extension Text {
    /// The text as a Python literal: single quotes unless there are only single quotes inside.
    var quoted: Text {
        let quote: Unicode.Scalar =
            bytes.contains(UInt8(ascii: "'")) && !bytes.contains(UInt8(ascii: "\"")) ? "\"" : "'"
        var result = Text(String(quote), isTrusted: isTrusted)
        result.append(
            mapScalars { scalar in
                switch scalar {
                case quote: return "\\" + String(scalar)
                case "\\": return "\\\\"
                case "\n": return "\\n"
                case "\r": return "\\r"
                case "\t": return "\\t"
                default: return scalar.isPythonPrintable ? String(scalar) : scalar.pythonEscape
                }
            })
        result.append(String(quote), isTrusted: isTrusted)
        return result
    }
}

extension Unicode.Scalar {
    /// The scalar as `\x..`, `\u....` or `\U........`, whichever is the shortest that fits.
    var pythonEscape: String {
        let hex = String(value, radix: 16)
        let (letter, width) = value < 0x100 ? ("x", 2) : value < 0x10000 ? ("u", 4) : ("U", 8)
        return "\\" + letter + String(repeating: "0", count: width - hex.count) + hex
    }
}
