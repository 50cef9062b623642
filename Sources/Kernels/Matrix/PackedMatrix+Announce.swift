internal import CKernels

extension PackedMatrix {
    /// Tells a member that it will soon multiply by this matrix: while it waits for others in the loops until then, it
    /// fetches the weights it will begin with.
    ///
    /// Call it right before the product that comes before this one; a later call replaces it.
    ///
    /// - Parameters:
    ///   - rowCount: Of the activations to come.
    ///   - inPieces: Whether the product will be ``forEachPiece(of:bias:scratch:member:_:)``.
    public func announce(to member: TeamMember, rowCount: Int, inPieces: Bool = false) {
        let stripCount = inPieces ? parts[0].stripCount : stripCount
        var begin: Int64 = 0, end: Int64 = 0
        nt_member_share(
            member.member, Int64(stripCount), Int64(grain(stripCount: stripCount, rowCount: rowCount)), &begin, &end)
        guard begin < end else { return }
        let first = pointer(toStrip: Int(begin)), byteCount = (end - begin) * Int64(byteCount / stripCount)
        if inPieces, parts.count > 1 {
            nt_member_announce(member.member, first, parts[1].pointer(toStrip: Int(begin)), byteCount / 2)
        } else {
            nt_member_announce(member.member, first, nil, byteCount)
        }
    }

    /// Where a strip of the whole stack begins.
    private func pointer(toStrip strip: Int) -> UnsafePointer<UInt8> {
        var strip = strip
        for part in parts.dropLast() {
            if strip < part.stripCount { return part.pointer(toStrip: strip) }
            strip -= part.stripCount
        }
        return parts[parts.count - 1].pointer(toStrip: strip)
    }
}

extension PackedMatrix.Part {
    fileprivate func pointer(toStrip strip: Int) -> UnsafePointer<UInt8> {
        matrix.panels + strip * Self.stripPanelCount * panelByteCount
    }
}
