import ArgumentParser
import Engine
import InferenceService
import Tokenization

struct Generate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Generate text from a prompt, without a server.")

    @OptionGroup var model: ModelOption

    @Option(name: [.long, .short], help: "The prompt.")
    var prompt: String

    @Option(help: "Tokens to generate at most.")
    var maxTokens = 128

    @Option(help: "0 always takes the most probable token.")
    var temperature: Float = 0.7

    @Option(help: "Makes the random choices repeatable.")
    var seed: UInt64?

    @Flag(help: "Treat the prompt as a user's message and let the model's chat template frame it.")
    var chat = false

    func validate() throws {
        guard maxTokens >= 1 else { throw ValidationError("--max-tokens must be at least 1.") }
        guard (0...2).contains(temperature) else { throw ValidationError("--temperature must be 0 to 2.") }
    }

    func run() async throws {
        let opened = try model.loader().open(try model.resolved().path)
        var tokens =
            chat
            ? try opened.chatPrompt(user: prompt)
            : opened.tokenizer.encode(prompt, addSpecial: true, parseSpecial: false)
        if tokens.isEmpty {
            guard let first = opened.tokenizer.firstToken else {
                throw ValidationError("The prompt is empty, and this model needs a token to begin with.")
            }
            tokens = [first]
        }
        var request = GenerationRequest(prompt: tokens)
        request.sampling.temperature = temperature
        request.sampling.seed = seed
        request.stop.maximumTokens = maxTokens
        let engine = Engine(model: opened.model, tokenizer: opened.tokenizer)
        for await event in try engine.submit(request) {
            if Output.isBroken { break }
            switch event {
            case .text(let text, _, _): Output.write(text)
            case .finished(let summary):
                Output.writeLine()
                if case .failed(let reason) = summary.finishReason { throw GenerationFailure(reason: reason) }
            case .promptScored: break
            }
        }
    }
}

struct GenerationFailure: Error, CustomStringConvertible {
    var reason: String
    var description: String { "the model failed: \(reason)" }
}
