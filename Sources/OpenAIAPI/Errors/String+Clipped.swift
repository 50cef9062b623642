extension String {
    /// The text, cut to at most `limit` bytes plus an ellipsis, for messages that quote what a client sent.
    func clipped(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        let cut = String(decoding: utf8.prefix(limit), as: UTF8.self)
        // A scalar that straddled the limit decodes to replacement characters.
        return cut.trimmingSuffix("\u{FFFD}") + "…"
    }

    private func trimmingSuffix(_ character: Character) -> Substring {
        var slice = self[...]
        while slice.last == character { slice.removeLast() }
        return slice
    }
}
