internal import Glibc

/// Pages of memory that begin as zeros and take no room until they are touched.
struct ZeroedMemory: ~Copyable {
    let start: UnsafeMutableRawPointer
    let byteCount: Int

    /// Maps at least `byteCount` bytes, aligned to a page.
    init(byteCount: Int) throws(KernelError) {
        let length = max(byteCount, 1)
        guard
            let start = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != MAP_FAILED
        else { throw .outOfMemory(byteCount: byteCount) }
        // Large pages spare page faults while packing and address translation while multiplying. A refusal is fine.
        if length >= Self.largePageByteCount { madvise(start, length, MADV_HUGEPAGE) }
        self.start = start
        self.byteCount = length
    }

    deinit {
        munmap(start, byteCount)
    }

    private static var largePageByteCount: Int { 1 << 21 }
}
