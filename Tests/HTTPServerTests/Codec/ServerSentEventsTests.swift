import HTTPServer
import Testing

@Suite struct ServerSentEventsTests {
    @Test(
        arguments: [
            ("{}", nil, "data: {}\n\n"),
            ("", nil, "data: \n\n"),
            ("a\nb", "note", "event: note\ndata: a\ndata: b\n\n"),
            ("a\r\nb\rc\n", nil, "data: a\ndata: b\ndata: c\ndata: \n\n"),
        ] as [(String, String?, String)])
    func eventsKeepTheirLines(data: String, event: String?, wire: String) {
        #expect(ServerSentEvents.encode(data: Array(data.utf8), event: event) == Array(wire.utf8))
    }
}
