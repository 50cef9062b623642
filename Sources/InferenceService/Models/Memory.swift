import Glibc

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
