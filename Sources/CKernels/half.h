#pragma once

#include <stdint.h>
#include <string.h>

/// The value of an IEEE 754 binary16, exactly, including subnormals, infinities and NaN.
///
/// Written out because the baseline of x86-64 has no instruction for it.
static inline float nt_float_from_half(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    const uint32_t exponent = (half >> 10) & 0x1Fu;
    const uint32_t fraction = half & 0x3FFu;
    uint32_t bits;
    if (exponent == 0) {
        // Zero or subnormal: fraction x 2^-24, and both factors and the product are exact as floats.
        const float magnitude = (float)fraction * 0x1p-24f;
        memcpy(&bits, &magnitude, sizeof bits);
    } else if (exponent == 31) {
        // A NaN is made quiet, as the processors' own conversion does.
        bits = 0x7F800000u | (fraction << 13) | (fraction != 0 ? 0x400000u : 0u);
    } else {
        bits = ((exponent + 112) << 23) | (fraction << 13);
    }
    bits |= sign;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// The scale that an exponent byte (E8M0) stands for: 2^(exponent - 128), exactly, for all 256 bytes.
///
/// This is half of what the byte means by itself, because the levels it belongs to are doubled. There is no NaN: GGUF
/// gives byte 255 the value the others suggest.
static inline float nt_float_from_exponent(uint8_t exponent) {
    // The two least are subnormal.
    const uint32_t bits = exponent < 2 ? 0x200000u << exponent : (exponent - 1u) << 23;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// The value of a bfloat16: the upper half of a float.
static inline float nt_float_from_brain(uint16_t brain) {
    const uint32_t bits = (uint32_t)brain << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
