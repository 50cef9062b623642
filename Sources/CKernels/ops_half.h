#pragma once

#include <stdint.h>
#include <string.h>

/// The f16 nearest to `value`, ties to even; the largest finite f16 with its sign when it is too large.
///
/// Saturating keeps a single overlarge key or value from turning a whole context into NaN.
static inline uint16_t nt_half_from_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t sign = (uint16_t)((bits >> 16) & 0x8000u);
    const uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);
    if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7bffu);
    if (magnitude < 0x38800000u) {
        // Subnormal: adding 0.5 aligns the result's last bit (2^-24) with the last bit of the sum.
        float shifted;
        memcpy(&shifted, &magnitude, sizeof shifted);
        shifted += 0.5f;
        uint32_t sum;
        memcpy(&sum, &shifted, sizeof sum);
        return (uint16_t)(sign | (sum - 0x3f000000u));
    }
    const uint32_t odd = (magnitude >> 13) & 1;
    return (uint16_t)(sign | ((magnitude - 0x38000000u + 0x0fffu + odd) >> 13));
}
