import JSON

/// The tokens of a `tokenizer.json`: its vocabulary with the added tokens, by id.
struct FileVocabulary {
    /// One token that is recognised as a whole.
    struct Added {
        var id: Int
        var text: [UInt8]
        var isSpecial: Bool
        var isNormalized: Bool
        var token: AddedToken
    }

    private(set) var kinds: [TokenKind] = []
    let added: [Added]

    /// For each id its place in the file's vocabulary, or -1.
    private var places: [Int]
    private let file: TokenizerFile

    /// - Parameter rowCount: Added tokens from this id on are left out.
    init(_ file: TokenizerFile, rowCount: Int = .max) throws(TokenizerError) {
        self.file = file
        let root = FileComponent(file.root, path: "")
        var added: [Added] = []
        for component in try root.member("added_tokens")?.elements ?? [] {
            let token = try Added(component)
            if token.id < rowCount { added.append(token) }
        }
        self.added = added
        let count = max((file.ids.max() ?? -1) + 1, (added.map(\.id).max() ?? -1) + 1)
        guard count > 0 else { throw .emptyVocabulary }
        guard count <= (file.ids.count + added.count) * 4 + 4096 else {
            throw .malformedFile(path: "model.vocab", reason: "has ids far beyond its \(file.ids.count) tokens")
        }
        places = [Int](repeating: -1, count: count)
        kinds = [TokenKind](repeating: .unused, count: count)
        for (place, id) in file.ids.enumerated() {
            guard places[id] < 0 else { throw .malformedFile(path: "model.vocab", reason: "has the id \(id) twice") }
            places[id] = place
            kinds[id] = .normal
        }
        for token in added { kinds[token.id] = token.isSpecial ? .control : .userDefined }
    }

    mutating func mark(_ id: Int, as kind: TokenKind) { kinds[id] = kind }

    /// The spelling of a token; empty for ids that stand for nothing.
    func spelling(of id: Int) -> ArraySlice<UInt8> {
        places[id] >= 0 ? file.spellings.bytes(of: places[id]) : []
    }

    /// What the model sees of each token.
    func contents(isByteLevel: Bool) -> TokenContents {
        var texts = [Int: [UInt8]](minimumCapacity: added.count)
        for token in added { texts[token.id] = token.text }
        var contents = TokenContents()
        for (id, kind) in kinds.enumerated() {
            let text = texts[id] ?? Array(spelling(of: id))
            if isByteLevel {
                contents.append(byteLevel: text, kind)
            } else {
                contents.append { $0.append(contentsOf: text) }
            }
            // What was added beside the model's vocabulary is found by the search for added tokens, never by the model.
            if places[id] < 0 { contents.markUnreachable() }
        }
        return contents
    }

    /// The id of a spelling: an added token's, else the vocabulary's.
    func id(of text: [UInt8]) -> Int? {
        if let token = added.first(where: { $0.text == text }) { return token.id }
        return (0..<file.spellings.count).first { file.spellings.bytes(of: $0).elementsEqual(text) }.map {
            file.ids[$0]
        }
    }

    /// The score of a token of Unigram.
    var scores: [Double] {
        places.map { $0 >= 0 && $0 < file.scores.count ? file.scores[$0] : 0 }
    }
}

extension Dictionary {
    fileprivate init(minimumCapacity: Int) {
        self.init()
        reserveCapacity(minimumCapacity)
    }
}

extension FileVocabulary.Added {
    init(_ component: FileComponent) throws(TokenizerError) {
        id = try component.count("id")
        guard id < TokenizerFile.idLimit else { throw component.fault("has too large an id") }
        text = try component.required("content").bytes
        isSpecial = try component.flag("special", default: false)
        isNormalized = try component.flag("normalized", default: !isSpecial)
        token = AddedToken(
            token: Int32(truncatingIfNeeded: id), isControl: isSpecial,
            swallowsBefore: try component.flag("lstrip", default: false),
            swallowsAfter: try component.flag("rstrip", default: false),
            isWholeWord: try component.flag("single_word", default: false))
    }
}
