import Kernels
import ModelFiles
import Testing

/// Files and kernels name formats each for themselves, with GGUF's ids.
@Suite struct TensorTypeTests {
    @Test(arguments: TensorType.allCases.filter(\.isWeight))
    func `every type that weights may have is a format of the kernels`(type: TensorType) throws {
        let format = try #require(WeightFormat(rawValue: type.rawValue))
        #expect(format.blockLength == type.blockLength)
        #expect(format.blockByteCount == type.blockByteCount)
        #expect(format.description == type.description)
    }

    @Test func `every format of the kernels can be read`() {
        #expect(WeightFormat.allCases.allSatisfy { TensorType(rawValue: $0.rawValue) != nil })
    }
}
