import AccessControl
import Engine

/// Whose key a request carries.
struct Principal: Hashable, Sendable {
    /// The key's id: unique and never used again.
    var id: String
    /// The key's name, for people.
    var name: String
    var scopes: Set<KeyScope>

    init(_ key: APIKey) {
        (id, name, scopes) = (key.id, key.name, key.scopes)
    }
}

/// Who sends a request.
struct Caller: Sendable {
    /// Nil on a server without keys, and on routes that need none.
    var principal: Principal?
    /// With whom the request may share: the queue's turns, and what the prefix cache holds. Requests of different tenants
    /// learn nothing of each other.
    var tenant: Tenant
    /// What the key may use; nil without one.
    var allowance: Allowance?

    static let anonymous = Caller(principal: nil, tenant: .anonymous, allowance: nil)
}
