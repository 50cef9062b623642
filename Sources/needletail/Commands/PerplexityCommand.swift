import ArgumentParser
import Foundation
import InferenceService
import JSON
import Tokenization
import Transformer

struct PerplexityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perplexity",
        abstract: "Measure how well a model predicts a text.",
        discussion: """
            The text is cut into windows of the context length; the second half of each is scored. Lower is better, \
            and figures compare only for the same text, tokeniser and context.
            """)

    @OptionGroup var model: ModelOption

    @Option(help: "The text, in UTF-8.")
    var file: String

    @Option(help: "Tokens in a window.")
    var context = 512

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard context >= 4 else { throw ValidationError("--context must be at least 4.") }
    }

    func run() throws {
        let (name, path) = try model.resolved()
        let text = try TextFile.read(file)
        let opened = try model.loader(contextLength: context).open(path)
        let tokens = opened.tokenizer.encode(text, addSpecial: true, parseSpecial: false)
        guard tokens.count >= context else {
            throw ValidationError("\(file) has \(tokens.count) tokens, fewer than one window of \(context).")
        }
        let progress = ProgressLine()
        let startToken = opened.tokenizer.addsBOS ? opened.tokenizer.bosToken : nil
        let result = try Perplexity(window: context, startToken: startToken)
            .run(tokens, opened.model, progress: progress.show)
        progress.end()
        if json {
            let object: JSONValue = [
                "model": .string(name), "perplexity": .number(result.perplexity), "context": .integer(context),
                "windows": .integer(result.windows), "scored_tokens": .integer(result.scoredTokens),
                "mean_negative_log_likelihood": .number(
                    result.negativeLogLikelihood / Double(max(1, result.scoredTokens))),
            ]
            Output.writeLine(object.text)
        } else {
            Output.writeLine(
                String(
                    format: "perplexity %.4f over %d tokens in %d windows of %d", result.perplexity,
                    result.scoredTokens, result.windows, context))
        }
    }
}
