import Testing

@testable import Tokenization

@Suite("Normalisation form C")
struct CanonicalCompositionTests {
    private static let composition = CanonicalComposition()

    private static func compose(_ scalars: [UInt32]) -> [UInt32] {
        let text = String(String.UnicodeScalarView(scalars.compactMap(Unicode.Scalar.init)))
        let bytes = Array(text.utf8)
        let composed = composition.compose(bytes.span, bytes.indices) ?? bytes
        return String(decoding: composed, as: UTF8.self).unicodeScalars.map(\.value)
    }

    /// Inputs and outputs from the Unicode standard and UAX 15.
    @Test(
        arguments: [
            ([0x65, 0x301], [0xE9]),
            ([0x41, 0x30A], [0xC5]), ([0x212B], [0xC5]), ([0x2126], [0x3A9]),
            ([0x1E0A, 0x323], [0x1E0C, 0x307]), ([0x44, 0x307, 0x323], [0x1E0C, 0x307]),
            ([0x1E14, 0x304], [0x1E14, 0x304]), ([0x45, 0x304, 0x300], [0x1E14]),
            ([0x73, 0x323, 0x307], [0x1E69]), ([0x1E9B, 0x323], [0x1E9B, 0x323]),
            ([0x1100, 0x1161, 0x11A8], [0xAC01]), ([0xAC00, 0x11A8], [0xAC01]), ([0xAC01, 0x11A8], [0xAC01, 0x11A8]),
            ([0x1100, 0xAC00, 0x11A8], [0x1100, 0xAC01]), ([0x1161, 0x11A8], [0x1161, 0x11A8]),
            ([0x304B, 0x3099], [0x304C]), ([0x915, 0x93C], [0x915, 0x93C]), ([0x958], [0x915, 0x93C]),
            ([0xF900], [0x8C48]), ([0x301], [0x301]), ([0x61, 0x315, 0x300, 0x5AE, 0x62], [0xE0, 0x5AE, 0x315, 0x62]),
            ([0x61, 0x300, 0x300], [0xE0, 0x300]), ([0x9C7, 0x9BE], [0x9CB]), ([0x1D15E], [0x1D157, 0x1D165]),
        ] as [([UInt32], [UInt32])])
    func known(input: [UInt32], output: [UInt32]) {
        #expect(Self.compose(input) == output)
        #expect(Self.compose([0x41, 0x20] + input + [0x20, 0x42]) == [0x41, 0x20] + output + [0x20, 0x42])
    }

    /// Swift compares strings by canonical equivalence, so a correct result is an equal string; and composing twice
    /// changes nothing.
    @Test
    func randomTextsStayEquivalent() {
        var generator = SeededGenerator(state: 5)
        let pools: [ClosedRange<UInt32>] = [
            0x41...0x7A, 0xC0...0x17F, 0x300...0x345, 0x1100...0x11FF, 0xAC00...0xAC40, 0x900...0x9FF, 0x1E00...0x1FFE,
            0x3040...0x30FF,
        ]
        for _ in 0..<3000 {
            let scalars = (0..<12).map { _ in
                UInt32.random(in: pools.randomElement(using: &generator) ?? 0x41...0x41, using: &generator)
            }.filter {
                (Unicode.Scalar($0)?.properties.age?.major ?? .max) <= CompositionTables.newestUnicodeMajorVersion
            }
            let once = Self.compose(scalars)
            let strings = [scalars, once].map { String(String.UnicodeScalarView($0.compactMap(Unicode.Scalar.init))) }
            #expect(strings[0] == strings[1])
            #expect(Self.compose(once) == once)
        }
    }

    @Test
    func untouchedTextIsNotCopied() {
        for text in ["", "plain", "é déjà", "中文 кириллица 😀 한국어"] {
            let bytes = Array(text.utf8)
            #expect(Self.composition.compose(bytes.span, bytes.indices) == nil)
        }
    }
}
