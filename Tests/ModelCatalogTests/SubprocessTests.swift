import Glibc
import Testing

@testable import ModelCatalog

@Suite struct SubprocessTests {
    private func shell(_ script: String, environment: [String: String] = testEnvironment()) throws -> Subprocess.Result
    {
        try Subprocess(executable: "sh", arguments: ["-c", script], environment: environment).run(tick: {})
    }

    @Test func bothStreamsAndTheStatusComeBack() throws {
        let result = try shell("echo out; echo err >&2; exit 7")
        #expect(result.status == .exited(7))
        #expect(result.output == "out\n" && result.errorOutput == "err")
        #expect(try shell("kill -TERM $$").status == .killed(signal: SIGTERM))
    }

    @Test func argumentsAreNotInterpreted() throws {
        let result = try Subprocess(
            executable: "printf", arguments: ["%s|", "a b", "$HOME", "'", ""], environment: testEnvironment()
        ).run(tick: {})
        #expect(result.output == "a b|$HOME|'||")
    }

    @Test func theEnvironmentIsTheGivenOne() throws {
        let result = try shell("echo $MARK; exit ${LANG:+1}", environment: ["MARK": "here", "PATH": "/usr/bin:/bin"])
        #expect(result.output == "here\n" && result.status == .exited(0))
    }

    @Test func theInputIsEmpty() throws {
        #expect(try shell("cat").status == .exited(0))
    }

    @Test func muchOutputIsReadAndMostOfItDropped() throws {
        let result = try shell("yes | head -c 1000000; yes no | head -c 1000000 >&2; echo last >&2")
        #expect(result.status == .exited(0))
        #expect(result.output.utf8.count == 64 << 10)
        #expect(result.errorOutput.hasSuffix("last") && result.errorOutput.utf8.count <= 4 << 10)
    }

    @Test func aGrandchildThatHoldsThePipesDoesNotHoldUs() throws {
        // The background job keeps both pipes open long after its parent has ended.
        let result = try shell("sleep 30 & echo $!")
        #expect(result.status == .exited(0))
        let grandchild = try #require(pid_t(result.output.dropLast()))
        kill(grandchild, SIGKILL)
    }

    @Test func controlCharactersOfProgressBarsAreDropped() throws {
        #expect(try shell(#"printf '\033[31mred\033[0m\r\n' >&2"#).errorOutput == "[31mred[0m")
    }

    @Test func anErrorInTheTickEndsTheChild() {
        let child = Subprocess(executable: "sleep", arguments: ["600"], environment: testEnvironment())
        #expect(throws: ModelCatalogError.cancelled) {
            try child.run { () throws(ModelCatalogError) in throw .cancelled }
        }
    }

    @Test func aProgramThatIsNotThereIsNamed() {
        let child = Subprocess(executable: "needletail-no-such-program", arguments: [], environment: testEnvironment())
        #expect(throws: ModelCatalogError.toolMissing("needletail-no-such-program")) { try child.run(tick: {}) }
    }

    @Test func digestsAreThoseOfTheStandard() {
        #expect(sha256([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256Digest.hexadecimal(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
