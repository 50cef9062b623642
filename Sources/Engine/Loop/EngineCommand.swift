/// What the outside tells the engine's thread.
enum EngineCommand: Sendable {
    case submit([SequenceTransfer])
    case abort(SequenceID)
    case resume(SequenceID)
    case abortAll(SequenceEnd, isFinal: Bool)
    case forget(Tenant)
    case exit
}

/// Carries a new sequence to the engine thread.
// SAFETY: the submitter makes the sequence, posts it and never touches it again.
struct SequenceTransfer: @unchecked Sendable {
    let sequence: Sequence
    /// Which of the sequences that come together computes the prompt for this one; nil if it does so itself.
    let leader: Int?

    init(_ sequence: Sequence, leader: Int?) {
        self.sequence = sequence
        self.leader = leader
    }
}
