/// Whose work a sequence is: the unit of fair turns, and the border that no cached prompt crosses.
///
/// An API key's id, usually. Requests of one tenant share what is computed for their prompts; tenants share the machine.
public struct Tenant: Hashable, Sendable {
    public var id: String

    public init(id: String) { self.id = id }

    /// Whoever did not say who they are.
    public static let anonymous = Tenant(id: "anonymous")
}

/// How urgent a sequence is.
public enum Lane: Int, Sendable, CaseIterable {
    /// Somebody waits for each token.
    case interactive
    /// Takes only what interactive work leaves, and gives way within one step.
    case batch
}
