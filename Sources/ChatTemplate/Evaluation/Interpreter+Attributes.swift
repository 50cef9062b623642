import OrderedCollections

extension Interpreter {
    /// `object.name`: a method or property if the type has one, else the member of that name.
    func attribute(_ name: Text, of object: Value) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = object { throw failure(undefined.kind, undefined.message) }
        if let value = try ownAttribute(name, of: object) { return value }
        if case .dictionary(let mapping) = object, let value = mapping[name] { return value }
        return .undefined(Undefined(.attribute(name.string, of: object.typeName)))
    }

    /// `object[key]`: the member, else the attribute of that name.
    func item(_ key: Value, of object: Value) throws(TemplateError) -> Value {
        switch object {
        case .undefined(let undefined): throw failure(undefined.kind, undefined.message)
        case .dictionary(let mapping):
            if let key = Key(key), let value = mapping.entries[key] { return value }
        case .list(let elements), .tuple(let elements):
            if let index = position(key, in: elements.values.count) { return elements.values[index] }
        case .range(let range):
            if let index = position(key, in: range.count) { return .integer(range[index]) }
        case .text(let text):
            if let character = try character(key, of: text) { return .text(character) }
        default: break
        }
        guard case .text(let name) = key else {
            return .undefined(Undefined(.element(try repr(of: key).string, of: object.typeName)))
        }
        return try ownAttribute(name, of: object)
            ?? .undefined(Undefined(.attribute(name.string, of: object.typeName)))
    }

    /// A subscript as an offset from the start; negative ones count from the end.
    private func position(_ key: Value, in count: Int) -> Int? {
        guard let index = key.asInteger else { return nil }
        let position = index < 0 ? index + count : index
        return position >= 0 && position < count ? position : nil
    }

    private func character(_ key: Value, of text: Text) throws(TemplateError) -> Text? {
        guard key.asInteger != nil else { return nil }
        try charge(text.count >> 6)
        if text.isASCII { return position(key, in: text.count).map { text[$0..<$0 + 1] } }
        let offsets = text.scalarOffsets
        return position(key, in: offsets.count - 1).map { text[offsets[$0]..<offsets[$0 + 1]] }
    }

    /// What Python's `getattr` finds.
    func ownAttribute(_ name: Text, of object: Value) throws(TemplateError) -> Value? {
        let string = name.string
        switch object {
        case .namespace(let namespace):
            if let value = namespace[name] { return value }
        case .loop(let loop):
            if let value = try property(string, of: loop) { return value }
        case .macro(let macro):
            if let value = property(string, of: macro) { return value }
        case .cycler(let cycler) where string == "current": return cycler.values[cycler.position]
        case .tuple(let elements) where elements.isGroup:
            if string == "grouper" { return elements.values[0] }
            if string == "list" { return elements.values[1] }
        default: break
        }
        let methods = Methods.table(for: object)
        if let method = methods?.functions[string] { return .function(NativeCall(string, on: object, method)) }
        let isInternal = string.hasPrefix("__") && string.hasSuffix("__")
        guard isInternal || methods?.unsafe.contains(string) == true else { return nil }
        return .undefined(Undefined(.unsafe(string, of: object.typeName)))
    }

    private func property(_ name: String, of loop: Loop) throws(TemplateError) -> Value? {
        switch name {
        case "index0": return .integer(loop.index)
        case "index": return .integer(loop.index + 1)
        case "first": return .boolean(loop.index == 0)
        case "last": return .boolean(try loop.peek() == nil)
        case "length": return .integer(try loop.length(self))
        case "revindex": return .integer(try loop.length(self) - loop.index)
        case "revindex0": return .integer(try loop.length(self) - loop.index - 1)
        case "depth": return .integer(loop.depth + 1)
        case "depth0": return .integer(loop.depth)
        case "previtem":
            guard loop.index > 0, let previous = loop.previous else {
                return .undefined(Undefined(.other("there is no previous item")))
            }
            return previous
        case "nextitem":
            guard let next = try loop.peek() else {
                return .undefined(Undefined(.other("there is no next item")))
            }
            return next
        default: return nil
        }
    }

    private func property(_ name: String, of macro: Macro) -> Value? {
        switch name {
        case "name": macro.name.map { .string($0) } ?? Value.none
        case "arguments":
            .tuple(Elements(macro.definition.parameters.map { .string($0.variable.name) }))
        case "caller": .boolean(macro.definition.usesCaller)
        case "catch_kwargs": .boolean(macro.definition.usesExtraNamed)
        case "catch_varargs": .boolean(macro.definition.usesExtraPositional)
        default: nil
        }
    }

    // MARK: Slices

    /// `object[start:stop:step]`
    func slice(_ object: Value, start: Int?, stop: Int?, step: Int?) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = object { throw failure(undefined.kind, undefined.message) }
        let step = step ?? 1
        guard step != 0 else { throw failure(.value, "slice step cannot be zero") }
        switch object {
        case .list(let elements):
            return try list(Self.indices(elements.values.count, start, stop, step).map { elements.values[$0] })
        case .tuple(let elements):
            return try tuple(Self.indices(elements.values.count, start, stop, step).map { elements.values[$0] })
        case .range(let range):
            return try list(Self.indices(range.count, start, stop, step).map { .integer(range[$0]) })
        case .text(let text): return .text(try slice(text, start, stop, step))
        default: throw failure(.type, "'\(object.typeName)' object cannot be sliced")
        }
    }

    private func slice(_ text: Text, _ start: Int?, _ stop: Int?, _ step: Int) throws(TemplateError) -> Text {
        try charge(text.count >> 6)
        let offsets = text.isASCII ? Array(0...text.count) : text.scalarOffsets
        let indices = Self.indices(offsets.count - 1, start, stop, step)
        if step == 1, let first = indices.first, let last = indices.last {
            return text[offsets[first]..<offsets[last + 1]]
        }
        try charge(bytes: indices.count)
        var result = Text()
        result.isMarkup = text.isMarkup
        for index in indices { result.append(text[offsets[index]..<offsets[index + 1]]) }
        return result
    }

    /// The positions a slice selects among `count`, clipped as Python clips them.
    private static func indices(_ count: Int, _ start: Int?, _ stop: Int?, _ step: Int) -> [Int] {
        func clip(_ bound: Int, low: Int, high: Int) -> Int {
            let shifted = bound < 0 ? bound + count : bound
            return min(max(shifted, low), high)
        }
        if step > 0 {
            let first = start.map { clip($0, low: 0, high: count) } ?? 0
            let end = stop.map { clip($0, low: 0, high: count) } ?? count
            return first < end ? Array(Swift.stride(from: first, to: end, by: step)) : []
        }
        let first = start.map { clip($0, low: -1, high: count - 1) } ?? count - 1
        let end = stop.map { clip($0, low: -1, high: count - 1) } ?? -1
        return first > end ? Array(Swift.stride(from: first, to: end, by: step)) : []
    }
}
