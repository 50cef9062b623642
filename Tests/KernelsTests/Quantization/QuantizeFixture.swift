import Kernels

// The blocks were read back with `gguf.quants.dequantize` of the Python package gguf 0.19.0, which gave `error`; the
// reference's own quantiser (ggml 0.25) on the same numbers gave `referenceError`.

/// One block of each format for the same numbers.
struct QuantizeFixture: Sendable {
    let format: WeightFormat
    /// The sum of squared errors of the block below.
    let error: Double
    /// The same for the block that the reference implementation makes.
    let referenceError: Double
    /// The block, two hexadecimal digits for each byte.
    let block: String

    /// Numbers of both signs, most of them small.
    static let numbers: [Float] = {
        var state: UInt32 = 12_345
        return (0..<256).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            let number = Float(state >> 8) / Float(1 << 24) - 0.5
            return number * abs(number) * 0.5
        }
    }()

    static let all: [QuantizeFixture] = [
        QuantizeFixture(
            format: .q4_0, error: 5.221916e-04, referenceError: 7.681052e-04,
            block: """
                6da48f2f8827137c888898867eb6d24d97f8
                """),
        QuantizeFixture(
            format: .q4_1, error: 4.775452e-04, referenceError: 7.048822e-04,
            block: """
                6c24d1af70d077d8ec837777677981492db26807
                """),
        QuantizeFixture(
            format: .q5_0, error: 1.381533e-04, referenceError: 1.528333e-04,
            block: """
                e29fe7a4c5db1f2f103f05ea00003f0bee8cb28c2df0
                """),
        QuantizeFixture(
            format: .q5_1, error: 1.216180e-04, referenceError: 1.596888e-04,
            block: """
                2320dfaf185b3a24f1c1ffc0ea16ffffc0f412835d74d20f
                """),
        QuantizeFixture(
            format: .q8_0, error: 1.738497e-06, referenceError: 1.738497e-06,
            block: """
                dc138886010958b20001052a921f71a115fffa6efb6b7f0efd00e8fd10c2a841ed81
                """),
        QuantizeFixture(
            format: .q4K, error: 3.056136e-03, referenceError: 3.300211e-03,
            block: """
                7e0c0918bff6eafabefdabfc5de2b2fa807087f80cb37777f78991999d42e8b787ad77ad8ea88757869788d482eba64069a6\
                967b4b63c177ad9a2795b78d5cd77c5987bef80f870b7c3078d8f1687ed08c52980636e57ff9378696066545ce6500879786\
                abb140369647862676c57790b586b888a197ef80b4069b1dc6368683c35888abd546568e82768f8895856776
                """),
        QuantizeFixture(
            format: .q5K, error: 8.006594e-04, referenceError: 8.670038e-04,
            block: """
                34080718bff7eafebffaa9fe5ef6a3e89688fac785a2d8b08f2fe24b8b0cb78a8667e8efbf270ac4a602e7ce88a7062801d1\
                1ff00a66dfeff00422231d84d25f0f4cef3c1e510faf0d2f01a8f5d74d70c24d3de797c581fe4c245f397e0ca8adf9a21f6d\
                f10f1e16e960f0a0e1d0edb0fab4210d6ccadfe36e0c2c0ccb9b7dcb100e2f1c4761716d3d8e1c5ced7bee209a1c9121524e\
                ff10980c373bac6d1c17b6a02166ca8cac1d13fd2f10491aeffc
                """),
        QuantizeFixture(
            format: .q6K, error: 1.707707e-04, referenceError: 1.771423e-04,
            block: """
                82b1c032369c00e0f1bb0428dde865c0c1950146d10d2120d6d1ecefb6f055ef70eaa1dcd17abbeceb9014a3621118e910b7\
                c5381ff4d1cf303b00b8325136964a1e998f21d301669d20e07012f315a2c1a396ff5a15232211040090614cb422fb03f130\
                8b62b806fb0d405125c00916404ce13e14874cfa025dee0899fa995068949a7e3348c656beaa289adbb47eda8a946a4414c5\
                6ada8af699123b91863fa4a69991b29ec4bda1268a02e616a8a620d65a452be8e042baa24692666996a8788479a448a75680\
                8c4b7c75888b77ae1002
                """),
    ]
}
