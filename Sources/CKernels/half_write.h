#pragma once

#include <stdint.h>
#include <string.h>

/// The binary16 closest to a float; of two that are equally close, the even one. Too large becomes infinite, a NaN
/// stays one and becomes quiet.
///
/// Written out because the baseline of x86-64 has no instruction for it.
static inline uint16_t nt_half_from_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t sign = (uint16_t)((bits >> 16) & 0x8000u);
    const uint32_t magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) return (uint16_t)(sign | 0x7E00u | ((magnitude >> 13) & 0x3FFu));
    if (magnitude >= 0x477FF000u) return (uint16_t)(sign | 0x7C00u);  // From 65520 up.
    if (magnitude < 0x38800000u) {
        // Below 2^-14: as many steps of 2^-24. Adding 0.5 lets the processor round: floats from 0.5 to 1 have them.
        float shifted;
        memcpy(&shifted, &magnitude, sizeof shifted);
        shifted += 0.5f;
        uint32_t steps;
        memcpy(&steps, &shifted, sizeof steps);
        return (uint16_t)(sign | (steps - 0x3F000000u));
    }
    const uint32_t odd = (magnitude >> 13) & 1u;
    return (uint16_t)(sign | ((magnitude - 0x38000000u + 0xFFFu + odd) >> 13));
}

/// The bfloat16 closest to a float; of two that are equally close, the even one. A NaN stays one and becomes quiet.
static inline uint16_t nt_brain_from_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)((bits >> 16) | 0x40u);
    return (uint16_t)((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

static inline void nt_write16(uint8_t bytes[2], uint16_t value) {
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}
