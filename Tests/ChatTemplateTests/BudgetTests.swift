import ChatTemplate
import Glibc
import JSON
import Testing

struct BudgetTests {
    @Test(
        arguments: [
            ("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", .steps),
            ("{% for i in range(100000) %}{% set x = range(100000)|list %}{% endfor %}", .steps),
            ("{{ range(1000000000) }}", .rangeLength),
            ("{{ range(-9223372036854775807, 9223372036854775807) }}", .rangeLength),
            ("{{ 'a' * 1000000000 }}", .stringBytes),
            ("{{ 'a' * 9223372036854775807 }}", .stringBytes),
            ("{{ [0] * 1000000000 }}", .steps),
            (
                "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
                .stringBytes
            ),
            ("{% set ns = namespace(s=[1]) %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", .steps),
            ("{% for i in range(99999) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' * 10000 }}{% endfor %}", .outputBytes),
            ("{{ ('a' * 1000000)|replace('', 'b' * 1000000) }}", .stringBytes),
            ("{{ (range(100000)|list)|join('x' * 100000) }}", .stringBytes),
            ("{{ 'a'|center(1000000000) }}", .stringBytes),
            ("{{ '%1000000000d' % 1 }}", .stringBytes),
            ("{{ '%.1000000000f' % 1 }}", .stringBytes),
            ("{{ '{:1000000000}'.format(1) }}", .stringBytes),
            ("{{ 'a'.ljust(1000000000) }}", .stringBytes),
            ("{{ '1'.zfill(1000000000) }}", .stringBytes),
            ("{{ '\\t'.expandtabs(1000000000) }}", .stringBytes),
            ("{{ ('a\\n' * 100000)|indent(1000000) }}", .stringBytes),
            ("{{ [1]|tojson(indent=1000000000) }}", .stringBytes),
            ("{{ [1]|batch(1000000000, 0)|list }}", .steps),
            ("{{ [1]|slice(1000000000)|list }}", .steps),
            ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", .callDepth),
            ("{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}", .callDepth),
            ("{% macro m() %}{% call m() %}{% endcall %}{{ caller }}{% endmacro %}{{ m() }}", .callDepth),
            ("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", .callDepth),
            ("{% set ns = namespace(x=1) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}", .nesting),
            (
                "{% set ns = namespace(x=1) %}{% for i in range(99999) %}{% set ns.x = {'a': ns.x} %}{% endfor %}",
                .nesting
            ),
            (
                "{% set ns = namespace(x=[1]) %}{% for i in range(99999) %}{% set ns.x = ns.x|map('string') %}{% endfor %}",
                .nesting
            ),
            (
                "{% set ns = namespace(x=1) %}{% for i in range(99999) %}{% set ns.x = ns.x|batch(1) if i else [1] %}{% endfor %}",
                .nesting
            ),
            ("{% set ns = namespace(x=1) %}{% set ns.x = ns %}{{ ns }}", .callDepth),
            (
                "{% for i in range(100000) %}{% set x = [messages] == [messages] %}{% endfor %}{% for i in range(100000) %}"
                    + "{% for j in range(100) %}{% endfor %}{% endfor %}", .steps
            ),
        ] as [(String, TemplateError.Budget)])
    func runaways(source: String, budget: TemplateError.Budget) {
        #expect(failure(source) == .budget(budget), "\(source)")
    }

    @Test func timeRunsOut() {
        var limits = TemplateLimits()
        limits.steps = .max
        limits.duration = .milliseconds(20)
        let source = "{% for i in range(100000) %}{% for j in range(100000) %}{{ '' }}{% endfor %}{% endfor %}"
        #expect(failure(source, limits: limits) == .budget(.time))
    }

    /// A chain of objects through namespaces is freed without recursion, and reading through it is bounded.
    @Test func longChainsOfNamespaces() throws {
        let source = """
            {% set ns = namespace(x=none) %}{% for i in range(50000) %}{% set n = namespace(x=ns.x) %}\
            {% set ns.x = n %}{% endfor %}done
            """
        #expect(try render(source).text == "done")
        #expect(failure(source + "{{ ns }}") == .budget(.callDepth))
        let generators = """
            {% set ns = namespace(x=[1]) %}{% for i in range(20000) %}{% set n = namespace(x=ns.x) %}\
            {% set ns.x = [n]|map(attribute='x')|map('list') %}{% endfor %}{{ ns.x|list }}
            """
        #expect(failure(generators) == .budget(.callDepth))
    }

    @Test(arguments: ["(", "[", "{1:", "-", "not ", "x[", "x(", "x|f(", "1 if ", "x if y else ", "1 is odd(", "+"])
    func hostileNesting(opening: String) {
        let source = "{{ " + String(repeating: opening, count: 100_000)
        #expect(failure(source) != nil)
        #expect(failure(source + " }}") != nil)
    }

    @Test(arguments: [".a", "[0]", "()", "|upper", " is odd"])
    func hostileChains(link: String) {
        #expect(failure("{{ x" + String(repeating: link, count: 100_000) + " }}") != nil)
    }

    @Test(arguments: [" + 1", " ~ 1", " * 1", " and 1", " or 0", " == 1", " - 1"])
    func longFlatExpressions(link: String) throws {
        _ = try render("{{ 1" + String(repeating: link, count: 10_000) + " }}")
    }

    @Test(arguments: [
        "{% if true %}", "{% for x in [1] %}", "{% macro m() %}", "{% set x %}", "{% filter upper %}", "{% with %}",
        "{% generation %}", "{% call m() %}", "{% if 1 %}{% else %}",
    ])
    func hostileBlocks(opening: String) {
        #expect(failure(String(repeating: opening, count: 50_000)) == .budget(.nesting))
    }

    @Test func longTemplatesAreRefused() {
        #expect(failure(String(repeating: "x", count: 2 << 20)) == .budget(.templateBytes))
    }

    /// The deepest recursion that the limits allow fits in the smallest stack that a thread is likely to have.
    @Test func deepestRecursionFitsInASmallStack() throws {
        try runOnThread(stackBytes: 512 << 10) { () throws in
            let nested = String(repeating: "(0 + ", count: 50) + "m()" + String(repeating: ")", count: 50)
            let deep = [
                "{% macro m() %}{{ \(nested) }}{% endmacro %}{{ m() }}",
                "{% macro m() %}{% if 1 %}{% for x in [1] %}{% with y = m() %}{% endwith %}{% endfor %}{% endif %}"
                    + "{% endmacro %}{{ m() }}",
                "{% macro m() %}{{ [[[m()]]]|map('first')|list|tojson }}{% endmacro %}{{ m() }}",
                "{% macro m() %}{% set x | upper %}{% filter lower %}{% call m() %}{{ m() }}{% endcall %}{% endfilter %}"
                    + "{% endset %}{{ caller }}{% endmacro %}{{ m() }}",
                "{% for x in [1] recursive %}{% if 1 %}{{ '' ~ (loop([1])|upper) }}{% endif %}{% endfor %}",
                "{% set ns = namespace(x=1) %}{% set ns.x = [[[ns]]] %}{{ ns }}",
                "{{ " + String(repeating: "(", count: 100) + "1" + String(repeating: ")", count: 100) + " }}",
                String(repeating: "{% if true %}", count: 100),
            ]
            var limits = patient
            limits.stackBytes = 192 << 10
            limits.callDepth = .max
            for source in deep {
                guard case .budget? = failure(source, limits: limits) else {
                    Issue.record("\(source) should run out of a budget")
                    continue
                }
            }
            let limit = String(repeating: "{% if [1] %}{% for x in [1] %}", count: 25)
            let end = String(repeating: "{% endfor %}{% endif %}", count: 25)
            let text = try render(limit + "{{ [[[[1]]]] }}" + end).text
            #expect(text == "[[[[1]]]]")
        }
    }

    private func runOnThread(stackBytes: Int, _ body: @escaping @Sendable () throws -> Void) throws {
        final class Work: Sendable {
            let body: @Sendable () throws -> Void
            init(_ body: @escaping @Sendable () throws -> Void) { self.body = body }
        }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        #expect(pthread_attr_setstacksize(&attributes, stackBytes) == 0)
        var thread = pthread_t()
        // SAFETY: the thread takes over the reference retained here and is joined before this function returns.
        let work = Unmanaged.passRetained(Work(body))
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                do { try work.body() } catch { Issue.record(error) }
                return nil
            }, work.toOpaque())
        try #require(status == 0)
        pthread_join(thread, nil)
        pthread_attr_destroy(&attributes)
    }
}
