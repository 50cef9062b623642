import JSON

extension JSONWriter {
    mutating func write(optional string: String?) {
        if let string { write(string) } else { write(raw: "null") }
    }

    mutating func write(_ integer: Int) { write(raw: String(integer)) }

    /// Writes a list with commas between its elements and brackets around them.
    mutating func writeArray<Element>(
        _ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void
    ) {
        write(raw: "[")
        var isFirst = true
        for element in elements {
            if !isFirst { write(raw: ",") }
            isFirst = false
            body(&self, element)
        }
        write(raw: "]")
    }
}
