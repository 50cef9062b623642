/// The variables of one block, and the way out to the blocks around it.
///
/// A body has few variables of its own, so a linear search over their numbers beats hashing their names.
final class Scope {
    let parent: Scope?
    private var identifiers: [Int] = []
    private var values: [Value] = []

    init(parent: Scope?) {
        self.parent = parent
    }

    /// The value of a variable here or in a scope around.
    func find(_ variable: Variable) -> Value? {
        var scope: Scope? = self
        while let current = scope {
            if let index = current.identifiers.firstIndex(of: variable.id) { return current.values[index] }
            scope = current.parent
        }
        return nil
    }

    func assign(_ value: Value, to variable: Variable) {
        if let index = identifiers.firstIndex(of: variable.id) {
            values[index] = value
        } else {
            identifiers.append(variable.id)
            values.append(value)
        }
    }

    /// Forgets everything, so that macros and the scopes they hold do not keep each other alive.
    func clear() {
        identifiers = []
        values = []
    }
}
