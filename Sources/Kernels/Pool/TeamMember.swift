internal import CKernels

/// One thread of a team, see ``WorkerPool/run(alone:_:)``. Only that thread may use it, and only inside the body.
///
/// A loop is over when all its ranges are done, whoever did them. A member that comes late passes through loops that
/// are over without doing anything in them. So outside of loops a body may only write to memory of the member's own; what it
/// reads there may be a later state of things, and then nobody uses what it makes of it.
public struct TeamMember {
    let member: OpaquePointer

    /// Which member this is, `0 ..< teamSize`; chooses scratch memory.
    public let number: Int
    public let teamSize: Int

    init(_ member: OpaquePointer) {
        self.member = member
        number = Int(nt_member_number(member))
        teamSize = Int(nt_member_team_size(member))
    }

    /// Shares the indices `0 ..< count` among the members, in ranges of `grain`, and waits until all are done.
    ///
    /// Each member begins with the same part of the indices whenever it does a loop like this one, and takes over
    /// ranges of the others when it is done early. All members must make the call, with the same arguments.
    ///
    /// - Parameters:
    ///   - grain: The least that is taken at a time; at least 1. The last range may be shorter.
    ///   - body: Does one range, a multiple of `grain` that begins at one. What different ranges write must not overlap.
    @inline(__always)
    public func forEach(count: Int, grain: Int, _ body: (_ range: Range<Int>) -> Void) {
        nt_loop_begin(member, Int64(count), Int64(grain))
        var begin: Int64 = 0, end: Int64 = 0
        while nt_loop_next(member, &begin, &end) { body(Int(begin)..<Int(end)) }
        nt_loop_end(member)
    }
}
