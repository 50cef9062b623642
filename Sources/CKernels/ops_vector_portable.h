#pragma once

// The vector vocabulary of the float kernels in plain C: four lanes, which every 64-bit processor has.

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "half.h"
#include "ops_half.h"

typedef float vec __attribute__((vector_size(16)));
typedef int32_t integers __attribute__((vector_size(16)));

enum {
    lanes = 4,
    /// Registers for accumulators of attention: key-block vectors x rows, and value vectors x rows.
    score_vectors = 4,
    score_rows = 2,
    mix_vectors = 4,
    mix_rows = 2,
};

static inline vec v_load(const float *p) {
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void v_store(float *p, vec v) { memcpy(p, &v, sizeof v); }

/// The first `count` (< lanes) elements, then zeros.
static inline vec v_load_part(const float *p, int64_t count) {
    vec v = {0};
    for (int64_t i = 0; i < count; i++) v[i] = p[i];
    return v;
}

static inline void v_store_part(float *p, vec v, int64_t count) {
    for (int64_t i = 0; i < count; i++) p[i] = v[i];
}

static inline vec v_load_f16(const uint16_t *p) {
    vec v;
    for (int i = 0; i < lanes; i++) v[i] = nt_float_from_half(p[i]);
    return v;
}

static inline void v_store_f16(uint16_t *p, vec v) {
    for (int i = 0; i < lanes; i++) p[i] = nt_half_from_float(v[i]);
}

static inline vec v_set(float x) { return (vec){x, x, x, x}; }
static inline vec v_fma(vec a, vec b, vec c) { return a * b + c; }

static inline vec v_choose(integers mask, vec a, vec b) {
    return (vec)((mask & (integers)a) | (~mask & (integers)b));
}

static inline vec v_max(vec a, vec b) { return v_choose(a > b, a, b); }
static inline vec v_min(vec a, vec b) { return v_choose(a < b, a, b); }

/// Whole numbers up to 2^22 in magnitude, to nearest even: adding 1.5 x 2^23 pushes the fraction out.
static inline vec v_round(vec v) {
    const vec magic = v_set(0x1.8p23f);
    return (v + magic) - magic;
}

/// v * 2^n for whole n in -126 ... 127.
static inline vec v_times_power(vec v, vec n) {
    const integers bits = (__builtin_convertvector(n, integers) + 127) << 23;
    return v * (vec)bits;
}

/// `v` where `x >= limit`, else 0.
static inline vec v_zero_below(vec v, vec x, float limit) { return v_choose(x >= v_set(limit), v, v_set(0)); }

/// Lanes `begin ..< end` of `v`, which may lie outside 0 ..< lanes, and `fill` in the others.
static inline vec v_keep(vec v, int64_t begin, int64_t end, float fill) {
    for (int i = 0; i < lanes; i++) {
        if (i < begin || i >= end) v[i] = fill;
    }
    return v;
}

static inline float v_sum(vec v) { return (v[0] + v[2]) + (v[1] + v[3]); }
static inline float v_highest(vec v) { return fmaxf(fmaxf(v[0], v[2]), fmaxf(v[1], v[3])); }
static inline vec v_swap_pairs(vec v) { return (vec){v[1], v[0], v[3], v[2]}; }
