import OpenAIAPI
import Testing
import Tokenization

@testable import InferenceService

/// `continue_final_message`: the prompt ends with the final message's text.
@Suite struct FinalMessageTests {
    private func fragments(_ finalText: String?) -> [TextFragment] {
        var fragments = [
            TextFragment("<user>", parseSpecial: true), TextFragment("hello", parseSpecial: false),
            TextFragment("<end><assistant>", parseSpecial: true),
        ]
        if let finalText { fragments.append(TextFragment(finalText, parseSpecial: false)) }
        return fragments + [TextFragment("<end>", parseSpecial: true)]
    }

    @Test func whatTheTemplateWroteAfterItIsDropped() throws {
        let cut = try LoadedModel.cutAfter("  Once upon ", fragments("Once upon"))
        #expect(cut.map(\.text) == ["<user>", "hello", "<end><assistant>", "Once upon"])
    }

    @Test func anotherMessageIsNeverContinued() {
        for text in ["", "Once upon"] {
            let error = #expect(throws: APIError.self) { try LoadedModel.cutAfter(text, fragments(nil)) }
            #expect(error?.status == 400 && error?.param == "continue_final_message")
        }
    }
}
