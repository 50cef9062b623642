/// A new key, as its owner gets to see it: once.
public struct KeySecret: Sendable {
    /// `nt-` and 48 letters and digits. The first 5 are shown in lists; the other 43 are worth 256 bits.
    public let text: String

    private static let opening = "nt-"
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    private static let visibleLetters = 5
    private static let letterCount = 48

    /// Draws a key from the system's generator.
    public init() {
        text = Self.opening + Self.random(Self.letterCount)
    }

    /// What may be shown of the key, so that people can tell which one they hold.
    public var prefix: String { String(text.prefix(Self.opening.count + Self.visibleLetters)) }

    /// An id for a key, independent of its secret.
    static func makeID() -> String { "key_" + random(12) }

    /// Letters and digits that nobody can foresee.
    static func random(_ count: Int) -> String {
        // getrandom(2); every letter is equally likely.
        var generator = SystemRandomNumberGenerator()
        return String((0..<count).map { _ in letters[Int.random(in: letters.indices, using: &generator)] })
    }
}
