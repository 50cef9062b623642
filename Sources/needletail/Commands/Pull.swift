import ArgumentParser
import Foundation
import ModelCatalog

struct Pull: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring models into the store.",
        discussion: """
            MODEL is a name of the catalogue (see 'needletail list'), hf:OWNER/REPO/FILE.gguf[@REVISION], or the path of \
            a model on disk, which is linked and not copied. Without any it is what 'needletail serve' serves by \
            default: \(Catalogue.defaultNames.joined(separator: " and ")). What is there already and whole is not \
            fetched again.

            The store is $NEEDLETAIL_MODELS, else needletail/models below $XDG_CACHE_HOME or ~/.cache.
            """)

    @Argument(help: "What to fetch.")
    var model: [String] = []

    @Option(help: "Name in the store, instead of the usual one; for one model only.")
    var name: String?

    @Flag(help: "Read a model that is there already once more and compare it with its SHA-256.")
    var verify = false

    func validate() throws {
        guard name == nil || model.count == 1 else { throw ValidationError("--name needs exactly one MODEL.") }
    }

    func run() throws {
        for model in model.isEmpty ? Catalogue.defaultNames : model { try pull(model) }
    }

    private func pull(_ model: String) throws {
        let line = ProgressLine()
        let tools = PullTools(environment: ProcessInfo.processInfo.environment)
        let result = try ModelStore.standard().pull(
            model, as: name, rechecksDigests: verify, tools: tools
        ) { progress in
            line.show(Self.text(progress))
        }
        line.end()
        switch result.outcome {
        case .pulled: Output.writeLine("\(result.location.name) is ready: \(result.location.path)")
        case .alreadyThere: Output.writeLine("\(result.location.name) is already there: \(result.location.path)")
        }
    }

    private static func text(_ progress: PullProgress) -> String {
        switch progress {
        case .downloading(let received, let total): "downloading  " + share(received, total)
        case .unpacking(let done, let total): "unpacking    " + share(done, total)
        case .verifying(let done, let total): "verifying    " + share(done, total)
        }
    }

    private static func share(_ done: Int, _ total: Int?) -> String {
        guard let total, total > 0 else { return byteText(done) }
        return "\(min(100, done * 100 / total)) %  \(byteText(min(done, total))) of \(byteText(total))"
    }
}
