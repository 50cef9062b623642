/// Fetches one file from Hugging Face by curl, continuing where an earlier attempt stopped.
struct HubDownload {
    var file: HubFile
    var tools: PullTools
    var root: String
    var progress: (PullProgress) -> Void

    /// What the server says about the file before it is fetched.
    struct Description: Equatable {
        var sha256: String?
        var byteCount: Int?
    }

    /// Attempts before a connection that keeps breaking is given up.
    private static let attemptLimit = 5

    /// Exit codes of curl for connections that broke: partial file, timeout, TLS, empty reply, send, receive, HTTP/2.
    private static let transientExitCodes: Set<Int32> = [18, 28, 35, 52, 55, 56, 92]

    /// Exit code of curl when the server can't continue a download.
    private static let rangeRefusedExitCode: Int32 = 33

    /// Asks the server for the file's size and digest.
    ///
    /// For files in its large-file storage the hub answers with a redirect whose `x-linked-etag` is the SHA-256;
    /// mirrors may leave that out.
    func describe() throws(ModelCatalogError) -> Description {
        let url = try file.url(endpoint: tools.hubEndpoint)
        let result = try curl(["--head", "--max-time", "60", "--url", url])
        guard result.status == .exited(0) else { throw failure(result) }
        return Self.description(headers: result.output)
    }

    static func description(headers: String) -> Description {
        var description = Description()
        for line in headers.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = String(parts[1].filter { $0 != " " && $0 != "\"" && $0 != "\t" })
            switch parts[0].lowercased() {
            case "x-linked-etag" where value.utf8.count == 64 && value.allSatisfy(\.isHexDigit):
                description.sha256 = value.lowercased()
            case "x-linked-size":
                description.byteCount = Int(value).flatMap { $0 > 0 ? $0 : nil }
            default:
                break
            }
        }
        return description
    }

    /// The name of the folder, below the partial one, where this file is downloaded to.
    ///
    /// Bound to the digest, so that a download is never continued with bytes of another version.
    func partialName(_ description: Description) -> String? {
        description.sha256.map { "hf-" + SHA256Digest.hexadecimal(of: "\(file.source) \($0)") }
    }

    /// Downloads, checks and places the file in the staging folder's content.
    func run(_ description: Description, into staging: borrowing Staging) throws(ModelCatalogError) -> Manifest {
        let folder =
            partialName(description).map { Staging.partialFolder(of: root) + "/" + $0 } ?? staging.folder + "/download"
        try FileTree.createDirectory(folder)
        let partial = folder + "/file"
        try download(description, to: partial)

        let total = FileTree.status(partial)?.byteCount ?? 0
        var done = 0
        let found = try SHA256Digest.digest(ofFile: partial) { count throws(ModelCatalogError) in
            if Task.isCancelled { throw .cancelled }
            done += count
            progress(.verifying(doneByteCount: done, totalByteCount: total))
        }
        if let expected = description.sha256, expected != found.sha256 {
            try FileTree.remove(folder)  // To continue it next time would be in vain.
            throw .checksumMismatch(file: file.fileName, expected: expected, found: found.sha256)
        }
        try FileTree.rename(partial, to: staging.content + "/" + file.fileName)
        try FileTree.remove(folder)
        return Manifest(
            source: file.source, license: nil, format: .gguf,
            files: [.init(file.fileName, byteCount: found.byteCount, sha256: found.sha256)])
    }

    private func download(_ description: Description, to partial: String) throws(ModelCatalogError) {
        let url = try file.url(endpoint: tools.hubEndpoint)
        var result: Subprocess.Result?
        for _ in 0..<Self.attemptLimit {
            if let size = description.byteCount, FileTree.status(partial)?.byteCount == size { return }
            let attempt = try curl(
                [
                    "--location", "--connect-timeout", "30", "--speed-limit", "1", "--speed-time", "60",
                    "--continue-at", "-", "--output", partial, "--url", url,
                ],
                watching: partial, total: description.byteCount)
            result = attempt
            switch attempt.status {
            case .exited(0):
                return
            case .exited(Self.rangeRefusedExitCode):
                try FileTree.remove(partial)
            case .exited(let code) where Self.transientExitCodes.contains(code):
                continue
            default:
                throw failure(attempt)
            }
        }
        if let result { throw failure(result) }
    }

    private func curl(
        _ arguments: [String], watching partial: String? = nil, total: Int? = nil
    ) throws(ModelCatalogError) -> Subprocess.Result {
        let protocols = HubFile.isLoopback(tools.hubEndpoint) ? "=http,https" : "=https"
        let curl = Subprocess(
            executable: tools.curl,
            // --disable comes first: a ~/.curlrc is for the person's own downloads.
            arguments: ["--disable", "--silent", "--show-error", "--fail", "--proto", protocols] + arguments,
            environment: tools.environment)
        return try curl.run { () throws(ModelCatalogError) in
            if Task.isCancelled { throw .cancelled }
            if let partial, let received = FileTree.status(partial)?.byteCount {
                progress(.downloading(receivedByteCount: received, totalByteCount: total))
            }
        }
    }

    private func failure(_ result: Subprocess.Result) -> ModelCatalogError {
        .toolFailed("downloading \(file.source)", status: result.status.description, output: result.errorOutput)
    }
}
