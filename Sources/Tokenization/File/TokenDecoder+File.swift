import JSON

extension TokenDecoder {
    init(_ component: FileComponent) throws(TokenizerError) {
        var isFused = false
        try add(component, isFused: &isFused)
    }

    private mutating func add(_ component: FileComponent, isFused: inout Bool) throws(TokenizerError) {
        let type = try component.type
        if isFused, type != "Strip", type != "Fuse", type != "Sequence" {
            throw component.unsupported("\(type) behind Fuse")
        }
        switch type {
        case "Sequence":
            for part in try component.required("decoders").elements { try add(part, isFused: &isFused) }
        case "ByteLevel": steps.append(.byteLevel)
        case "ByteFallback": steps.append(.byteFallback)
        case "Fuse": isFused = true
        case "Metaspace":
            let rules = try PreTokenizationStep.Metaspace(component)
            steps.append(.metaspace(rules.mark, dropsInFirst: rules.prepends != .never))
        case "WordPiece":
            let prefix = try component.member("prefix")?.bytes ?? Array("##".utf8)
            steps.append(.wordPiece(prefix: prefix, cleansUp: try component.flag("cleanup", default: true)))
        case "BPEDecoder":
            steps.append(.wordEnd(try component.member("suffix")?.bytes ?? Array("</w>".utf8)))
        case "Replace":
            steps.append(.replace(try component.pattern("pattern"), try component.required("content").bytes))
        case "Strip":
            let content = try component.required("content")
            guard try content.text.unicodeScalars.count == 1 else { throw content.fault("is not one character") }
            let (start, stop) = (try component.count("start"), try component.count("stop"))
            // What may yet be taken from the end is looked at again with every token.
            guard stop <= 1000 else { throw component.unsupported("Strip of \(stop) characters at the end") }
            if !isFused {
                steps.append(.strip(try content.bytes, start: start, stop: stop))
            } else if trimmed == nil {
                trimmed = (try content.bytes, start, stop)
            } else {
                throw component.unsupported("a second Strip behind Fuse")
            }
        default: throw component.unsupported(type)
        }
    }
}
