/// A splitting rule that cuts out runs of one kind of scalar: `\p{N}`, `[\r\n]`, `\s?\p{L}+`.
///
/// What lies between two runs is a piece as well.
struct RunPattern: Sendable {
    /// The scalars of a run.
    var members: ScalarClass

    /// The most scalars in one run; a longer one is cut into several.
    var maximum: Int

    static let singleNumber = RunPattern(members: .number, maximum: 1)

    /// The end of the run that begins at `start`, or of the gap if none begins there.
    @inline(__always)
    func end(in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses) -> Int {
        var index = start
        var count = 0
        while index < limit, count < maximum {
            let scalar = classes.read(text, at: index)
            if scalar.class.isDisjoint(with: members) { break }
            index = scalar.next
            count += 1
        }
        if count > 0 { return index }
        return classes.endOfRun(without: members, in: text, from: start, limit: limit)
    }
}
