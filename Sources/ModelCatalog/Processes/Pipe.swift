import Glibc

/// A pipe from a child; the child gets its end by name, other children get neither.
struct Pipe: ~Copyable {
    let readEnd: Int32
    let writeEnd: Int32
    private var isWriteEndOpen = true

    init() throws(ModelCatalogError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw .system("pipe") }
        readEnd = ends[0]
        writeEnd = ends[1]
        // Between these calls and `pipe` another thread may start a child that inherits the ends. Nothing hangs on
        // that: the end of a child is learnt from `waitpid`, not from the pipe's end.
        _ = fcntl(readEnd, F_SETFD, FD_CLOEXEC)
        _ = fcntl(writeEnd, F_SETFD, FD_CLOEXEC)
        _ = fcntl(readEnd, F_SETFL, O_NONBLOCK)
    }

    mutating func closeWriteEnd() {
        if isWriteEndOpen { close(writeEnd) }
        isWriteEndOpen = false
    }

    deinit {
        close(readEnd)
        if isWriteEndOpen { close(writeEnd) }
    }
}
