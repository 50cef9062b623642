import Engine
import Telemetry

extension ModelMetrics {
    /// Takes over an engine's figures; called for each scrape.
    func update(from snapshot: EngineSnapshot) {
        requestsRunning.set(snapshot.runningSequences)
        requestsWaiting.set(snapshot.waitingSequences)
        kvCacheUsage.set(snapshot.cacheUsage)
        cachedBlocks.set(snapshot.cachedBlocks)
        cacheQueryTokens.advance(to: snapshot.cacheQueryTokens)
        cacheHitTokens.advance(to: snapshot.cacheHitTokens)
        preemptions.advance(to: snapshot.preemptionCount)
        steps.advance(to: snapshot.stepCount)
        steppedTokens.advance(to: snapshot.steppedTokens)
    }
}
