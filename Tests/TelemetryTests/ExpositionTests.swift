import Telemetry
import Testing

@Suite struct ExpositionTests {
    private func text(_ registry: MetricsRegistry) -> String { String(decoding: registry.render(), as: UTF8.self) }

    @Test func aFamilyIsOneBlockWithEscapedLabels() {
        let registry = MetricsRegistry()
        let family = MetricFamily(labelCount: 2) { Counter() }
        registry.register(family, as: "requests_total", labels: ["route", "status"], help: "Two\nlines \\ \"quoted\"")
        family["/a", "200"].increment(by: 2)
        family["q\"b\\s\nn", "404"].increment()
        family["/a", "200"].increment()
        #expect(
            text(registry) == """
                # HELP requests_total Two\\nlines \\\\ "quoted"
                # TYPE requests_total counter
                requests_total{route="/a",status="200"} 3
                requests_total{route="q\\"b\\\\s\\nn",status="404"} 1

                """)
    }

    @Test func aFamilyWithoutMembersIsNotShown() {
        let registry = MetricsRegistry()
        registry.register(MetricFamily(labelCount: 1) { Gauge() }, as: "g", labels: ["a"], help: "h")
        #expect(text(registry).isEmpty)
    }

    @Test func gaugesShowWhatIsNoFiniteNumber() {
        let registry = MetricsRegistry()
        for (name, value) in [("a", Double.nan), ("b", .infinity), ("c", -.infinity), ("d", 0.25)] {
            registry.register(Gauge(value), as: name, help: "h")
        }
        let samples = text(registry).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(samples == ["a NaN", "b +Inf", "c -Inf", "d 0.25"])
    }

    @Test func aFamilyIsBounded() {
        let registry = MetricsRegistry()
        let family = MetricFamily(labelCount: 1, capacity: 3) { Counter() }
        registry.register(family, as: "c", labels: ["x"], help: "h")
        for index in 0..<100 { family[String(index)].increment() }
        family["0"].increment()
        let samples = text(registry).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(samples == ["c{x=\"0\"} 2", "c{x=\"1\"} 1", "c{x=\"other\"} 98"])
    }

    @Test func oneFamilyHasOneMemberForEqualLabels() {
        let family = MetricFamily(labelCount: 2) { Counter() }
        #expect(family["a", "b"] === family["a", "b"])
        #expect(family["a", "b"] !== family["b", "a"])
    }
}
