import AccessControl
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2000-02-29T12:34:56Z", 951_827_696),
        ("2026-11-21T10:11:12Z", 1_795_255_872), ("2038-01-19T03:14:08Z", 2_147_483_648),
        ("2100-03-01T00:00:00Z", 4_107_542_400), ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
    func textAndSecondsAgree(text: String, seconds: Int) {
        #expect(Timestamp(text)?.unixSeconds == seconds)
        #expect(Timestamp(unixSeconds: seconds).description == text)
    }

    @Test func aDayIsItsFirstSecond() {
        #expect(Timestamp("2027-01-31") == Timestamp("2027-01-31T00:00:00Z"))
    }

    @Test(arguments: [
        "", "2027", "2027-13-01", "2027-00-01", "2027-02-29", "2100-02-29", "2027-01-32", "2027-01-00", "2027-1-01",
        "2027-01-31T24:00:00Z", "2027-01-31T23:60:00Z", "2027-01-31T23:59:60Z", "2027-01-31T12:00:00",
        "2027-01-31 12:00:00Z", "2027-01-31T12:00:00+01:00", "-027-01-31", "２027-01-31",
    ])
    func whatIsNoTimeIsRefused(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
