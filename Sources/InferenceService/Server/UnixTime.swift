import Glibc

/// Wall-clock time, for replies and the request log; deadlines and durations use the monotonic clock.
enum UnixTime {
    /// Seconds since 1970.
    static var now: Int { Int(milliseconds / 1000) }

    /// Milliseconds since 1970.
    static var milliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
