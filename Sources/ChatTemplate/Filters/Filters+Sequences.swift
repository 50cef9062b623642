import OrderedCollections

extension Filters {
    @Sendable static func list(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "list")
        return try interpreter.list(try interpreter.members(of: value))
    }

    @Sendable static func first(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "first")
        return try interpreter.generator(over: value).next()
            ?? .undefined(Undefined(.other("No first item, sequence was empty.")))
    }

    @Sendable static func last(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "last")
        if case .generator = value { throw interpreter.failure(.type, "'generator' object is not reversible") }
        return try interpreter.members(of: value).last
            ?? .undefined(Undefined(.other("No last item, sequence was empty.")))
    }

    @Sendable static func reverse(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "reverse")
        if case .text(let text) = value {
            return try interpreter.slice(.text(text), start: nil, stop: nil, step: -1)
        }
        let members = Array(try interpreter.members(of: value).reversed())
        // What Python cannot walk backwards becomes a list.
        if case .generator = value { return try interpreter.list(members) }
        return .generator(Generator(members))
    }

    @Sendable static func items(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "items")
        return try lazily(interpreter, over: value) { () throws(TemplateError) -> [Value] in
            switch value {
            case .undefined: return []
            case .dictionary(let mapping): return mapping.items
            default: throw interpreter.failure(.type, "Can only get item pairs from a mapping.")
            }
        }
    }

    /// Members that are made together, when the first is asked for.
    private static func lazily(
        _ interpreter: Interpreter, over value: Value, _ make: @escaping () throws(TemplateError) -> [Value]
    ) throws(TemplateError) -> Value {
        try interpreter.check(depth: value.depth + 2)
        var members: Generator?
        let result = Generator(depth: value.depth + 2) { () throws(TemplateError) -> Value? in
            let source = if let members { members } else { Generator(try make()) }
            members = source
            return try source.next()
        }
        return .generator(result)
    }

    @Sendable static func dictionarySort(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "dictsort", ["case_sensitive", "by", "reverse"])
        let isCaseSensitive = bound[0]?.isTruthy ?? false
        let by = try bound[1].map { (by) throws(TemplateError) in try interpreter.text(by, "dictsort").string } ?? "key"
        guard by == "key" || by == "value" else {
            throw interpreter.failure(.value, "You can only sort by either \"key\" or \"value\"")
        }
        guard case .dictionary(let mapping) = value else {
            if case .undefined(let undefined) = value { throw interpreter.failure(undefined.kind, undefined.message) }
            throw interpreter.failure(.type, "dictsort: '\(value.typeName)' object is not a mapping")
        }
        let sorted = try interpreter.sorted(
            mapping.items, descending: bound[2]?.isTruthy ?? false
        ) { (item) throws(TemplateError) in
            let pair = try interpreter.members(of: item)
            return interpreter.caseFolded(pair[by == "key" ? 0 : 1], isCaseSensitive: isCaseSensitive)
        }
        return try interpreter.list(sorted)
    }

    @Sendable static func sort(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "sort", ["reverse", "case_sensitive", "attribute"])
        let isCaseSensitive = bound[1]?.isTruthy ?? false
        var paths: [[Value]] = []
        if case .text(let names)? = bound[2] {
            for name in names.split(separator: ",") { paths.append(try interpreter.attributePath(.text(name))) }
        } else {
            paths.append(try interpreter.attributePath(bound[2]))
        }
        let sorted = try interpreter.sorted(
            try interpreter.members(of: value), descending: bound[0]?.isTruthy ?? false
        ) { (member) throws(TemplateError) in
            var keys: [Value] = []
            for path in paths {
                let key = try interpreter.follow(path, from: member)
                keys.append(interpreter.caseFolded(key, isCaseSensitive: isCaseSensitive))
            }
            return .list(Elements(keys))
        }
        return try interpreter.list(sorted)
    }

    @Sendable static func unique(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "unique", ["case_sensitive", "attribute"])
        let isCaseSensitive = bound[0]?.isTruthy ?? false
        let path = try interpreter.attributePath(bound[1])
        var seen: Set<Key> = []
        return try interpreter.lazily(over: value) { (member) throws(TemplateError) in
            let key = interpreter.caseFolded(
                try interpreter.follow(path, from: member), isCaseSensitive: isCaseSensitive)
            return seen.insert(try interpreter.key(key)).inserted ? member : nil
        }
    }

    @Sendable static func minimum(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try extremum(interpreter, value, arguments, "min") { (key, best) throws(TemplateError) in
            try interpreter.isLess(key, best, "<")
        }
    }

    @Sendable static func maximum(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try extremum(interpreter, value, arguments, "max") { (key, best) throws(TemplateError) in
            try interpreter.isLess(best, key, ">")
        }
    }

    private static func extremum(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments, _ name: String,
        isBetter: (Value, Value) throws(TemplateError) -> Bool
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: name, ["case_sensitive", "attribute"])
        let path = try interpreter.attributePath(bound[1])
        var best: (key: Value, value: Value)?
        for member in try interpreter.members(of: value) {
            let key = interpreter.caseFolded(
                try interpreter.follow(path, from: member), isCaseSensitive: bound[0]?.isTruthy ?? false)
            if let current = best, try !isBetter(key, current.key) { continue }
            best = (key, member)
        }
        return best?.value ?? .undefined(Undefined(.other("No aggregated item, sequence was empty.")))
    }

    @Sendable static func sum(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "sum", ["attribute", "start"])
        let path = try interpreter.attributePath(bound[0])
        var total = bound[1] ?? .integer(0)
        if case .text = total { throw interpreter.failure(.type, "sum() can't sum strings") }
        for member in try interpreter.members(of: value) {
            try interpreter.charge()
            total = try interpreter.compute(.add, total, try interpreter.follow(path, from: member))
        }
        return total
    }

    // MARK: Groups

    @Sendable static func batch(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "batch", ["linecount", "fill_with"], required: 1)
        let size = try interpreter.integer(bound[0], default: 1, "batch")
        let depth = value.depth + 2
        try interpreter.check(depth: depth)
        var source: Generator?
        var pending: Value?
        return .generator(
            Generator(depth: depth) { () throws(TemplateError) -> Value? in
                let members = if let source { source } else { try interpreter.generator(over: value) }
                source = members
                var batch = pending.map { [$0] } ?? []
                pending = nil
                while let member = try members.next() {
                    try interpreter.charge()
                    if batch.count == size {
                        pending = member
                        return try interpreter.list(batch)
                    }
                    batch.append(member)
                }
                guard !batch.isEmpty else { return nil }
                if let fill = bound[1], !fill.isNone, batch.count < size {
                    try interpreter.charge(elements: size)
                    batch += Array(repeating: fill, count: size - batch.count)
                }
                return try interpreter.list(batch)
            })
    }

    @Sendable static func slice(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "slice", ["slices", "fill_with"], required: 1)
        let slices = try interpreter.integer(bound[0], default: 1, "slice")
        return try lazily(interpreter, over: value) { () throws(TemplateError) -> [Value] in
            try parts(interpreter, of: try interpreter.members(of: value), slices: slices, fill: bound[1])
        }
    }

    /// So many lists of as equal length as can be; short ones may be filled up.
    private static func parts(
        _ interpreter: Interpreter, of members: [Value], slices: Int, fill: Value?
    ) throws(TemplateError) -> [Value] {
        guard slices != 0 else { throw interpreter.failure(.value, "integer division or modulo by zero") }
        guard slices > 0 else { return [] }
        try interpreter.charge(slices)
        var result: [Value] = []
        var start = 0
        for index in 0..<slices {
            let isLong = index < members.count % slices
            let end = start + members.count / slices + (isLong ? 1 : 0)
            var part = Array(members[start..<end])
            if let fill, !fill.isNone, !isLong { part.append(fill) }
            result.append(try interpreter.list(part))
            start = end
        }
        return result
    }

    @Sendable static func group(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(
            arguments, to: "groupby", ["attribute", "default", "case_sensitive"], required: 1)
        let path = try interpreter.attributePath(bound[0])
        let isCaseSensitive = bound[2]?.isTruthy ?? false
        func key(_ member: Value) throws(TemplateError) -> Value {
            interpreter.caseFolded(
                try interpreter.follow(path, from: member, default: bound[1]), isCaseSensitive: isCaseSensitive)
        }
        var groups: [(key: Value, members: [Value])] = []
        for member in try interpreter.sorted(try interpreter.members(of: value), descending: false, key: key) {
            let memberKey = try key(member)
            if let last = groups.last, try interpreter.areEqual(last.key, memberKey) {
                groups[groups.count - 1].members.append(member)
            } else {
                groups.append((memberKey, [member]))
            }
        }
        var result: [Value] = []
        for group in groups {
            // The key as the first member has it, not in lower case.
            let key = try interpreter.follow(path, from: group.members[0], default: bound[1])
            result.append(.tuple(Elements([key, try interpreter.list(group.members)], isGroup: true)))
        }
        return try interpreter.list(result)
    }
}
