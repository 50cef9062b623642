import Glibc
import TestSupport
import Testing

@testable import ModelCatalog

@Suite struct StoreLockTests {
    /// A child between fork and exec holds copies of all descriptors, whatever they say about exec.
    @Test func aCopyOfTheDescriptorDoesNotKeepTheLock() throws {
        let directory = try TemporaryDirectory()
        var copy: Int32 = -1
        defer { close(copy) }
        StoreLock.expectFree(directory.path) { copy = dup(Self.descriptor(of: directory.path + "/.lock")) }
        #expect(copy >= 0)
        StoreLock.expectFree(directory.path) {}
    }

    /// The descriptor of this process that stands for an open file.
    private static func descriptor(of path: String) -> Int32 {
        var wanted = stat(), found = stat()
        guard stat(path, &wanted) == 0 else { return -1 }
        return (0..<Int32(4096)).first { descriptor in
            fstat(descriptor, &found) == 0 && found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino
        } ?? -1
    }
}

extension StoreLock {
    fileprivate static func expectFree(_ root: String, _ body: () -> Void) {
        #expect(throws: Never.self) {
            try whileHeld(root: root) { () throws(ModelCatalogError) in body() }
        }
    }
}
