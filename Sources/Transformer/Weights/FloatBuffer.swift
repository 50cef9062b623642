/// Floats at a fixed place in memory, aligned to a cache line, so that kernels may hold pointers to them.
final class FloatBuffer {
    private(set) var count: Int
    private(set) var pointer: UnsafeMutablePointer<Float>

    init(count: Int = 0) {
        self.count = count
        pointer = Self.allocate(count)
    }

    convenience init(_ values: [Float]) {
        self.init(count: values.count)
        pointer.update(from: values, count: values.count)
    }

    deinit {
        pointer.deallocate()
    }

    /// Makes room for `count` floats; what was there is lost when it grows.
    ///
    /// Grows by half at least, so that slowly growing steps don't allocate each time.
    func reserve(_ count: Int) {
        guard count > self.count else { return }
        pointer.deallocate()
        self.count = max(count, self.count + self.count / 2)
        pointer = Self.allocate(self.count)
    }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64)
        let pointer = memory.bindMemory(to: Float.self, capacity: max(1, count))
        pointer.initialize(repeating: 0, count: max(1, count))
        return pointer
    }
}
