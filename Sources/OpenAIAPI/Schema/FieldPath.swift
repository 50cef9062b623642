import JSON

/// Where the validator stands in a request, printed only when something is wrong there.
struct FieldPath {
    private var steps: [JSONPathStep]

    init(_ steps: [JSONPathStep] = []) { self.steps = steps }

    mutating func enter(_ name: String) { steps.append(.member(name)) }
    mutating func enter(_ index: Int) { steps.append(.element(index)) }
    mutating func leave() { steps.removeLast() }

    /// The path as the `param` of an error: `messages[0].content[2].text`.
    var text: String {
        var text = ""
        for step in steps {
            switch step {
            case .member(let name): text += (text.isEmpty ? "" : ".") + name.clipped(to: 64)
            case .element(let index): text += "[\(index)]"
            }
        }
        return text
    }

    /// The path followed by one more member.
    func text(appending name: String) -> String {
        var path = self
        path.enter(name)
        return path.text
    }
}
