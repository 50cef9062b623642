import Testing

@testable import AccessControl

@Suite struct KeyRingTests {
    private let now = Timestamp(unixSeconds: 1_800_000_000)

    private func identity(_ verdict: KeyRing.Verdict) -> String {
        switch verdict {
        case .accepted(let key, _): "accepted \(key.name)"
        case .lapsed(let key, let state): "\(state) \(key.name)"
        case .unknown: "unknown"
        }
    }

    /// The digest of FIPS 180-4's example, and its bytes in order.
    @Test func digestsAreSHA256() {
        let hexadecimal = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(KeyDigest(of: "abc").hexadecimal == hexadecimal)
        #expect(KeyDigest(hexadecimal: hexadecimal) == KeyDigest(of: "abc"))
        #expect(KeyDigest(hexadecimal: hexadecimal.uppercased()) == KeyDigest(of: "abc"))
        for text in ["", "ab", hexadecimal + "0", hexadecimal.dropLast() + "g", "é" + hexadecimal.dropLast(2)] {
            #expect(KeyDigest(hexadecimal: text) == nil)
        }
    }

    @Test func equalityOfDigestsSeesEveryBit() {
        let digest = KeyDigest(of: "a")
        #expect(digest.equalityMask(digest) == .max)
        for index in 0..<64 {
            var digits = Array(digest.hexadecimal)
            for bit in 0..<4 {
                let flipped = (digits[index].hexDigitValue ?? 0) ^ (1 << bit)
                digits[index] = Character(String(flipped, radix: 16))
                #expect(KeyDigest(hexadecimal: String(digits))?.equalityMask(digest) == 0)
                digits = Array(digest.hexadecimal)
            }
        }
    }

    @Test func secretsAreLongAndNeverTheSame() {
        let secrets = (0..<1000).map { _ in KeySecret() }
        #expect(Set(secrets.map(\.text)).count == 1000)
        for secret in secrets {
            #expect(secret.text.utf8.count == 51 && secret.prefix.utf8.count == 8)
            #expect(secret.text.hasPrefix(secret.prefix) && secret.prefix.hasPrefix("nt-"))
            #expect(APIKey.isName(secret.text), "nothing in it needs quoting")
        }
        // Each of 62 letters comes 774 times on average in 48,000; one that never does would be a fault of the draw.
        #expect(Set(secrets.flatMap { $0.text.dropFirst(3) }).count == 62)
    }

    @Test func aSecretFindsItsKeyAmongMany() throws {
        var list = KeyList()
        var secrets: [String] = []
        for index in 0..<50 { secrets.append(try list.add(name: "k\(index)", at: now).secret.text) }
        let ring = KeyRing(list)
        for (index, secret) in secrets.enumerated() {
            #expect(identity(ring.verify(secret, at: now)) == "accepted k\(index)")
        }
        for wrong in ["", "nt-", secrets[0] + "x", String(secrets[0].dropLast()), secrets[0].lowercased() + "_"] {
            #expect(identity(ring.verify(wrong, at: now)) == "unknown")
        }
        #expect(identity(KeyRing(KeyList()).verify(secrets[0], at: now)) == "unknown")
    }

    @Test func keysEndWhenTheyShould() throws {
        var list = KeyList()
        let expiring = try list.add(name: "a", expires: now, at: now).secret.text
        let revoked = try list.add(name: "b", at: now).secret.text
        _ = try list.revoke("b", at: now)
        let ring = KeyRing(list)
        #expect(identity(ring.verify(expiring, at: Timestamp(unixSeconds: now.unixSeconds - 1))) == "accepted a")
        #expect(identity(ring.verify(expiring, at: now)) == "expired a")
        #expect(identity(ring.verify(revoked, at: now)) == "revoked b")
    }

    @Test func otherKeysTakeEffectAndUsageStays() throws {
        var list = KeyList()
        let first = try list.add(name: "a", limits: KeyLimits(requestsPerMinute: 2), at: now)
        let ring = KeyRing(list)
        guard case .accepted(_, let usage) = ring.verify(first.secret.text, at: now) else {
            Issue.record("the key is not accepted")
            return
        }
        let start = ContinuousClock.now
        _ = try usage.begin(at: start)
        let second = try list.add(name: "b", at: now).secret.text
        ring.replace(with: list)
        #expect(identity(ring.verify(second, at: now)) == "accepted b")
        guard case .accepted(_, let kept) = ring.verify(first.secret.text, at: now) else {
            Issue.record("the key is not accepted any more")
            return
        }
        #expect(kept.standing(at: start).requests?.remaining == 1)
        ring.replace(with: KeyList())
        #expect(identity(ring.verify(second, at: now)) == "unknown")
    }
}
