import Glibc

/// Runs one program to its end and collects what it prints.
///
/// No shell is involved: arguments reach the program as they are.
struct Subprocess {
    /// A path, or a name to look up in `PATH`.
    var executable: String
    var arguments: [String]
    /// The child's whole environment.
    var environment: [String: String]

    struct Result {
        var status: Status
        /// The first bytes of the standard output.
        var output: String
        /// The last bytes of the standard error.
        var errorOutput: String
    }

    enum Status: Equatable, CustomStringConvertible {
        case exited(Int32)
        case killed(signal: Int32)
        /// Somebody else in this process has collected it, or has told the kernel to forget children.
        case lost

        var description: String {
            switch self {
            case .exited(let code): "exit status \(code)"
            case .killed(let signal): "killed by signal \(signal)"
            case .lost: "its exit status was lost"
            }
        }
    }

    /// Starts the program and waits until it has ended, blocking the calling thread.
    ///
    /// - Parameter tick: called several times a second meanwhile. When it throws, the child is terminated first.
    func run(tick: () throws(ModelCatalogError) -> Void) throws(ModelCatalogError) -> Result {
        var output = try Pipe()
        var errors = try Pipe()
        let child = try spawn(output: output, errors: errors)
        output.closeWriteEnd()
        errors.closeWriteEnd()

        var collector = OutputCollector()
        do {
            while true {
                collector.wait(output: output, errors: errors, milliseconds: 150)
                if let status = Self.status(of: child, waiting: false) {
                    collector.drain(output: output, errors: errors)
                    return Result(status: status, output: collector.output, errorOutput: collector.errorOutput)
                }
                try tick()
            }
        } catch {
            kill(child, SIGTERM)
            _ = Self.status(of: child, waiting: true)
            throw error
        }
    }

    private func spawn(output: borrowing Pipe, errors: borrowing Pipe) throws(ModelCatalogError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writeEnd, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.writeEnd, STDERR_FILENO)

        // A server ignores SIGPIPE and may block signals; a child must start with the usual dispositions.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var ignored = none
        sigaddset(&ignored, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &ignored)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var child = pid_t()
        let code = withCStrings([executable] + arguments) { argv in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
                posix_spawnp(&child, executable, &actions, &attributes, argv, envp)
            }
        }
        switch code {
        case 0: return child
        case ENOENT, EACCES: throw .toolMissing(executable)
        default: throw .fileSystem(path: executable, reason: String(cString: strerror(code)))
        }
    }

    private static func status(of child: pid_t, waiting: Bool) -> Status? {
        var raw: Int32 = 0
        var result: pid_t
        repeat {
            result = waitpid(child, &raw, waiting ? 0 : WNOHANG)
        } while result == -1 && errno == EINTR
        if result == -1 { return .lost }
        guard result == child else { return nil }
        let signal = raw & 0x7F  // As WIFSIGNALED and WTERMSIG do; the macros don't reach Swift.
        return signal == 0 ? .exited((raw >> 8) & 0xFF) : .killed(signal: signal)
    }

    private func withCStrings<R>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R
    ) -> R {
        let pointers = strings.map { strdup($0) }
        defer { pointers.forEach { free($0) } }
        return body(pointers + [nil])
    }
}
