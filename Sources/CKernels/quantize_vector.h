#pragma once

#include <stdint.h>
#include <string.h>

// Eight floats side by side, in whatever registers the including file's instruction set has. There are no fused
// multiply-adds and sums have one order, so every instruction set comes to the same bits.

// Everything that takes or returns a vector is inlined, so how a call would pass one doesn't matter.
#pragma clang diagnostic ignored "-Wpsabi"

#define NT_INLINE static inline __attribute__((always_inline))

typedef float nt_f8 __attribute__((vector_size(32)));

NT_INLINE nt_f8 nt_f8_load(const float *source) {
    nt_f8 vector;
    memcpy(&vector, source, sizeof vector);
    return vector;
}

NT_INLINE nt_f8 nt_f8_splat(float value) {
    return (nt_f8){value, value, value, value, value, value, value, value};
}

NT_INLINE nt_f8 nt_f8_clamp(nt_f8 vector, float least, float most) {
    return __builtin_elementwise_min(__builtin_elementwise_max(vector, nt_f8_splat(least)), nt_f8_splat(most));
}

/// To whole numbers, of two equally close the even one; for magnitudes below 2^22.
NT_INLINE nt_f8 nt_f8_round(nt_f8 vector) {
    const nt_f8 shift = nt_f8_splat(0x1.8p23f);
    return (vector + shift) - shift;
}

NT_INLINE float nt_f8_sum(nt_f8 v) {
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

NT_INLINE float nt_f8_least(nt_f8 v) { return __builtin_reduce_min(v); }
NT_INLINE float nt_f8_most(nt_f8 v) { return __builtin_reduce_max(v); }
