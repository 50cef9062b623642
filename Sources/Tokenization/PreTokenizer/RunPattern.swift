/// A splitting rule that cuts out runs of one kind of scalar: `\p{N}`, `[\r\n]`, `\s?\p{L}+`, `[0-9][0-9][0-9]`.
///
/// What lies between two runs is a piece as well.
struct RunPattern: Sendable {
    /// The scalars of a run.
    var members: ScalarSet

    /// Whether one whitespace scalar may stand before the run and belong to it: `\s?`.
    var takesSpace = false

    /// The fewest scalars in a run.
    var minimum = 1

    /// The most scalars in a run; a longer one is cut into several.
    var maximum = Int.max

    /// The end of the run that begins at `start`, or of the gap if none begins there.
    @inline(__always)
    func end(in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses) -> Int {
        if let end = endOfRun(in: text, from: start, limit: limit, classes) { return end }
        var index = start
        repeat {
            index = classes.read(text, at: index).next
        } while index < limit && !beginsRun(in: text, at: index, limit: limit, classes)
        return index
    }

    private func beginsRun(
        in text: borrowing Span<UInt8>, at index: Int, limit: Int, _ classes: ScalarClasses
    ) -> Bool {
        var shortest = self
        shortest.maximum = minimum
        return shortest.endOfRun(in: text, from: index, limit: limit, classes) != nil
    }

    private func endOfRun(
        in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses
    ) -> Int? {
        guard takesSpace else { return endOfMembers(in: text, from: start, limit: limit, classes) }
        let first = classes.read(text, at: start)
        if first.class.contains(.whitespace), first.next < limit,
            let end = endOfMembers(in: text, from: first.next, limit: limit, classes)
        {
            return end
        }
        return endOfMembers(in: text, from: start, limit: limit, classes)
    }

    private func endOfMembers(
        in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses
    ) -> Int? {
        var index = start
        var count = 0
        while index < limit, count < maximum {
            let scalar = text.scalar(at: index)
            guard members.contains(scalar.value, classes) else { break }
            index = scalar.next
            count += 1
        }
        return count >= minimum ? index : nil
    }
}

/// Scalars named by class, by range or both, as in a regular expression's brackets.
struct ScalarSet: Sendable {
    var classes: ScalarClass = []

    /// In ascending order.
    var ranges: [ClosedRange<UInt32>] = []

    @inline(__always)
    func contains(_ scalar: UInt32, _ table: ScalarClasses) -> Bool {
        if !table.classOf(scalar).isDisjoint(with: classes) { return true }
        for range in ranges where scalar <= range.upperBound { return scalar >= range.lowerBound }
        return false
    }
}
