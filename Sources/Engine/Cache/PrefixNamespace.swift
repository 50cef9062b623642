/// Where a chain of cached blocks begins: prompts of different tenants, or with different salts, never meet; nor do those
/// whose keys differ by their length.
struct PrefixNamespace: Hashable {
    var tenant: Tenant
    /// Chosen by the caller, to keep groups of its own users apart; usually empty.
    var salt: String
    /// Longer than the model's ``StepModel/longTextLimit``.
    var isLong = false
}

/// What a full block of the KV cache holds, exactly: its own tokens, and everything before them.
///
/// The link names the block before by an identity that is never used twice, and that block's key names the one before it,
/// so two equal keys stand for two equal prefixes: a lookup compares tokens, it does not trust a hash. The hash itself is
/// Swift's (SipHash with a seed of this process), so nobody outside can aim for collisions.
///
///     root(tenant, salt, length) <- [t0 ..< t16] <- [t16 ..< t32] <- [t32 ..< t48]
struct BlockKey: Hashable {
    enum Link: Hashable {
        case root(PrefixNamespace)
        case block(BlockIdentity)
    }

    var link: Link
    var tokens: [Int32]
}

/// A block's contents, for as long as they are cached or in use.
struct BlockIdentity: Hashable {
    var rawValue: UInt64
}
