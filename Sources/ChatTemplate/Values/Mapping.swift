import OrderedCollections

/// A Python dictionary, in order of insertion.
final class Mapping {
    let entries: OrderedDictionary<Key, Value>
    let depth: Int

    init(_ entries: OrderedDictionary<Key, Value>) {
        self.entries = entries
        var deepest = 0
        for (key, value) in entries { deepest = max(deepest, key.value.depth, value.depth) }
        depth = deepest + 1
    }

    subscript(text: Text) -> Value? { entries[Key(text)] }

    var keys: [Value] { entries.keys.map(\.value) }

    /// Pairs of key and value.
    var items: [Value] { entries.map { .tuple(Elements([$0.key.value, $0.value])) } }
}

/// A value that Python can hash. Equal numbers are equal keys whatever their type.
struct Key: Hashable {
    let value: Value

    init(_ text: Text) {
        value = .text(text)
    }

    /// Nil for what is unhashable: lists and dictionaries.
    init?(_ value: Value) {
        switch value {
        case .undefined, .none, .boolean, .integer, .float, .text: break
        case .tuple(let elements):
            for element in elements.values where Key(element) == nil { return nil }
        default: return nil
        }
        self.value = value
    }

    static func == (left: Key, right: Key) -> Bool { equal(left.value, right.value) }

    private static func equal(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.text(let left), .text(let right)): return left == right
        case (.tuple(let left), .tuple(let right)):
            return left.values.count == right.values.count && zip(left.values, right.values).allSatisfy(equal)
        default:
            if let left = left.asInteger, let right = right.asInteger { return left == right }
            guard let left = left.asDouble, let right = right.asDouble else { return false }
            return left == right
        }
    }

    func hash(into hasher: inout Hasher) { Self.hash(value, into: &hasher) }

    private static func hash(_ value: Value, into hasher: inout Hasher) {
        switch value {
        case .text(let text): hasher.combine(text)
        case .tuple(let elements):
            for element in elements.values { hash(element, into: &hasher) }
        default:
            if let number = value.asDouble { hasher.combine(number) }
        }
    }
}
