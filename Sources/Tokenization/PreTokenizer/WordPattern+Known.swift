extension WordPattern {
    static let gpt2 = WordPattern(contractions: .lowercase, letterPrefix: .space, numbers: .spaceThenRun)

    static let llama3 = WordPattern(
        contractions: .anyCase, letterPrefix: .anyButNewline, numbers: .upTo(3), othersTail: .newlines,
        newlinesEndWhitespace: true)

    static let qwen2 = WordPattern(
        contractions: .anyCase, letterPrefix: .anyButNewline, numbers: .upTo(1), othersTail: .newlines,
        newlinesEndWhitespace: true)

    static let qwen2WithoutContractions = WordPattern(
        contractions: .none, letterPrefix: .anyButNewline, numbers: .upTo(1), othersTail: .newlines,
        newlinesEndWhitespace: true)

    static let qwen35 = WordPattern(
        contractions: .anyCase, letters: .anyAndMarks, letterPrefix: .anyButNewline, numbers: .upTo(1),
        othersTail: .newlines, newlinesEndWhitespace: true)

    static let gpt4o = WordPattern(
        contractions: .anyCaseEndingWords, letters: .byCase, letterPrefix: .anyButNewline, numbers: .upTo(3),
        othersTail: .newlinesAndSlashes, newlinesEndWhitespace: true)

    static let tekken = WordPattern(
        contractions: .none, letters: .byCase, letterPrefix: .anyButNewline, numbers: .upTo(1),
        othersTail: .newlinesAndSlashes, newlinesEndWhitespace: true)
}
