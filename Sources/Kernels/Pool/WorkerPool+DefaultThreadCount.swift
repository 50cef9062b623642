import CKernels
import Glibc

extension WorkerPool {
    /// The number of workers this process may keep busy: the processors it is allowed on, and no more than the
    /// processor time its control groups grant.
    ///
    /// More workers than that would only stop each other: a quota of 1.5 processors gives 1.
    public static func defaultThreadCount() -> Int {
        let allowed = max(1, Int(nt_pool_allowed_processors()))
        guard let membership = readSmallFile("/proc/self/cgroup"), let group = unifiedGroup(in: membership) else {
            return allowed
        }
        return min(allowed, quotaCount(group: group, root: "/sys/fs/cgroup") ?? allowed)
    }

    /// The path of the version 2 control group in the text of `/proc/self/cgroup` (cgroups(7): the line `0::PATH`).
    static func unifiedGroup(in membership: String) -> String? {
        membership.split(separator: "\n").first { $0.hasPrefix("0::/") }.map { String($0.dropFirst(3)) }
    }

    /// The smallest whole number of processors among the quotas of `group` and its parents, or nil without a quota.
    static func quotaCount(group: String, root: String) -> Int? {
        var path = group.split(separator: "/").map(String.init)
        var smallest: Int?
        // Inside a container the group of /proc may not exist below the mount; its root then carries the quota.
        while true {
            let file = ([root] + path + ["cpu.max"]).joined(separator: "/")
            if let text = readSmallFile(file), let quota = processors(inQuota: text) {
                smallest = min(smallest ?? quota, quota)
            }
            if path.popLast() == nil { return smallest }
        }
    }

    /// The whole processors in the text of a `cpu.max` file, `QUOTA PERIOD` in microseconds, or nil for `max`.
    static func processors(inQuota text: String) -> Int? {
        let fields = text.split { $0 == " " || $0 == "\n" }
        guard fields.count == 2, let quota = Int(fields[0]), let period = Int(fields[1]), quota > 0, period > 0 else {
            return nil
        }
        return max(1, quota / period)
    }

    /// The text of a file of the kernel's file systems, which all fit a page, or nil when it cannot be read.
    private static func readSmallFile(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
        }
    }
}
