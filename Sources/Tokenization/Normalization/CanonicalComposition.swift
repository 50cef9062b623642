@_spi(_Unicode) import Swift

/// Unicode normalisation form C.
enum CanonicalComposition {
    /// The composed form of well-formed UTF-8, or `nil` if that is plainly the text itself.
    ///
    /// The standard library normalises for its own string comparison and lets only Apple's Foundation see it. The
    /// public alternative is the whole of Foundation, some ten megabytes; a table of our own would be a second copy of
    /// Unicode's. A test holds the result against recorded ones.
    static func compose(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        // 0xCC begins U+0300, the first scalar that composition can touch.
        guard text.contains(where: { $0 >= 0xCC }) else { return nil }
        var composed: [UInt8] = []
        composed.reserveCapacity(text.count)
        for scalar in String(decoding: text, as: UTF8.self)._nfc {
            composed.append(contentsOf: UTF8.encode(scalar).unsafelyUnwrapped)
        }
        return composed
    }
}
