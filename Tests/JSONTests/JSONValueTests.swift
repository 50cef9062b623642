import JSON
import Testing

@Suite struct JSONValueTests {
    @Test func keepsMemberOrderAndNumberKinds() throws {
        let text = #"{"z":1,"a":[1.5,-0,true,null,"x"],"m":{"k":2.0}}"#
        let value = try JSONValue(parsing: text)
        #expect(value.text == #"{"z":1,"a":[1.5,0,true,null,"x"],"m":{"k":2.0}}"#)
        #expect(value["a"]?[0] == 1.5)
        #expect(value["m"]?["k"]?.integerValue == 2)
    }

    @Test(arguments: [
        #""""#, #""\"\\\/\b\f\n\r\t""#, #""\u00e9\ud83d\ude00""#, "\"na\u{EF}ve \u{1F600}\"",
    ])
    func stringsSurviveARoundTrip(text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(try JSONValue(parsing: value.text) == value)
    }

    @Test func loneSurrogatesBecomeReplacementCharacters() throws {
        #expect(try JSONValue(parsing: #""\ud83dx""#) == "\u{FFFD}x")
        #expect(try JSONValue(parsing: #""\ude00""#) == "\u{FFFD}")
        #expect(try JSONValue(parsing: #""\ud83d\u0041""#) == "\u{FFFD}A")
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{'a':1}", "01", "1.", ".5", "+1", "1e", "1e999", "NaN", "tru", "[1] 2",
        "\"\u{1}\"", "\"\\x\"", "\"\\u12g4\"", "{\"a\" 1}", "[1 2]", "\"abc", "\u{FEFF}1",
    ])
    func refusesWhatIsNotJSON(text: String) {
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
    }

    @Test func refusesInvalidUTF8() {
        #expect(throws: JSONParseError(reason: .invalidUTF8, offset: 2)) {
            try JSONValue(parsing: [0x22, 0xFF, 0x22])
        }
    }

    @Test(arguments: [
        ("NaN", JSONParseError.Reason.notANumber, 20), ("-Infinity", .notANumber, 21),
        ("-1e400", .numberOutOfRange, 20), ("1x", .unexpectedByte(UInt8(ascii: "x")), 21),
    ])
    func errorsTellTheWayToTheValue(text: String, reason: JSONParseError.Reason, offset: Int) {
        // A number that ends well is not at fault for what follows it: the array is.
        let path: [JSONPathStep] = [.member("a"), .element(1)] + (text == "1x" ? [] : [.member("b")])
        #expect(throws: JSONParseError(reason: reason, offset: offset, path: path)) {
            try JSONValue(parsing: #"{"x":1,"a":[{},{"b":\#(text)}]}"#)
        }
    }

    @Test func nestingIsBounded() throws {
        let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try JSONValue(parsing: deepest)
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: "[" + deepest + "]") }
    }

    @Test func duplicateMembers() throws {
        #expect(try JSONValue(parsing: #"{"a":1,"a":2}"#)["a"] == 2)
        let strict = JSONLimits(rejectsDuplicateKeys: true)
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: #"{"a":1,"a":2}"#, limits: strict) }
    }

    @Test func everyPrefixOfATextIsRefusedWithoutATrap() {
        let text = Array(#"{"a":[1.5e3,"\u00e9\ud83d\ude00",{"b":null}],"c":true}"#.utf8)
        for length in 0..<text.count {
            #expect(throws: JSONParseError.self) { try JSONValue(parsing: text[..<length]) }
        }
    }

    @Test func numbersThatJSONCannotHoldAreReplaced() {
        #expect(JSONValue.number(-.infinity).text == "-1.7976931348623157e+308")
        #expect(JSONValue.number(.nan).text == "null")
    }
}
