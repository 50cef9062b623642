import Glibc
import TestSupport
import Testing

@testable import AccessControl

@Suite struct KeyFileTests {
    private let now = Timestamp(unixSeconds: 1_800_000_000)
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private var file: KeyFile { KeyFile(path: folder.path + "/keys.json") }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func aNewFileIsItsOwnersAlone() throws {
        let old = umask(0)
        defer { umask(old) }
        let id = try file.update { list throws(KeyListError) in try list.add(name: "a", at: now).key.id }
        #expect(mode(file.path) == 0o600)
        #expect(try file.load().keys.map(\.id) == [id])
        #expect(folder.names() == ["keys.json"], "nothing is left lying about")
    }

    @Test func aChangeKeepsTheMode() throws {
        _ = try file.update { list throws(KeyListError) in try list.add(name: "a", at: now) }
        #expect(chmod(file.path, 0o640) == 0)
        _ = try file.update { list throws(KeyListError) in try list.revoke("a", at: now) }
        #expect(mode(file.path) == 0o640)
        #expect(try file.load().keys.first?.revoked == now)
    }

    @Test(arguments: [0o644, 0o660, 0o606, 0o604, 0o601] as [mode_t])
    func aFileThatOthersCanReachIsRefused(mode: mode_t) throws {
        _ = try file.update { list throws(KeyListError) in try list.add(name: "a", at: now) }
        #expect(chmod(file.path, mode) == 0)
        #expect(throws: KeyFileError.self) { try file.load() }
        #expect(throws: KeyFileError.self) { try file.update { _ in } }
    }

    /// As Kubernetes mounts secrets.
    @Test func aLinkStaysALink() throws {
        _ = try file.update { list throws(KeyListError) in try list.add(name: "a", at: now) }
        let link = folder.path + "/link.json"
        #expect(symlink("keys.json", link) == 0)
        _ = try KeyFile(path: link).update { list throws(KeyListError) in try list.add(name: "b", at: now) }
        var status = stat()
        #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        #expect(try file.load().keys.map(\.name) == ["a", "b"])
    }

    @Test func aRefusedChangeLeavesTheFileAlone() throws {
        _ = try file.update { list throws(KeyListError) in try list.add(name: "a", at: now) }
        let before = try file.load()
        #expect(throws: KeyFileError.self) {
            try file.update { list throws(KeyListError) in
                _ = try list.revoke("a", at: now)
                _ = try list.revoke("nobody", at: now)
            }
        }
        #expect(try file.load() == before)
        #expect(folder.names() == ["keys.json"])
    }

    @Test func whatCannotBeReadIsAnError() throws {
        #expect(throws: KeyFileError.self) { try file.load() }
        #expect(throws: KeyFileError.self) { try KeyFile(path: folder.path).load() }
        #expect(throws: KeyFileError.self) {
            try KeyFile(path: folder.path + "/no/keys.json").update { _ in }
        }
    }

    @Test func thoseWhoChangeItWaitForEachOther() async throws {
        let (file, now) = (file, now)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                group.addTask {
                    _ = try file.update { list throws(KeyListError) in try list.add(name: "k\(index)", at: now) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try Set(file.load().keys.map(\.name)).count == 20)
    }
}
