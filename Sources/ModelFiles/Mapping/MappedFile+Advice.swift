import Glibc

extension MappedFile {
    /// What the kernel should do with a range of the file's pages.
    enum Advice {
        /// Read them ahead, in the background: they will all be needed soon.
        case willNeed
        /// Take them out of this process's memory: the contents have been copied elsewhere. A later access reads
        /// the file again.
        case doneWith
    }

    /// Advises the kernel about a range of bytes.
    ///
    /// Advice is an optimisation: a refusal changes nothing but speed, so it isn't reported. `doneWith` is narrowed
    /// to whole pages inside the range, since neighbours on the border pages may still be in use.
    func advise(_ advice: Advice, _ range: Range<Int>) {
        guard let base = bytes.baseAddress else { return }
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let misalignment = Int(bitPattern: base) % pageSize
        let lower: Int
        let upper: Int
        switch advice {
        case .willNeed:
            lower = (range.lowerBound + misalignment) / pageSize * pageSize - misalignment
            upper = range.upperBound
        case .doneWith:
            lower = (range.lowerBound + misalignment + pageSize - 1) / pageSize * pageSize - misalignment
            upper = (range.upperBound + misalignment) / pageSize * pageSize - misalignment
        }
        guard isBackedByFile, lower >= 0, lower < upper else { return }
        let address = UnsafeMutableRawPointer(mutating: base + lower)
        madvise(address, upper - lower, advice == .willNeed ? MADV_WILLNEED : MADV_DONTNEED)
    }
}
