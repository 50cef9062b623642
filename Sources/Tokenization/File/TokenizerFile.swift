import JSON

/// `tokenizer.json` taken apart: the vocabulary and its merges as plain arrays, everything else as JSON.
struct TokenizerFile {
    /// The file without its vocabulary and merges.
    let root: JSONValue

    /// The spelling of each entry of the vocabulary, in the order of the file, and its id.
    private(set) var spellings = TokenContents()
    private(set) var ids: [Int] = []

    /// Of Unigram, for each entry.
    private(set) var scores: [Double] = []

    /// The left and the right part of each merge, one after the other.
    private(set) var mergeParts = TokenContents()

    /// Ids from here on are refused: a forged one would ask for gigabytes.
    static let idLimit = 1 << 23

    init(_ bytes: [UInt8]) throws(TokenizerError) {
        // What reads the spellings later relies on it.
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw .malformedFile(path: "its text", reason: "is not UTF-8")
        }
        do {
            let places = try Self.find(in: bytes)
            root = try Self.rest(of: bytes, without: places)
            if let place = places.vocabulary { try readVocabulary(JSONCursor(bytes, at: place.lowerBound)) }
            if let place = places.merges { try readMerges(JSONCursor(bytes, at: place.lowerBound)) }
        } catch {
            throw .malformedFile(path: "byte \(error.offset)", reason: "should be \(error.expected)")
        }
    }

    private struct Places {
        var vocabulary: Range<Int>?
        var merges: Range<Int>?
    }

    private static func find(in bytes: [UInt8]) throws(JSONCursor.Fault) -> Places {
        var places = Places()
        var cursor = JSONCursor(bytes)
        try cursor.forEachMember { cursor, name throws(JSONCursor.Fault) in
            guard name.elementsEqual("model".utf8), cursor.peek() == UInt8(ascii: "{") else {
                return try cursor.skipValue()
            }
            try cursor.forEachMember { cursor, name throws(JSONCursor.Fault) in
                _ = cursor.peek()
                let start = cursor.position
                try cursor.skipValue()
                if name.elementsEqual("vocab".utf8) { places.vocabulary = start..<cursor.position }
                if name.elementsEqual("merges".utf8) { places.merges = start..<cursor.position }
            }
        }
        return places
    }

    private static func rest(of bytes: [UInt8], without places: Places) throws(JSONCursor.Fault) -> JSONValue {
        var rest: [UInt8] = []
        var position = 0
        let cuts = [places.vocabulary, places.merges].compactMap { $0 }.sorted { $0.lowerBound < $1.lowerBound }
        for cut in cuts {
            rest += bytes[position..<cut.lowerBound]
            rest += Array("null".utf8)
            position = cut.upperBound
        }
        rest += bytes[position...]
        do {
            return try JSONValue(parsing: rest)
        } catch {
            throw JSONCursor.Fault(offset: error.offset, expected: "JSON (\(error))")
        }
    }

    /// `{"piece": 0, ...}`, or Unigram's `[["piece", -1.5], ...]`.
    private mutating func readVocabulary(_ start: JSONCursor) throws(JSONCursor.Fault) {
        var cursor = start
        var entries = TokenContents()
        var ids: [Int] = []
        var scores: [Double] = []
        if cursor.peek() == UInt8(ascii: "[") {
            var text: [UInt8] = []
            try cursor.forEachElement { cursor throws(JSONCursor.Fault) in
                try cursor.expect("[")
                try cursor.readString(into: &text)
                try cursor.expect(",")
                scores.append(try cursor.readNumber())
                try cursor.expect("]")
                entries.append { $0.append(contentsOf: text) }
                ids.append(ids.count)
            }
        } else {
            try cursor.forEachMember { cursor, name throws(JSONCursor.Fault) in
                let offset = cursor.position
                let id = try cursor.readCount()
                guard id < Self.idLimit else { throw JSONCursor.Fault(offset: offset, expected: "a smaller id") }
                entries.append { $0.append(contentsOf: name) }
                ids.append(id)
            }
        }
        (spellings, self.ids, self.scores) = (entries, ids, scores)
    }

    /// `["a b", ...]` or `[["a", "b"], ...]`.
    private mutating func readMerges(_ start: JSONCursor) throws(JSONCursor.Fault) {
        var cursor = start
        var parts = TokenContents()
        var left: [UInt8] = []
        var right: [UInt8] = []
        if cursor.peek() == UInt8(ascii: "n") { return }
        try cursor.forEachElement { cursor throws(JSONCursor.Fault) in
            if cursor.skip("[") {
                try cursor.readString(into: &left)
                try cursor.expect(",")
                try cursor.readString(into: &right)
                try cursor.expect("]")
            } else {
                let offset = cursor.position
                try cursor.readString(into: &left)
                guard let space = left.dropFirst().firstIndex(of: UInt8(ascii: " ")), space + 1 < left.count else {
                    throw JSONCursor.Fault(offset: offset, expected: "two parts with a space between")
                }
                right = Array(left[(space + 1)...])
                left.removeSubrange(space...)
            }
            parts.append { $0.append(contentsOf: left) }
            parts.append { $0.append(contentsOf: right) }
        }
        mergeParts = parts
    }
}
