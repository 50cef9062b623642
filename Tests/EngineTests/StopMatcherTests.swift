import Testing

@testable import Engine

@Suite struct StopMatcherTests {
    private func run(_ stops: [String], _ pieces: [String]) -> (text: String, isMatched: Bool) {
        var matcher = StopMatcher(stops: stops)
        var text = ""
        for piece in pieces {
            let (released, isMatched) = matcher.append(piece)
            text += released
            if isMatched { return (text, true) }
        }
        return (text + matcher.finish(), false)
    }

    @Test func aStopAcrossPiecesIsNotReleased() {
        for cut in 0...12 {
            let text = "abc<stop>def"
            let pieces = [String(text.prefix(cut)), String(text.dropFirst(cut))]
            let result = run(["<stop>"], pieces)
            #expect(result.text == "abc" && result.isMatched, "cut at \(cut)")
        }
    }

    @Test func aFalseStartIsReleasedInTheEnd() {
        #expect(run(["<stop>"], ["a<st", "op", "!"]).text == "a<stop!")
        #expect(run(["<stop>"], ["a<st"]).text == "a<st")
    }

    @Test func theEarliestStopWins() {
        #expect(run(["world", "o w"], ["hello world"]).text == "hell")
    }

    @Test func overlappingPrefixes() {
        #expect(run(["aab"], ["a", "a", "a", "b"]).text == "a")
        #expect(run(["\u{E9}\u{E9}"], ["x\u{E9}", "y"]).text == "x\u{E9}y")
    }
}
