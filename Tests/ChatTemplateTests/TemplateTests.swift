import ChatTemplate
import JSON
import OrderedCollections
import Testing

struct TemplateTests {
    private let conversation: [JSONValue] = [
        ["role": "system", "content": "Be brief."], ["role": "user", "content": " Hi "],
        ["role": "assistant", "content": "Hello"], ["role": "user", "content": "Bye"],
    ]

    @Test func chatMLStyle() throws {
        let source = """
            {%- for message in messages %}
                {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
            {%- endfor %}
            {%- if add_generation_prompt %}
                {{- '<|im_start|>assistant\\n' }}
            {%- endif %}

            """
        #expect(
            try render(source, messages: Array(conversation.prefix(2))).text
                == "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hi <|im_end|>\n<|im_start|>assistant\n")
    }

    @Test func headerStyle() throws {
        let source = """
            {% set loop_messages = messages %}
            {% for message in loop_messages %}
            {% set content = '[' + message['role'] + ']\\n\\n' + message['content'] | trim + '[eot]' %}
            {% if loop.first %}{% set content = bos_token + content %}{% endif %}
            {{ content }}{% endfor %}
            {% if add_generation_prompt %}{{ '[assistant]\\n\\n' }}{% endif %}
            """
        #expect(
            try render(source, messages: Array(conversation.suffix(2))).text
                == "<s>[assistant]\n\nHello[eot][user]\n\nBye[eot][assistant]\n\n")
    }

    @Test func alternationIsChecked() throws {
        let source = """
            {% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}\
            {{ raise_exception('Roles must alternate: ' ~ m.role) }}{% endif %}{% endfor %}
            """
        do throws(TemplateError) {
            _ = try render(source, messages: conversation)
            Issue.record("the template should raise")
        } catch {
            #expect(error == TemplateError(.raised, "Roles must alternate: system", line: 1))
        }
    }

    @Test func toolsAndFlags() throws {
        let template = try ChatTemplate(
            source:
                "{{ tools|tojson if tools is defined else 'no' }} {{ add_generation_prompt }} {{ documents is defined }}"
        )
        let tools: [JSONValue] = [["name": "f", "parameters": ["b": 1, "a": 2.0]]]
        #expect(
            try template.render(TemplateContext(messages: [], tools: tools, addGenerationPrompt: false)).text
                == "[{\"name\": \"f\", \"parameters\": {\"b\": 1, \"a\": 2.0}}] False False")
        #expect(try template.render(TemplateContext(messages: [])).text == "no True False")
        #expect(try template.render(TemplateContext(messages: [], extra: ["tools": nil])).text == "null True False")
    }

    @Test func errorsCarryLines() throws {
        do throws(TemplateError) {
            _ = try render("a\nb\n{{ 1 }}\n{{ missing.x }}")
            Issue.record("the template should fail")
        } catch {
            #expect(error.line == 4)
            #expect(error.kind == .undefined)
            #expect(error.message == "'missing' is undefined")
            #expect("\(error)" == "line 4: 'missing' is undefined")
        }
        do throws(TemplateError) {
            _ = try ChatTemplate(source: "a\n\n{% if %}")
            Issue.record("the template should not compile")
        } catch {
            #expect(error.line == 3)
            #expect(error.kind == .syntax)
        }
    }

    @Test(arguments: [
        "{{ ''.__class__.__mro__ }}", "{{ [].append(1) }}", "{{ {}.update({}) }}", "{{ messages.append(1) }}",
        "{{ '{0.__class__.__mro__}'.format('') }}", "{{ namespace(__class__=1) }}", "{{ 'a'.encode() }}",
        "{{ range.__globals__['x'] }}", "{{ cycler.__init__.__globals__ }}", "{{ joiner.__init__.__globals__ }}",
        "{{ ''['__class__']['__mro__'] }}", "{{ (''|attr('__class__')).x }}",
        "{{ [''.__class__]|map(attribute='__mro__')|list }}",
    ])
    func sandbox(source: String) {
        #expect(failure(source) == .security, "\(source)")
    }

    @Test(arguments: [
        "{% include 'x' %}", "{% extends 'x' %}", "{% import 'x' as y %}", "{% from 'x' import y %}",
        "{% autoescape true %}{% endautoescape %}", "{{ 1|pprint }}", "{{ 1|random }}", "{% debug %}", "{% trans %}",
        "{{ 1 is nonsense }}", "{{ 1|nonsense }}", "{% block a required %}{% endblock %}",
    ])
    func unknownFeaturesDoNotCompile(source: String) {
        #expect(throws: TemplateError.self) { try ChatTemplate(source: source) }
    }

    @Test(arguments: ["{{ lipsum() }}", "{{ self.x }}", "{{ config.items() }}", "{{ request.application }}"])
    func nothingElseIsInScope(source: String) {
        #expect(failure(source) == .undefined)
    }

    @Test(arguments: [
        "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}", "{{ 9223372036854775807 * 2 }}",
        "{{ 2 ** 64 }}", "{{ (-9223372036854775807 - 1) // -1 }}", "{{ 10.0 ** 400 }}", "{{ 1e300|int }}",
        "{{ (-9223372036854775807 - 1)|abs }}", "{{ -(-9223372036854775807 - 1) }}",
    ])
    func arithmeticNeverTraps(source: String) {
        #expect(failure(source) == .value, "\(source)")
    }

    @Test(arguments: [
        "{{ (-9223372036854775807 - 1) % -1 }}", "{{ 'abc'[-9223372036854775807:9223372036854775807] }}",
        "{{ 'abc'[9223372036854775807::-9223372036854775807] }}", "{{ [1][:: -9223372036854775807 - 1] }}",
        "{{ range(9223372036854775807, 9223372036854775806) }}", "{{ [1][-9223372036854775807 - 1] }}",
        "{{ 'abc'.find('b', -9223372036854775807 - 1, 9223372036854775807) }}", "{{ 5|round(-9223372036854775807) }}",
        "{{ 5.5|round(9223372036854775807) }}", "{{ 5.5|round(-9223372036854775807) }}",
        "{{ 9223372036854775807|round(-18) }}", "{{ 'abc'|truncate(9223372036854775807) }}",
        "{{ 'abc'.replace('b', 'c', 9223372036854775807) }}", "{{ 'a'.ljust(-9223372036854775807 - 1) }}",
        "{{ range(0, 10, 9223372036854775807)|list }}", "{{ range(10, 0, -9223372036854775807 - 1)|list }}",
        "{{ [1, 2].index(2, -9223372036854775807 - 1) }}", "{{ 1e308|round(300) }}", "{{ 5|round(400, 'ceil') }}",
        "{{ '5'.zfill(-9223372036854775807 - 1) }}", "{{ 'abc'|batch(-1)|list }}", "{{ 'abc'|indent(-5) }}",
        "{{ [1]|tojson(indent=-3) }}", "{{ '%-9223372036854775807d' is string }}",
    ])
    func extremeNumbersNeverTrap(source: String) throws {
        _ = try render(source)
    }

    @Test func oneTemplateRendersOnManyThreads() async throws {
        let template = try ChatTemplate(
            source:
                "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{{ m.content }}{% endfor %}{{ ns.n }}"
        )
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<50 {
                group.addTask {
                    let messages = (0...index).map { JSONValue.object(["content": .integer($0)]) }
                    return try template.render(TemplateContext(messages: messages)).text
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        let expected = (0..<50).map { last -> String in
            let contents = (0...last).map { String($0) }
            return contents.joined() + String(last + 1)
        }
        #expect(texts == Set(expected))
    }

    /// Python compares and counts code points, Swift's strings do not.
    @Test func textIsCodePoints() throws {
        let source = "{{ x == y }} {{ x|length }} {{ y|length }} {{ x in {y: 1} }} {{ 'e' in y }}"
        #expect(try render(source, ["x": "\u{E9}", "y": "e\u{301}"]).text == "False 1 2 False True")
    }

    @Test(arguments: [
        (1970, 1, 1, "Thu 001 00 00"), (2000, 2, 29, "Tue 060 09 09"), (2026, 12, 31, "Thu 365 52 52"),
        (2024, 12, 29, "Sun 364 52 52"), (1900, 3, 1, "Thu 060 08 09"), (2023, 1, 1, "Sun 001 01 00"),
    ])
    func calendar(year: Int, month: Int, day: Int, expected: String) throws {
        let template = try ChatTemplate(source: "{{ strftime_now('%a %j %U %W') }}")
        let context = TemplateContext(messages: [], now: CivilDateTime(year: year, month: month, day: day))
        #expect(try template.render(context).text == expected)
    }
}
