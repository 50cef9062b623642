import ArgumentParser
import InferenceService
import JSON

struct Embed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give texts as vectors, without a server.",
        discussion: "Without TEXT each line of standard input is a text.")

    enum Format: String, CaseIterable, ExpressibleByArgument {
        /// An object for each text, with the text and its vector.
        case json
        /// The numbers of a vector on one line, with blanks between them.
        case float
    }

    @OptionGroup var model: ModelOption

    @Argument(help: "What to embed.")
    var text: [String] = []

    @Option(help: "'json' prints an object for each text, 'float' a line of numbers.")
    var format = Format.json

    @Option(help: "Keep the first so many numbers of each vector, scaled to length 1.")
    var dimensions: Int?

    @Flag(help: "Cut the end off texts that are too long for the model.")
    var truncate = false

    func validate() throws {
        if let dimensions, dimensions < 1 { throw ValidationError("--dimensions must be at least 1.") }
    }

    func run() async throws {
        let embedder = try TextEmbedder(
            try model.loader().open(try model.resolved().path), truncates: truncate)
        if let dimensions, dimensions > embedder.length {
            throw ValidationError("--dimensions must be at most \(embedder.length): the model gives no more.")
        }
        for text in text { try await show(text, embedder) }
        guard text.isEmpty else { return }
        while let line = readLine() { try await show(line, embedder) }
    }

    private func show(_ text: String, _ embedder: TextEmbedder) async throws {
        if Output.isBroken { return }
        let vector = try await embedder.vector(of: text, dimensions: dimensions)
        switch format {
        case .float: Output.writeLine(vector.map(\.description).joined(separator: " "))
        case .json:
            Output.writeLine(
                "{\"text\":\(JSONValue.string(text).text),\"embedding\":["
                    + vector.map(\.description).joined(separator: ",") + "]}")
        }
    }
}
