/// The families from which every model's metrics come, and the names under which they are shown.
///
/// Each is shown twice: under the project's own name, and under the name that vLLM uses for the same thing, because
/// dashboards, autoscalers and Kubernetes' inference gateways ask for those. Both read the same atomics.
struct ModelMetricFamilies: Sendable {
    let requestsRunning = MetricFamily(labelCount: 1) { Gauge() }
    let requestsWaiting = MetricFamily(labelCount: 1) { Gauge() }
    let kvCacheUsage = MetricFamily(labelCount: 1) { Gauge() }
    let cachedBlocks = MetricFamily(labelCount: 1) { Gauge() }
    let cacheConfiguration = MetricFamily(labelCount: 3) { Gauge(1) }
    let promptTokens = MetricFamily(labelCount: 1) { Counter() }
    let cacheQueryTokens = MetricFamily(labelCount: 1) { Counter() }
    let cacheHitTokens = MetricFamily(labelCount: 1) { Counter() }
    let preemptions = MetricFamily(labelCount: 1) { Counter() }
    let steps = MetricFamily(labelCount: 1) { Counter() }
    let steppedTokens = MetricFamily(labelCount: 1) { Counter() }
    let generatedTokens = MetricFamily(labelCount: 1) { Counter() }
    let timeToFirstToken = MetricFamily(labelCount: 1) { Histogram(bounds: Histogram.requestSeconds) }
    let interTokenLatency = MetricFamily(labelCount: 1) { Histogram(bounds: Histogram.tokenSeconds) }
    let requestDuration = MetricFamily(labelCount: 1) { Histogram(bounds: Histogram.requestSeconds) }
    let queueTime = MetricFamily(labelCount: 1) { Histogram(bounds: Histogram.requestSeconds) }
    let requestsFinished = MetricFamily(labelCount: 2, capacity: 1024) { Counter() }

    func register(in registry: MetricsRegistry) {
        registerGauges(in: registry)
        registerCounters(in: registry)
        registerHistograms(in: registry)
        registry.register(
            cacheConfiguration, as: "vllm:cache_config_info", labels: ["model_name", "block_size", "num_gpu_blocks"],
            help: "Tokens per KV cache block and number of blocks.")
    }

    private func registerGauges(in registry: MetricsRegistry) {
        registry.register(
            requestsRunning, named: "requests_running", alias: "num_requests_running",
            help: "Sequences that take part in steps.")
        registry.register(
            requestsWaiting, named: "requests_waiting", alias: "num_requests_waiting",
            help: "Sequences that wait to be admitted.")
        registry.register(
            kvCacheUsage, named: "kv_cache_usage_ratio", alias: "kv_cache_usage_perc",
            help: "Share of KV cache blocks in use, from 0 to 1.")
        registry.register(
            cachedBlocks, as: "needletail_kv_cache_cached_blocks", labels: ["model"],
            help: "KV cache blocks that no sequence uses and that hold prefixes for later ones.")
    }

    private func registerCounters(in registry: MetricsRegistry) {
        registry.register(
            promptTokens, named: "prompt_tokens_total", alias: "prompt_tokens_total", help: "Prompt tokens.")
        registry.register(
            cacheQueryTokens, named: "prefix_cache_query_tokens_total", alias: "prefix_cache_queries_total",
            help: "Prompt tokens looked up in the prefix cache.")
        registry.register(
            cacheHitTokens, named: "prefix_cache_hit_tokens_total", alias: "prefix_cache_hits_total",
            help: "Prompt tokens found in the prefix cache.")
        registry.register(
            preemptions, named: "preemptions_total", alias: "num_preemptions_total",
            help: "Sequences that lost their blocks and had to be computed again.")
        registry.register(
            steps, as: "needletail_engine_steps_total", labels: ["model"], help: "Steps that the engine computed.")
        registry.register(
            steppedTokens, as: "needletail_engine_tokens_total", labels: ["model"],
            help: "Tokens computed in all steps, of prompts and replies.")
        registry.register(
            generatedTokens, named: "generated_tokens_total", alias: "generation_tokens_total",
            help: "Generated tokens.")
        registry.register(
            requestsFinished, named: "requests_finished_total", label: "reason", alias: "request_success_total",
            aliasLabel: "finished_reason", help: "Requests that ended, by reason.")
    }

    private func registerHistograms(in registry: MetricsRegistry) {
        registry.register(
            timeToFirstToken, named: "time_to_first_token_seconds", alias: "time_to_first_token_seconds",
            help: "Time from a request's arrival to its first token.")
        registry.register(
            interTokenLatency, named: "inter_token_latency_seconds", alias: "inter_token_latency_seconds",
            help: "Time between two tokens of one reply.")
        registry.register(
            requestDuration, named: "request_duration_seconds", alias: "e2e_request_latency_seconds",
            help: "Time from a request's arrival to its end.")
        registry.register(
            queueTime, named: "request_queue_time_seconds", alias: "request_queue_time_seconds",
            help: "Time from a request's arrival to its first step.")
    }
}

extension MetricsRegistry {
    /// Shows a family under the project's name and under vLLM's.
    fileprivate func register<Member: Metric>(
        _ family: MetricFamily<Member>, named name: String, label: String? = nil, alias: String,
        aliasLabel: String? = nil, help: String
    ) {
        register(family, as: "needletail_" + name, labels: ["model"] + (label.map { [$0] } ?? []), help: help)
        register(family, as: "vllm:" + alias, labels: ["model_name"] + (aliasLabel.map { [$0] } ?? []), help: help)
    }
}
