import Glibc
import Testing

@testable import Kernels

@Suite struct DefaultThreadCountTests {
    @Test func isBetweenOneAndTheProcessorsOnline() {
        #expect((1...sysconf(Int32(_SC_NPROCESSORS_ONLN))).contains(WorkerPool.defaultThreadCount()))
    }

    @Test(arguments: [
        ("max 100000\n", nil), ("200000 100000\n", 2), ("150000 100000\n", 1), ("50000 100000", 1), ("", nil),
        ("-1 100000", nil), ("100000 0", nil), ("100000", nil),
    ])
    func quotaIsRoundedDownToWholeProcessors(text: String, expected: Int?) {
        #expect(WorkerPool.processors(inQuota: text) == expected)
    }

    @Test func findsTheUnifiedGroup() {
        #expect(WorkerPool.unifiedGroup(in: "12:cpu:/a\n0::/user.slice/x.scope\n") == "/user.slice/x.scope")
        #expect(WorkerPool.unifiedGroup(in: "12:cpu:/a\n") == nil)
    }

    @Test func theTightestQuotaOfAllParentsCounts() throws {
        var template = Array("/tmp/cgroup-XXXXXX".utf8CString)
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        let files = ["\(root)/a/cpu.max": "300000 100000\n", "\(root)/a/b/cpu.max": "max 100000\n"]
        mkdir("\(root)/a", 0o700)
        mkdir("\(root)/a/b", 0o700)
        for (path, text) in files {
            let file = try #require(fopen(path, "w"))
            fputs(text, file)
            fclose(file)
        }
        defer {
            for path in files.keys { unlink(path) }
            for path in ["a/b", "a", ""] { rmdir("\(root)/\(path)") }
        }
        #expect(WorkerPool.quotaCount(group: "/a/b", root: root) == 3)
        #expect(WorkerPool.quotaCount(group: "/", root: root) == nil)
    }
}
