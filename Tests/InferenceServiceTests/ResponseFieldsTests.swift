import HTTPTypes
import Testing

@testable import InferenceService

@Suite struct ResponseFieldsTests {
    @Test(arguments: [
        (Duration.zero, "0"), (.microseconds(1), "1"), (.milliseconds(12), "12"), (.seconds(61), "61000"),
    ])
    func everyResponseHasOpenAIsFields(elapsed: Duration, milliseconds: String) throws {
        let fields = HTTPFields(processingTime: elapsed)
        #expect(fields[try #require(HTTPField.Name("openai-processing-ms"))] == milliseconds)
        #expect(fields[try #require(HTTPField.Name("openai-version"))] == "2020-10-01")
    }

    /// What a page may read is named letter by letter, so a field that is sent must be in the list.
    @Test func pagesMayReadThem() {
        for name in HTTPFields(processingTime: .zero).map(\.name.rawName) {
            #expect(HTTPFields.namesForPages.contains(name))
        }
    }
}
