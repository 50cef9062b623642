import Testing

@testable import Kernels

@Suite struct LimitLoopsTests {
    /// The loops must do what they are paid for, or the limits mean nothing.
    @Test(arguments: KernelTable.available)
    func productsAreAllDone(_ kernels: KernelTable) {
        let loops = LimitLoops(kernels)
        for rounds in [0, 1, 2, 13] {
            #expect(loops.multiplyIntegers(rounds: rounds) == UInt64(rounds * LimitLoops.roundLength))
            #expect(loops.multiplyFloats(rounds: rounds) == UInt64(rounds * LimitLoops.roundLength))
        }
        #expect(!loops.integerInstructions.isEmpty)
    }

    @Test(arguments: KernelTable.available)
    func everyByteIsRead(_ kernels: KernelTable) {
        let loops = LimitLoops(kernels)
        var bytes = [UInt8](repeating: 0, count: 3 * LimitLoops.readUnit)
        #expect(bytes.withUnsafeBytes { loops.read($0) } == 0)
        for index in bytes.indices {
            bytes[index] = 1 << (index % 8)
            #expect(bytes.withUnsafeBytes { loops.read($0) } != 0, "byte \(index)")
            bytes[index] = 0
        }
        #expect(loops.read(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
    }
}
