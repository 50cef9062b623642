/// Finding bytes in bytes, in linear time whatever they are.
enum ByteSearch {
    /// The index at which `needle`, which is not empty, begins first in `haystack`.
    static func first(_ needle: [UInt8], in haystack: ArraySlice<UInt8>) -> Int? {
        guard needle.count <= haystack.count else { return nil }
        let start = haystack.startIndex
        let found = haystack.withUnsafeBufferPointer { haystack in
            needle.withUnsafeBufferPointer { needle in
                // Short needles cannot waste much; long ones are worth a table.
                needle.count <= 16 ? direct(needle, haystack) : knuthMorrisPratt(needle, haystack)
            }
        }
        return found.map { start + $0 }
    }

    private static func direct(
        _ needle: UnsafeBufferPointer<UInt8>, _ haystack: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        let first = needle[0]
        for index in 0...(haystack.count - needle.count) where haystack[index] == first {
            var matched = 1
            while matched < needle.count, haystack[index + matched] == needle[matched] { matched += 1 }
            if matched == needle.count { return index }
        }
        return nil
    }

    private static func knuthMorrisPratt(
        _ needle: UnsafeBufferPointer<UInt8>, _ haystack: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        /// How much of the needle still matches after a mismatch behind its first `index + 1` bytes.
        var fallback = [Int](repeating: 0, count: needle.count)
        var matched = 0
        for index in 1..<needle.count {
            while matched > 0, needle[index] != needle[matched] { matched = fallback[matched - 1] }
            if needle[index] == needle[matched] { matched += 1 }
            fallback[index] = matched
        }
        matched = 0
        for index in haystack.indices {
            while matched > 0, haystack[index] != needle[matched] { matched = fallback[matched - 1] }
            if haystack[index] == needle[matched] { matched += 1 }
            if matched == needle.count { return index - needle.count + 1 }
        }
        return nil
    }
}
