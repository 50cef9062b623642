import HTTPTypes

@testable import HTTPServer

/// What a decoder made of a run of bytes.
struct DecoderOutcome: Hashable, CustomStringConvertible {
    struct Message: Hashable {
        var method: String
        var path: String
        var body: [UInt8]
        var keepAlive: Bool
    }

    var messages: [Message] = []
    var rejection: Int?
    var isMidMessage = false

    var description: String {
        let bodies = messages.map {
            "\($0.method) \($0.path) \(String(decoding: $0.body, as: UTF8.self).debugDescription)"
        }
        return "\(bodies) \(rejection.map { "rejected with \($0)" } ?? (isMidMessage ? "incomplete" : "complete"))"
    }
}

/// Feeds a decoder in pieces and plays the connection's part.
struct DecoderHarness {
    private var decoder: RequestDecoder
    private var head: RequestHead?
    private let bodyLimit: Int
    private(set) var outcome = DecoderOutcome()

    init(limits: HTTPLimits = HTTPLimits(), bodyLimit: Int = 1 << 20) {
        decoder = RequestDecoder(limits: limits)
        self.bodyLimit = bodyLimit
    }

    mutating func feed(_ bytes: some Sequence<UInt8>) {
        guard outcome.rejection == nil else { return }
        decoder.feed(Array(bytes).span)
        do throws(HTTPRejection) {
            while let event = try decoder.next() {
                switch event {
                case .head(let head):
                    self.head = head
                    try decoder.receiveBody(upTo: bodyLimit)
                case .body(let body):
                    guard let head else { return }
                    outcome.messages.append(
                        DecoderOutcome.Message(
                            method: head.method.rawValue, path: head.target.pathAndQuery, body: body,
                            keepAlive: head.keepAlive))
                    decoder.startNextMessage()
                }
            }
        } catch {
            outcome.rejection = error.status.code
        }
        outcome.isMidMessage = decoder.isMidMessage && outcome.rejection == nil
    }

    static func outcome(
        of pieces: [ArraySlice<UInt8>], limits: HTTPLimits = HTTPLimits(), bodyLimit: Int = 1 << 20
    ) -> DecoderOutcome {
        var harness = DecoderHarness(limits: limits, bodyLimit: bodyLimit)
        for piece in pieces { harness.feed(piece) }
        return harness.outcome
    }
}

extension [UInt8] {
    /// One byte per character: `\u{0}` to `\u{FF}` stand for themselves.
    init(latin1 text: String) {
        self = text.unicodeScalars.map { UInt8($0.value) }
    }
}

/// A small generator with a printed seed, so that every failure can be had again (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
