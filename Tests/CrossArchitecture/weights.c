#include "weights.h"

#include <string.h>

const nt_format formats[] = {
    NT_F32,  NT_F16,  NT_BF16, NT_Q4_0, NT_Q4_1, NT_Q5_0,   NT_Q5_1,   NT_Q8_0,
    NT_Q2_K, NT_Q3_K, NT_Q4_K, NT_Q5_K, NT_Q6_K, NT_IQ4_NL, NT_IQ4_XS, NT_MXFP4,
};
const int format_count = sizeof formats / sizeof formats[0];

/// Where the f16 factors are in a block; -1 where there is none.
static void find_factors(nt_format format, int offsets[2]) {
    offsets[0] = offsets[1] = -1;
    switch (format) {
    case NT_Q4_1:
    case NT_Q5_1:
    case NT_Q4_K:
    case NT_Q5_K:
        offsets[1] = 2;
        offsets[0] = 0;
        break;
    case NT_Q2_K:
        offsets[0] = 80;
        offsets[1] = 82;
        break;
    case NT_Q3_K:
        offsets[0] = 108;
        break;
    case NT_Q6_K:
        offsets[0] = 208;
        break;
    case NT_MXFP4:
        break;
    default:
        offsets[0] = 0;
    }
}

/// f16 with an exponent of 4 ... 11, which is 2^-11 ... 2^-4.
static uint16_t random_factor(random_source *source, bool is_subnormal) {
    const uint64_t bits = next_bits(source);
    const uint64_t exponent = is_subnormal ? 0 : 4 + (bits >> 32) % 8;
    return (uint16_t)((bits & 0x83FF) | exponent << 10);
}

/// 2^-10 ... 2^5, or 2^-128 and 2^-127.
static uint8_t random_exponent(random_source *source, bool is_subnormal) {
    const uint64_t bits = next_bits(source);
    return (uint8_t)(is_subnormal ? bits % 2 : 118 + bits % 16);
}

void fill_weights(random_source *source, nt_format format, bool is_subnormal, uint8_t *bytes, size_t element_count) {
    const size_t length = nt_format_block_length(format), byte_count = nt_format_block_byte_count(format);
    if (format == NT_F32 || format == NT_BF16) {
        for (size_t i = 0; i < element_count; i++) {
            const float value = next_float(source);
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            if (format == NT_BF16) bits >>= 16;
            memcpy(bytes + i * byte_count, &bits, byte_count);
        }
        return;
    }
    for (size_t i = 0; i < element_count / length * byte_count; i++) bytes[i] = (uint8_t)next_bits(source);
    int offsets[2];
    find_factors(format, offsets);
    for (size_t block = 0; block < element_count / length; block++) {
        for (int i = 0; i < 2 && offsets[i] >= 0; i++) {
            const uint16_t factor = random_factor(source, is_subnormal);
            memcpy(bytes + block * byte_count + offsets[i], &factor, sizeof factor);
        }
        if (format == NT_MXFP4) bytes[block * byte_count] = random_exponent(source, is_subnormal);
    }
}
