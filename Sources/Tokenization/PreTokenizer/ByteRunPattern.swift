/// A splitting rule that cuts out runs of bytes instead of scalars, and so may cut characters.
///
/// Falcon's tokeniser looks for digits in the byte alphabet, where the bytes B2, B3, B9, BC, BD and BE are written
/// `²³¹¼½¾` and count as numbers.
struct ByteRunPattern: Sendable {
    /// The bytes of a run.
    var members: [ClosedRange<UInt8>]

    /// The fewest bytes in a run.
    var minimum = 1

    /// The most bytes in a run; a longer one is cut into several.
    var maximum = Int.max

    static let byteAlphabetNumbers = ByteRunPattern(
        members: [0x30...0x39, 0xB2...0xB3, 0xB9...0xB9, 0xBC...0xBE])

    /// `[0-9][0-9][0-9]`
    static let threeDigits = ByteRunPattern(members: [0x30...0x39], minimum: 3, maximum: 3)

    /// The end of the run that begins at `start`, or of the gap if none begins there.
    func end(in text: borrowing Span<UInt8>, from start: Int, limit: Int) -> Int {
        let length = lengthOfRun(in: text, from: start, limit: limit, maximum)
        if length >= minimum { return start + length }
        var index = start + 1
        while index < limit, lengthOfRun(in: text, from: index, limit: limit, minimum) < minimum { index += 1 }
        return index
    }

    private func lengthOfRun(in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ maximum: Int) -> Int {
        var index = start
        while index < limit, index - start < maximum, contains(text[index]) { index += 1 }
        return index - start
    }

    private func contains(_ byte: UInt8) -> Bool {
        for range in members where range.contains(byte) { return true }
        return false
    }
}
