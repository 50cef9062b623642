/// How a tensor's numbers are stored, with the type ids of the GGUF format.
///
/// Quantised types store a row in blocks: each block holds ``blockLength`` numbers in ``blockByteCount`` bytes.
/// Types that no weight can have (``isWeight`` is false) exist so that a file with a harmless buffer of positions or
/// of flags can be opened and the buffer named; those of safetensors files that GGUF doesn't know have ids from
/// 2^16 up. Source: the type table of ggml (`ggml.h`, `ggml-common.h`) and the safetensors format.
public enum TensorType: UInt32, Sendable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q2_K = 10
    case q3_K = 11
    case q4_K = 12
    case q5_K = 13
    case q6_K = 14
    case iq4_NL = 20
    case iq4_XS = 23
    case bf16 = 30
    case mxfp4 = 39
    case i8 = 24
    case i16 = 25
    case i32 = 26
    case i64 = 27
    case f64 = 28
    case bool = 0x1_0000
    case u8 = 0x1_0001
    case u16 = 0x1_0002
    case u32 = 0x1_0003
    case u64 = 0x1_0004
    case f8_E4M3 = 0x1_0005
    case f8_E5M2 = 0x1_0006
    case f8_E8M0 = 0x1_0007
    case f8_E4M3FNUZ = 0x1_0008
    case f8_E5M2FNUZ = 0x1_0009
    case f6_E2M3 = 0x1_000A
    case f6_E3M2 = 0x1_000B
    case f4 = 0x1_000C
    case c64 = 0x1_000D

    /// Whether matrices and vectors of a model can be read from it.
    public var isWeight: Bool {
        switch self {
        case .f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_NL,
            .iq4_XS, .mxfp4:
            true
        case .i8, .i16, .i32, .i64, .f64, .bool, .u8, .u16, .u32, .u64, .f8_E4M3, .f8_E5M2, .f8_E8M0, .f8_E4M3FNUZ,
            .f8_E5M2FNUZ, .f6_E2M3, .f6_E3M2, .f4, .c64:
            false
        }
    }

    /// Numbers in one block; a row's length must be a multiple of it.
    public var blockLength: Int {
        switch self {
        case .f32, .f16, .bf16, .i8, .i16, .i32, .i64, .f64, .bool, .u8, .u16, .u32, .u64, .f8_E4M3, .f8_E5M2,
            .f8_E8M0, .f8_E4M3FNUZ, .f8_E5M2FNUZ, .c64:
            1
        case .f4: 2
        case .f6_E2M3, .f6_E3M2: 4
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_NL, .mxfp4: 32
        case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_XS: 256
        }
    }

    /// Bytes of one block.
    public var blockByteCount: Int {
        switch self {
        case .i8, .bool, .u8, .f8_E4M3, .f8_E5M2, .f8_E8M0, .f8_E4M3FNUZ, .f8_E5M2FNUZ, .f4: 1
        case .f16, .bf16, .i16, .u16: 2
        case .f6_E2M3, .f6_E3M2: 3
        case .f32, .i32, .u32: 4
        case .i64, .u64, .f64, .c64: 8
        case .q4_0: 18  // f16 scale, 16 bytes of nibbles
        case .q4_1: 20  // f16 scale, f16 minimum, 16 bytes of nibbles
        case .q5_0: 22  // as q4_0, and 4 bytes of fifth bits
        case .q5_1: 24  // as q4_1, and 4 bytes of fifth bits
        case .q8_0: 34  // f16 scale, 32 bytes
        case .q2_K: 84
        case .q3_K: 110
        case .q4_K: 144
        case .q5_K: 176
        case .q6_K: 210
        case .iq4_NL: 18  // as q4_0; nibbles are entries of a codebook
        case .iq4_XS: 136
        case .mxfp4: 17  // exponent, 16 bytes of nibbles
        }
    }
}

extension TensorType: CustomStringConvertible {
    /// The name that GGUF tools print, such as `Q4_K`.
    public var description: String {
        switch self {
        case .f32: "F32"
        case .f16: "F16"
        case .q4_0: "Q4_0"
        case .q4_1: "Q4_1"
        case .q5_0: "Q5_0"
        case .q5_1: "Q5_1"
        case .q8_0: "Q8_0"
        case .q2_K: "Q2_K"
        case .q3_K: "Q3_K"
        case .q4_K: "Q4_K"
        case .q5_K: "Q5_K"
        case .q6_K: "Q6_K"
        case .iq4_NL: "IQ4_NL"
        case .iq4_XS: "IQ4_XS"
        case .bf16: "BF16"
        case .mxfp4: "MXFP4"
        case .i8: "I8"
        case .i16: "I16"
        case .i32: "I32"
        case .i64: "I64"
        case .f64: "F64"
        case .bool: "BOOL"
        case .u8: "U8"
        case .u16: "U16"
        case .u32: "U32"
        case .u64: "U64"
        case .f8_E4M3: "F8_E4M3"
        case .f8_E5M2: "F8_E5M2"
        case .f8_E8M0: "F8_E8M0"
        case .f8_E4M3FNUZ: "F8_E4M3FNUZ"
        case .f8_E5M2FNUZ: "F8_E5M2FNUZ"
        case .f6_E2M3: "F6_E2M3"
        case .f6_E3M2: "F6_E3M2"
        case .f4: "F4"
        case .c64: "C64"
        }
    }
}

extension TensorType {
    /// Ids from here on are this reader's own and mean nothing in a GGUF file.
    private static let firstIDWithoutGGUF: UInt32 = 0x1_0000

    /// Names of types that exist in the format and that this reader can't use, for an error that says which one.
    static func nameOfUnsupportedType(_ id: UInt32) -> String? {
        let names: [UInt32: String] = [
            9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S",
            22: "IQ2_S", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 40: "NVFP4", 41: "Q1_0",
        ]
        return names[id] ?? (id < firstIDWithoutGGUF ? TensorType(rawValue: id)?.description : nil)
    }
}
