import TestSupport

/// Changes a file's bytes somewhere, in one of the ways in which files go wrong or are forged.
func mutate(_ bytes: inout [UInt8], using random: inout SplitMix64) {
    guard let index = bytes.indices.randomElement(using: &random) else { return }
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
        bytes[index] = UInt8.random(in: .min ... .max, using: &random)
    case 1:
        bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2:
        bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...16, using: &random)))
    case 3:
        let end = min(bytes.count, index + Int.random(in: 1...64, using: &random))
        bytes.insert(contentsOf: bytes[index..<end], at: index)
    case 4:
        let texts = [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "-1", "0", "9223372036854775807", "1e9", "null", "\\u0000",
        ]
        bytes.insert(contentsOf: Array((texts.randomElement(using: &random) ?? "").utf8), at: index)
    default:
        let extremes: [UInt64] = [0, 1, .max, 1 << 63, 1 << 62, 1 << 32, .max - 31, UInt64(bytes.count)]
        let value = extremes.randomElement(using: &random) ?? 0
        for (offset, byte) in le(value).enumerated() where index + offset < bytes.count {
            bytes[index + offset] = byte
        }
    }
}
