import ArgumentParser

@main
struct Needletail: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "needletail",
        abstract: "Serves language models on ordinary CPUs with an OpenAI-compatible API.",
        discussion: """
            Fetch a model and serve it:

              needletail pull smollm2-135m-instruct
              needletail serve --model smollm2-135m-instruct

            Wherever a command takes --model, it takes the name of a model in the store or the path of a GGUF file.
            """,
        version: version,
        subcommands: [
            Serve.self, Pull.self, List.self, Generate.self, Embed.self, Tokenize.self, Inspect.self, Quantize.self,
            Bench.self,
            PerplexityCommand.self, Keys.self, Logs.self, Healthcheck.self,
        ])

    static func main() async {
        await main(nil)
        Output.exitIfBroken()
    }
}
