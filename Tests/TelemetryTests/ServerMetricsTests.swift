import Telemetry
import Testing

@Suite struct ServerMetricsTests {
    /// Metrics after one request to each of two models.
    private func exposition() -> String {
        let metrics = ServerMetrics(version: "1.0", startTime: 1_700_000_000)
        metrics.countRequest(endpoint: "/v1/models", status: 200)
        let model = metrics.model("m", blockSize: 16, blockCount: 128)
        model.requestsRunning.set(3)
        model.requestsWaiting.set(2)
        model.kvCacheUsage.set(0.5)
        model.promptTokens.increment(by: 7)
        model.cacheQueryTokens.increment(by: 7)
        model.cacheHitTokens.increment(by: 4)
        model.generatedTokens.increment(by: 5)
        model.timeToFirstToken.observe(0.02)
        model.interTokenLatency.observe(0.002)
        model.requestDuration.observe(0.3)
        model.queueTime.observe(0.0001)
        model.requestsFinished(.stop).increment()
        _ = metrics.model("n", blockSize: 32, blockCount: 64)
        return String(decoding: metrics.render(), as: UTF8.self)
    }

    @Test(arguments: [
        "needletail_http_requests_total{endpoint=\"/v1/models\",status=\"200\"} 1",
        "needletail_requests_running{model=\"m\"} 3.0",
        "needletail_requests_waiting{model=\"m\"} 2.0",
        "needletail_kv_cache_usage_ratio{model=\"m\"} 0.5",
        "needletail_generated_tokens_total{model=\"m\"} 5",
        "needletail_prefix_cache_hit_tokens_total{model=\"m\"} 4",
        "needletail_requests_finished_total{model=\"m\",reason=\"stop\"} 1",
        "needletail_request_log_rows_dropped_total 0",
        "needletail_build_info{version=\"1.0\"} 1.0",
    ])
    func hasTheProjectsNames(line: String) {
        #expect(exposition().split(separator: "\n").contains { $0 == line })
    }

    /// The names and labels that Kubernetes' endpoint picker and the usual dashboards look for.
    @Test(arguments: [
        "vllm:num_requests_running{model_name=\"m\"} 3.0",
        "vllm:num_requests_waiting{model_name=\"m\"} 2.0",
        "vllm:kv_cache_usage_perc{model_name=\"m\"} 0.5",
        "vllm:prompt_tokens_total{model_name=\"m\"} 7",
        "vllm:prefix_cache_queries_total{model_name=\"m\"} 7",
        "vllm:prefix_cache_hits_total{model_name=\"m\"} 4",
        "vllm:generation_tokens_total{model_name=\"m\"} 5",
        "vllm:time_to_first_token_seconds_bucket{model_name=\"m\",le=\"0.025\"} 1",
        "vllm:inter_token_latency_seconds_count{model_name=\"m\"} 1",
        "vllm:e2e_request_latency_seconds_sum{model_name=\"m\"} 0.3",
        "vllm:request_queue_time_seconds_count{model_name=\"n\"} 0",
        "vllm:request_success_total{model_name=\"m\",finished_reason=\"length\"} 0",
        "vllm:cache_config_info{model_name=\"m\",block_size=\"16\",num_gpu_blocks=\"128\"} 1.0",
        "# TYPE vllm:num_requests_running gauge",
        "# TYPE vllm:prompt_tokens_total counter",
    ])
    func hasTheNamesOfVLLM(line: String) {
        #expect(exposition().split(separator: "\n").contains { $0 == line })
    }

    @Test func everyNameHasOneHeader() {
        let headers = exposition().split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
        #expect(Set(headers).count == headers.count)
        #expect(headers.count >= 28)
    }
}
