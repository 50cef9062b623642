/// A token that is recognised as a whole, before text is cut into pieces.
struct AddedToken: Hashable, Sendable {
    var token: Int32
    /// Whether it is structure, which only trusted text may contain.
    var isControl: Bool
    /// Whether it swallows the whitespace before it, and behind it.
    var swallowsBefore = false
    var swallowsAfter = false
    /// Whether it counts only where no word goes on at its ends.
    var isWholeWord = false

    /// Whether what is around it counts.
    var hasFlags: Bool { swallowsBefore || swallowsAfter || isWholeWord }
}
