extension CanonicalComposition {
    /// The text decomposed canonically, without the scalars that `isDropped` names.
    func decomposed(_ text: borrowing Span<UInt8>, dropping isDropped: (UInt32) -> Bool = { _ in false }) -> [UInt8] {
        var parts: [Part] = []
        parts.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let scalar = text.scalar(at: index)
            index = scalar.next
            guard scalar.value >= CompositionTables.scalars.lowerBound,
                let decomposition = tables.decomposition(scalar.value)
            else {
                parts.append(Part(scalar: scalar.value, combiningClass: tables.combiningClass(scalar.value)))
                continue
            }
            for part in decomposition {
                parts.append(Part(scalar: part, combiningClass: tables.combiningClass(part)))
            }
        }
        order(&parts)
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        for part in parts where !isDropped(part.scalar) { output.append(scalar: part.scalar) }
        return output
    }
}
