import ArgumentParser
import InferenceService
import JSON
import ModelFiles
import Tokenization

struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show how a model's tokeniser splits a text.")

    @OptionGroup var model: ModelOption

    @Argument(help: "The text; leave it out when --file is given.")
    var text: String?

    @Option(help: "Read the text from this file.")
    var file: String?

    @Flag(help: "Let spellings of special tokens in the text become those tokens.")
    var parseSpecial = false

    @Flag(help: "Print nothing but the ids as a JSON array.")
    var json = false

    func validate() throws {
        guard (text == nil) != (file == nil) else { throw ValidationError("Give either a text or --file, not both.") }
    }

    func run() throws {
        let tokenizer = try ModelLoader.tokenizer(of: try model.resolved().path)
        let tokens = tokenizer.encode(try input(), addSpecial: false, parseSpecial: parseSpecial)
        if json {
            Output.writeLine(JSONValue.array(tokens.map { .integer(Int($0.rawValue)) }).text)
        } else {
            for token in tokens {
                Output.writeLine("\(token.rawValue)\t\(JSONValue.string(tokenizer.piece(of: token)).text)")
            }
        }
    }

    private func input() throws -> String {
        guard let file else { return text ?? "" }
        return try TextFile.read(file)
    }
}
