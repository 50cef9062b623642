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
        /// When each piece of text was read, which is after the step that made it.
        var textTimes: [ContinuousClock.Instant] = []

        /// Seconds between one piece of text and the next.
        var gaps: [Double] {
            zip(textTimes.dropFirst(), textTimes).map { Double(($0 - $1).nanoseconds) * 1e-9 }
        }
    }

    /// What one step computed.
    struct StepRecord {
        var decodes: [Lane: Int] = [:]
        var promptTokens: [Lane: Int] = [:]
    }

    /// What a step costs: so much for itself, for each decode row, for each prompt token.
    struct StepTime {
        var base: Duration
        var row: Duration
        var token: Duration

        static let plain = StepTime(base: .microseconds(2000), row: .microseconds(500), token: .microseconds(330))
        /// As measured for a model of 135 million weights on two cores.
        static let measured = StepTime(base: .microseconds(2000), row: .microseconds(430), token: .microseconds(270))
    }

    let clock = ManualClock()
    let model: RecallModel
    let loop: EngineLoop
    let engine: Engine
    var random: RandomStream
    private(set) var clients: [Client] = []
    var textClients: [TextClient] = []
    private(set) var steps: [StepRecord] = []
    /// Prompt tokens of each tenant that steps computed, and twice its tokens of replies.
    private(set) var served: [Tenant: Double] = [:]
    /// In which turn each sequence that can run had its last token in a step, or became able to run.
    var lastTurns: [SequenceID: Int] = [:]
    /// Turns that an interactive sequence may stand still at most once it runs.
    var longestStandstill = 100
    /// Turns that the oldest interactive sequence may stand still at most, running or not.
    var longestWaitOfOldest = 400
    private(set) var turnCount = 0
    var refusals: [AdmissionError] = []

    init(
        seed: UInt64, contextLength: Int, blockCount: Int, stepTime: StepTime = .plain, isShallow: Bool = false,
        longTextLimit: Int? = nil,
        _ configure: (inout EngineConfiguration) -> Void = { _ in }
    ) {
        var configuration = EngineConfiguration()
        configure(&configuration)
        model = RecallModel(contextLength: contextLength, blockCount: blockCount, isShallow: isShallow)
        model.longTextLimit = longTextLimit
        loop = EngineLoop(model: model, configuration: configuration, clock: clock.engineClock)
        engine = Engine(loop: loop, tokenizer: .digits)
        random = RandomStream(seed: seed)
        model.willStep = { [unowned self] _ in
            let plan = loop.scheduler.step
            clock.advance(by: stepTime.base + stepTime.row * plan.decodeRows + stepTime.token * plan.promptTokens)
            record(plan)
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
                case .text(let text, _, _):
                    clients[index].text += text
                    clients[index].textTimes.append(clock.now)
                case .finished(let summary):
                    clients[index].ends.append(summary.finishReason)
                    clients[index].summary = summary
                    clients[index].finishedAtTurn = turnCount
                }
            }
        }
    }

    // MARK: Turns

    private func record(_ plan: StepPlan) {
        var step = StepRecord()
        for text in plan.texts {
            lastTurns[text.sequence.id] = turnCount
            step.promptTokens[text.sequence.lane, default: 0] += text.tokenCount
            served[text.sequence.tenant, default: 0] += Double(text.tokenCount)
        }
        for item in plan.segments {
            lastTurns[item.sequence.id] = turnCount
            let sequence = item.sequence
            if sequence.isDecoding {
                step.decodes[sequence.lane, default: 0] += 1
            } else {
                step.promptTokens[sequence.lane, default: 0] += item.tokenCount
            }
            served[sequence.tenant, default: 0] += sequence.isDecoding ? 2 : Double(item.tokenCount)
        }
        steps.append(step)
    }

    func turn() {
        turnCount += 1
        let stepCount = steps.count
        loop.turn(.none)
        if steps.count == stepCount { clock.advance(by: .milliseconds(10)) }
        checkInvariants()
        read()
        readTexts()
    }

    /// Turns until all that reads has ended.
    func drain(limit: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        let end = turnCount + limit
        while turnCount < end, engine.status.waitingSequences + engine.status.runningSequences > 0 { turn() }
        #expect(loop.sequences.isEmpty, "somebody starves", sourceLocation: sourceLocation)
        read()
        readTexts()
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
                let tokens = RecallModel.greedy(
                    prompt, count: count, longTextLimit: model.longTextLimit ?? .max)
                #expect(client.text == tokens.map { "t\($0)." }.joined(), "client \(client.number)")
            } else {
                #expect(client.text == aloneText(client.request), "client \(client.number)")
            }
        }
        checkTexts()
        #expect(loop.admission.waitingPromptTokens == 0)
        #expect(engine.status.usedBlocks == 0)
    }

    private func aloneText(_ request: GenerationRequest) -> String {
        let alone = Simulation(
            seed: 0, contextLength: model.contextLength, blockCount: model.blockCount,
            longTextLimit: model.longTextLimit)
        // Its deadline is an hour of the other clock.
        var request = request
        request.deadline = nil
        alone.submit([request])
        alone.drain(limit: 1000)
        return alone.clients[0].text
    }
}
