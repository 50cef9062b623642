import Testing
import Tokenization
import Transformer

@testable import Engine

extension Simulation {
    /// Who waits for vectors, classes or masks.
    struct TextClient {
        let request: PoolingRequest
        let task: PoolingTask
        var replies: [PoolingReply] = []
        var isCancelled = false
    }

    @discardableResult func submit(_ request: PoolingRequest) -> Bool {
        do throws(AdmissionError) {
            textClients.append(TextClient(request: request, task: try engine.submit(request)))
            return true
        } catch {
            refusals.append(error)
            return false
        }
    }

    func cancelTexts(_ index: Int) {
        guard textClients[index].replies.isEmpty else { return }
        textClients[index].isCancelled = true
        textClients[index].task.cancel()
    }

    func readTexts() {
        for index in textClients.indices {
            while case .some(.some(let reply)) = textClients[index].task.channel.take() {
                textClients[index].replies.append(reply)
            }
        }
    }

    /// Everybody heard exactly one reply, and those that are whole are right.
    func checkTexts() {
        for client in textClients where !client.isCancelled {
            #expect(client.replies.count == 1)
            guard let reply = client.replies.first else { continue }
            #expect(reply.summary.completionTokenCount == 0 && reply.summary.cachedTokenCount == 0)
            #expect(reply.summary.promptTokenCount == client.request.tokenCount)
            let isWhole = reply.summary.finishReason == .stop
            #expect(reply.results == (isWhole ? client.request.expectedResults : []))
        }
    }
}

extension PoolingRequest {
    /// Texts of 1 to 64 tokens, as many as 30.
    static func random(_ random: inout RandomStream, tenants: Int, now: ContinuousClock.Instant) -> PoolingRequest {
        let longest = Int.random(in: 0..<3, using: &random) == 0 ? 64 : 12
        let texts = (0..<Int.random(in: 1...30, using: &random)).map { _ in
            let tokens = (0..<Int.random(in: 1...longest, using: &random)).map { _ in
                TokenID(rawValue: Int32.random(in: 0..<97, using: &random))
            }
            let hasTypes = Int.random(in: 0..<4, using: &random) == 0
            return Text(tokens: tokens, tokenTypes: hasTypes ? tokens.indices.map { Int32($0 % 2) } : [])
        }
        let output: Output =
            switch Int.random(in: 0..<3, using: &random) {
            case 0: .vector(.mean)
            case 1: .classes
            default: .masks(TokenID(rawValue: 5), candidates: 2, targets: nil)
            }
        var request = PoolingRequest(texts: texts, output: output)
        request.tenant = Tenant(id: "tenant \(Int.random(in: 0..<tenants, using: &random))")
        if Int.random(in: 0..<6, using: &random) == 0 { request.lane = .batch }
        if Int.random(in: 0..<40, using: &random) == 0 {
            request.deadline = now + .milliseconds(Int.random(in: 0..<500, using: &random))
        }
        return request
    }

    /// What the stand-in gives texts that are computed alone.
    var expectedResults: [PoolingResult] {
        texts.map { text in
            let tokens = text.tokens.map(\.rawValue) + text.tokenTypes
            switch output {
            case .vector: return .vector(RecallModel.row(after: tokens, vocabularySize: 8))
            case .classes: return .classes(RecallModel.row(after: tokens, vocabularySize: 3))
            case .masks(let mask, let count, let targets):
                return .masks(
                    text.tokens.indices.filter { text.tokens[$0] == mask }.map { index in
                        let row = RecallModel.row(after: tokens + [Int32(index)], vocabularySize: 97)
                        return row.withUnsafeBufferPointer { LogprobRow($0).best(count, among: targets) }
                    })
            }
        }
    }
}
