import Glibc

enum ProcessAge {
    /// How long this process has been running, to a hundredth of a second; nil when the system does not say.
    static func current() -> Duration? {
        guard let stat = firstLine(of: "/proc/self/stat"), let ticks = startTicks(inStat: stat) else { return nil }
        var now = timespec()
        guard clock_gettime(CLOCK_BOOTTIME, &now) == 0 else { return nil }
        let ticksPerSecond = max(1, Int64(sysconf(Int32(_SC_CLK_TCK))))
        let start =
            Duration.seconds(ticks / ticksPerSecond)
            + .nanoseconds(ticks % ticksPerSecond * 1_000_000_000 / ticksPerSecond)
        return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec) - start
    }

    /// Clock ticks from the machine's start to the process's: field 22 (proc_pid_stat(5)). The second field, the
    /// program's name in parentheses, may itself hold blanks and parentheses.
    static func startTicks(inStat text: String) -> Int64? {
        guard let name = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: name)...].split(separator: " ")
        return fields.count > 19 ? Int64(fields[19]) : nil
    }

    private static func firstLine(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard let start = buffer.baseAddress, fgets(start, 4096, file) != nil else { return nil }
            return String(cString: start)
        }
    }
}
