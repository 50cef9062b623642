import Testing
import Tokenization
import Transformer

@testable import Engine

/// An engine whose loop, clock and clients all move in one thread, so that a seed decides everything that happens.
///
/// After each turn the invariants of the scheduler are checked; at the end each reply is compared with what the model
/// gives a sequence that runs alone.
final class Simulation {
    struct Client {
        let request: GenerationRequest
        let stream: GenerationStream
        let number: Int
        var text = ""
        var ends: [SequenceEnd] = []
        var summary: GenerationSummary?
        /// Reads only when this is true.
        var isReading = true
        var isCancelled = false
        let submittedAtTurn: Int
        var finishedAtTurn: Int?
    }

    let clock = ManualClock()
    let model: RecallModel
    let loop: EngineLoop
    let engine: Engine
    var random: RandomStream
    private(set) var clients: [Client] = []
    private(set) var turnCount = 0
    private(set) var refusals: [AdmissionError] = []

    init(
        seed: UInt64, contextLength: Int, blockCount: Int, _ configure: (inout EngineConfiguration) -> Void = { _ in }
    ) {
        var configuration = EngineConfiguration()
        configure(&configuration)
        model = RecallModel(contextLength: contextLength, blockCount: blockCount)
        loop = EngineLoop(model: model, configuration: configuration, clock: clock.engineClock)
        engine = Engine(loop: loop, tokenizer: .digits)
        random = RandomStream(seed: seed)
        // A step takes two milliseconds, half a one for each decode and a third for each prompt token.
        model.willStep = { [clock] segments in
            let tokens = segments.reduce(0) { $0 + $1.tokens.count }
            clock.advance(by: .microseconds(2000 + 330 * tokens + 170 * segments.count))
        }
    }

    // MARK: Clients

    var liveIndices: [Int] { clients.indices.filter { clients[$0].ends.isEmpty && !clients[$0].isCancelled } }

    @discardableResult func submit(_ requests: [GenerationRequest]) -> Bool {
        do throws(AdmissionError) {
            let streams = try engine.submit(requests)
            for (request, stream) in zip(requests, streams) {
                clients.append(
                    Client(request: request, stream: stream, number: clients.count, submittedAtTurn: turnCount))
            }
            return true
        } catch {
            refusals.append(error)
            return false
        }
    }

    func cancel(_ index: Int) {
        clients[index].isCancelled = true
        clients[index].stream.cancel()
    }

    func setReading(_ isReading: Bool, _ index: Int) { clients[index].isReading = isReading }

    private func read() {
        for index in clients.indices where clients[index].isReading && clients[index].finishedAtTurn == nil {
            while case .some(.some(let event)) = clients[index].stream.channel.take() {
                switch event {
                case .promptScored: break
                case .text(let text, _, _): clients[index].text += text
                case .finished(let summary):
                    clients[index].ends.append(summary.finishReason)
                    clients[index].summary = summary
                    clients[index].finishedAtTurn = turnCount
                }
            }
        }
    }

    // MARK: Turns

    func turn() {
        turnCount += 1
        loop.turn(.none)
        checkInvariants()
        read()
    }

    /// Turns until all that reads has ended.
    func drain(limit: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        let end = turnCount + limit
        while turnCount < end, engine.status.waitingSequences + engine.status.runningSequences > 0 { turn() }
        #expect(loop.sequences.isEmpty, "somebody starves", sourceLocation: sourceLocation)
        read()
    }

    // MARK: Invariants

    private func checkInvariants() {
        let scheduler = loop.scheduler
        let pool = scheduler.pool
        var tables: [Int32: Int] = [:]
        for sequence in scheduler.running { for block in sequence.blocks { tables[block, default: 0] += 1 } }
        for block in 0..<Int32(pool.blockCount) {
            #expect(pool.referenceCount(of: block) == tables[block, default: 0], "turn \(turnCount), block \(block)")
        }
        #expect(pool.heldCount == tables.count)
        #expect(pool.freeCount + pool.cachedCount + pool.heldCount == pool.blockCount)
        #expect(scheduler.running.count <= scheduler.limits.maximumSequences)
        #expect(scheduler.running.map(\.id) == scheduler.running.map(\.id).sorted())
        #expect(scheduler.running.allSatisfy { $0.phase == .running })
        let phases = loop.sequences.values.map(\.phase)
        #expect(!phases.contains(.finished))
        #expect(scheduler.running.count + scheduler.counts.waiting == loop.sequences.count)
        #expect(scheduler.waiting.count == phases.count { $0 == .waiting })
        #expect(scheduler.step.tokenCount <= scheduler.limits.maximumBatchedTokens)
        #expect(scheduler.step.scoredRows <= scheduler.limits.maximumScoredRows)
        #expect(engine.status.runningSequences + engine.status.waitingSequences == loop.sequences.count)
    }

    /// Every client was told exactly one end, and those who got a whole reply got the right one.
    func checkReplies() {
        for client in clients where !client.isCancelled {
            #expect(client.ends.count == 1, "client \(client.number) heard \(client.ends)")
            guard client.ends == [.length] else { continue }
            let prompt = client.request.prompt.map(\.rawValue)
            let count = client.summary?.completionTokenCount ?? 0
            #expect(count == client.request.stop.maximumTokens)
            if client.request.sampling.isGreedy {
                let tokens = RecallModel.greedy(prompt, count: count)
                #expect(client.text == tokens.map { "t\($0)." }.joined(), "client \(client.number)")
            } else {
                #expect(client.text == aloneText(client.request), "client \(client.number)")
            }
        }
        #expect(loop.admission.waitingPromptTokens == 0)
        #expect(engine.status.usedBlocks == 0)
    }

    private func aloneText(_ request: GenerationRequest) -> String {
        let alone = Simulation(seed: 0, contextLength: model.contextLength, blockCount: model.blockCount)
        alone.submit([request])
        alone.drain(limit: 1000)
        return alone.clients[0].text
    }
}
