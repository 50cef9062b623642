import Glibc
import Kernels
import Transformer

/// How many positions of keys and values a model keeps, for all its sequences together.
public enum CacheSize: Sendable {
    /// As many as one sequence can use.
    case oneContext
    case tokens(Int)
    /// As many as these bytes hold; at least one context, or the model is not loaded.
    case bytes(Int)
    /// Several contexts for a server's many sequences: what 32,768 tokens need, but no more than a quarter of the memory
    /// that this process may use, and no less than one context.
    case server

    private static let serverTokens = 32_768

    func blockCount(
        of spec: ModelSpec, type: CacheType, contextLength: Int?
    ) throws(CacheTooSmall) -> Int {
        let context = KeyValueLayout.blockCount(
            forTokens: min(contextLength ?? spec.contextLength, spec.contextLength))
        switch self {
        case .oneContext: return context
        case .tokens(let count): return KeyValueLayout.blockCount(forTokens: count)
        case .bytes(let count):
            let blockBytes = KeyValueLayout(spec, type: type).bytesPerBlock
            guard count / blockBytes >= context else {
                throw CacheTooSmall(byteCount: count, needed: context * blockBytes)
            }
            return count / blockBytes
        case .server:
            let affordable = Memory.available / 4 / KeyValueLayout(spec, type: type).bytesPerBlock
            let wanted = KeyValueLayout.blockCount(forTokens: Self.serverTokens)
            return max(context, min(wanted, affordable))
        }
    }
}

/// The key-value cache that was asked for does not hold one sequence of the full context.
struct CacheTooSmall: Error, CustomStringConvertible {
    var byteCount: Int
    var needed: Int
    var description: String {
        "a key-value cache of \(byteCount) bytes is too small: one sequence of the full context needs \(needed). "
            + "Allow more, or shorten the context."
    }
}

enum Memory {
    /// Bytes that this process may use: the machine's, or the control group's limit if that is lower.
    static var available: Int {
        let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return min(machine, controlGroupLimit ?? machine)
    }

    /// `memory.max` of control groups version 2; nil where there is none, or no limit.
    private static var controlGroupLimit: Int? {
        guard let file = fopen("/sys/fs/cgroup/memory.max", "r") else { return nil }
        defer { fclose(file) }
        var limit = 0
        return withUnsafeMutablePointer(to: &limit) { pointer in
            withVaList([pointer]) { vfscanf(file, "%ld", $0) }
        } == 1 ? limit : nil
    }
}
