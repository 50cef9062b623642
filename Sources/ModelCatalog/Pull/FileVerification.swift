/// Compares files on disk with the sizes and digests that they must have.
struct FileVerification {
    var files: [CatalogueEntry.File]
    var folder: String
    var progress: (PullProgress) -> Void

    /// - Throws: ``ModelCatalogError/checksumMismatch(file:expected:found:)`` for the first file that differs.
    func run() throws(ModelCatalogError) {
        let total = files.reduce(0) { $0 + $1.byteCount }
        var done = 0
        for file in files {
            let path = folder + "/" + file.path
            let found = try SHA256Digest.digest(ofFile: path) { count throws(ModelCatalogError) in
                if Task.isCancelled { throw .cancelled }
                done += count
                progress(.verifying(doneByteCount: done, totalByteCount: total))
            }
            guard found.sha256 == file.sha256 else {
                throw .checksumMismatch(file: file.path, expected: file.sha256, found: found.sha256)
            }
        }
    }
}
