import Glibc

/// The one owner of an open file descriptor: it closes when the owner goes, and cannot be closed twice.
struct FileDescriptor: ~Copyable, Sendable {
    let rawValue: Int32

    init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        // POSIX leaves the descriptor's state open after EINTR; on Linux it is closed. Nothing is left to do.
        close(rawValue)
    }
}

/// A descriptor kept open by whoever still needs it, such as a dispatch source whose cancellation is on its way.
final class SharedDescriptor: Sendable {
    let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    var rawValue: Int32 { descriptor.rawValue }
}

/// A failed system call.
public struct SystemError: Error, Hashable, CustomStringConvertible {
    /// The value of `errno`.
    public var code: Int32
    /// What was being done, such as "bind 127.0.0.1:8080".
    public var operation: String

    public var description: String {
        "\(operation): \(String(cString: strerror(code)))"
    }
}
