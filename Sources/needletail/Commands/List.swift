import ArgumentParser
import JSON
import ModelCatalog

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the models in the store and those that can be pulled by name.")

    @Flag(help: "Print a JSON array.")
    var json = false

    func run() throws {
        let listings = try ModelStore.standard().list()
        if json { return Output.writeLine(JSONValue.array(listings.map(\.json)).text) }
        for listing in listings {
            Output.writeLine(
                "\(listing.name)  (\(byteText(listing.byteCount)), \(listing.license ?? "license unknown"))")
            if !listing.summary.isEmpty { Output.writeLine("    \(listing.summary)") }
            Output.writeLine("    \(listing.stateText)")
        }
    }
}

extension ModelListing {
    fileprivate var stateText: String {
        switch state {
        case .notPulled: "not here yet: needletail pull \(name)"
        case .ready(let path): "ready: \(path)"
        case .damaged(let reason): "damaged: \(reason); needletail pull \(name) repairs it"
        }
    }

    fileprivate var json: JSONValue {
        var path = JSONValue.null
        let stateName: String
        switch state {
        case .notPulled: stateName = "not_pulled"
        case .ready(let place): (stateName, path) = ("ready", .string(place))
        case .damaged: stateName = "damaged"
        }
        return [
            "name": .string(name), "summary": .string(summary), "format": .string(format.rawValue),
            "bytes": .integer(byteCount), "license": license.map { .string($0) } ?? .null, "source": .string(source),
            "state": .string(stateName), "path": path,
        ]
    }
}
