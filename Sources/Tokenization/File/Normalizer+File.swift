import JSON

extension Normalizer {
    init(_ component: FileComponent) throws(TokenizerError) {
        let type = try component.type
        switch type {
        case "Sequence":
            var steps: [Normalizer] = []
            for part in try component.required("normalizers").elements { steps.append(try Normalizer(part)) }
            self = .sequence(steps)
        case "Lowercase": self = .lowercase
        case "StripAccents": self = .stripAccents
        case "Nmt": self = .translation
        case "ByteLevel": self = .byteLevel
        case "Prepend": self = .prepend(try component.required("prepend").bytes)
        case "Strip":
            self = .strip(
                start: try component.flag("strip_left", default: true),
                end: try component.flag("strip_right", default: true))
        case "Replace":
            self = .replace(try component.pattern("pattern"), try component.required("content").bytes)
        case "Precompiled":
            let encoded = try component.required("precompiled_charsmap")
            guard let bytes = Base64.decode(try encoded.bytes) else { throw encoded.fault("is not base64") }
            var map = try PrecompiledMap(bytes)
            map.looksUpClusters = true
            self = .precompiled(map)
        case "BertNormalizer":
            let lowercases = try component.flag("lowercase", default: true)
            self = .bert(
                BertNormalization(
                    cleansText: try component.flag("clean_text", default: true),
                    separatesChinese: try component.flag("handle_chinese_chars", default: true),
                    stripsAccents: try component.flag("strip_accents", default: lowercases), lowercases: lowercases))
        default:
            guard let form = UnicodeForm(rawValue: type) else { throw component.unsupported(type) }
            self = .unicode(form)
        }
    }
}

/// RFC 4648 section 4.
enum Base64 {
    /// The bytes, or nil if the text is not Base64.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text {
            let value: UInt8
            switch character {
            case 0x41...0x5A: value = character - 0x41
            case 0x61...0x7A: value = character - 0x61 + 26
            case 0x30...0x39: value = character - 0x30 + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="): continue
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return output
    }
}
