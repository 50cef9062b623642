internal import Glibc

/// What the machine calls its processor and how large its caches are, as far as the system tells.
public enum Processor {
    /// The model name, such as `AMD EPYC 9B45`, or the architecture where the kernel gives no name.
    public static let name: String = modelName(in: textFile("/proc/cpuinfo") ?? "") ?? architecture

    /// Bytes of the largest cache of the first processor; 0 when the system does not say.
    public static let lastCacheByteCount: Int = {
        (0..<8).compactMap { textFile("/sys/devices/system/cpu/cpu0/cache/index\($0)/size") }
            .compactMap(byteCount(inCacheSize:)).max() ?? 0
    }()

    /// The first model name in the text of `/proc/cpuinfo` (`model name` on x86, `Model` or `Hardware` on some arm64).
    static func modelName(in text: String) -> String? {
        for key in ["model name", "Model", "Hardware"] {
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, trimmed(parts[0]) == key else { continue }
                let name = trimmed(parts[1])
                if !name.isEmpty { return name }
            }
        }
        return nil
    }

    /// The size in sysfs's notation, `32768K` or `32M`.
    static func byteCount(inCacheSize text: String) -> Int? {
        let text = trimmed(text[...])
        guard let unit = text.last, let count = Int(text.dropLast()), count >= 0, count < 1 << 30 else { return nil }
        switch unit {
        case "K": return count << 10
        case "M": return count << 20
        default: return nil
        }
    }

    private static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank = { (character: Character) in character.isWhitespace }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(text[first...last])
    }

    /// The text of a file of the kernel's file systems, or nil when it cannot be read. 64 KB of `/proc/cpuinfo` hold
    /// more than the first processor.
    private static func textFile(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
        }
    }
}
