import ArgumentParser

/// An amount of memory on the command line: `1073741824`, `512MiB`, `1.5G`.
struct ByteCount: ExpressibleByArgument {
    var bytes: Int

    private static let units: [(suffix: String, scale: Double)] = [
        ("KIB", 0x1p10), ("MIB", 0x1p20), ("GIB", 0x1p30), ("TIB", 0x1p40), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9),
        ("TB", 1e12), ("K", 0x1p10), ("M", 0x1p20), ("G", 0x1p30), ("T", 0x1p40), ("B", 1),
    ]

    init?(argument: String) {
        let text = argument.uppercased()
        let unit = Self.units.first { text.hasSuffix($0.suffix) }
        let number = text.dropLast(unit?.suffix.count ?? 0)
        guard number.allSatisfy({ $0.isNumber || $0 == "." }), let value = Double(number),
            let bytes = Int(exactly: (value * (unit?.scale ?? 1)).rounded())
        else { return nil }
        self.bytes = bytes
    }
}
