import Telemetry
import Testing

@Suite struct MetricTests {
    @Test func countersAddUpAcrossTasks() async {
        let counter = Counter()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<10_000 { counter.increment() } }
            }
        }
        #expect(counter.value == 80_000)
    }

    @Test func gaugesAndSumsLoseNothingAcrossTasks() async {
        let gauge = Gauge()
        let histogram = Histogram(bounds: [1, 10])
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<5_000 {
                        gauge.increment()
                        histogram.observe(0.5)
                        gauge.add(-0.5)
                    }
                }
            }
        }
        #expect(gauge.value == 20_000)
        #expect(histogram.sum == 20_000)
        #expect(histogram.count == 40_000)
    }

    @Test func bucketsIncludeTheirUpperBound() {
        let histogram = Histogram(bounds: [1, 2])
        for value in [-1, 1, 1.5, 2, 2.5] { histogram.observe(value) }
        #expect(
            lines(histogram) == [
                "# HELP h help", "# TYPE h histogram", "h_bucket{le=\"1.0\"} 2", "h_bucket{le=\"2.0\"} 4",
                "h_bucket{le=\"+Inf\"} 5", "h_sum 6.0", "h_count 5",
            ])
    }

    @Test func histogramsLeaveOutWhatIsNoNumber() {
        let histogram = Histogram(bounds: [1])
        histogram.observe(.nan)
        histogram.observe(.infinity)
        histogram.observe(3, times: 0)
        histogram.observe(0.25, times: 4)
        histogram.observe(.milliseconds(1500))
        #expect(histogram.count == 5)
        #expect(histogram.sum == 2.5)
    }

    private func lines(_ metric: Histogram) -> [String] {
        let registry = MetricsRegistry()
        registry.register(metric, as: "h", help: "help")
        return String(decoding: registry.render(), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
