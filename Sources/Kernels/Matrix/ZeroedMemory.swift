internal import Glibc

/// Pages of memory that begin as zeros and take no room until they are touched.
///
/// A page that cannot be touched follows them, so that running off the end is a crash and not a wrong number.
struct ZeroedMemory: ~Copyable {
    let start: UnsafeMutableRawPointer
    /// All that is mapped.
    private let byteCount: Int

    /// Maps at least `byteCount` bytes, aligned to a page.
    ///
    /// - Parameter largePages: Whether to ask for pages of 2 MB, which are slower to fill and faster to read.
    init(byteCount: Int, largePages: Bool = false) throws(KernelError) {
        let pageByteCount = Int(getpagesize())
        guard byteCount >= 0, byteCount <= Int.max - 2 * pageByteCount else { throw .sizeOverflow }
        let usable = (byteCount + pageByteCount - 1) / pageByteCount * pageByteCount
        let mapped = usable + pageByteCount
        guard let start = mmap(nil, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), start != MAP_FAILED
        else { throw .outOfMemory(byteCount: byteCount) }
        guard usable == 0 || mprotect(start, usable, PROT_READ | PROT_WRITE) == 0 else {
            munmap(start, mapped)
            throw .outOfMemory(byteCount: byteCount)
        }
        // A refusal is fine.
        if largePages { madvise(start, usable, MADV_HUGEPAGE) }
        self.start = start
        self.byteCount = mapped
    }

    deinit {
        munmap(start, byteCount)
    }
}
