#pragma once

// The vector vocabulary of the float kernels in plain C: four lanes, which every 64-bit processor has.

#include <math.h>
#include <stdint.h>
#include <string.h>


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

static inline vec v_set(float x) { return (vec){x, x, x, x}; }
static inline vec v_fma(vec a, vec b, vec c) { return a * b + c; }

static inline vec v_choose(integers mask, vec a, vec b) {
    return (vec)((mask & (integers)a) | (~mask & (integers)b));
}

static inline vec v_max(vec a, vec b) { return v_choose(a > b, a, b); }
static inline vec v_min(vec a, vec b) { return v_choose(a < b, a, b); }

/// The larger of `v` and `limit`; what is not a number stays so.
static inline vec v_at_least(vec v, float limit) { return v_choose(v_set(limit) > v, v_set(limit), v); }

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

/// `lanes` pairs of 16-bit integers, and sums of products of such pairs.
typedef int16_t ivec __attribute__((vector_size(16)));
typedef integers isum;

static inline isum i_zero(void) { return (isum){0}; }

/// 2 x lanes integers from memory, as they are or widened.
static inline ivec i_load_i16(const int16_t *p) {
    ivec v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline ivec i_load_i8(const int8_t *p) {
    int8_t bytes __attribute__((vector_size(8)));
    memcpy(&bytes, p, sizeof bytes);
    return __builtin_convertvector(bytes, ivec);
}

/// The pair at `p` in every lane.
static inline ivec i_pair(const int16_t *p) {
    return (ivec){p[0], p[1], p[0], p[1], p[0], p[1], p[0], p[1]};
}

/// Adds the products of a pair in each lane to that lane. No product of pairs may leave 32 bits.
static inline isum i_dot(isum sum, ivec a, ivec b) {
    typedef int16_t half __attribute__((vector_size(8)));
    const half a0 = __builtin_shufflevector(a, a, 0, 2, 4, 6), a1 = __builtin_shufflevector(a, a, 1, 3, 5, 7);
    const half b0 = __builtin_shufflevector(b, b, 0, 2, 4, 6), b1 = __builtin_shufflevector(b, b, 1, 3, 5, 7);
    return sum + __builtin_convertvector(a0, isum) * __builtin_convertvector(b0, isum) +
           __builtin_convertvector(a1, isum) * __builtin_convertvector(b1, isum);
}

static inline vec i_float(isum sum) { return __builtin_convertvector(sum, vec); }

/// The nearest integers, to even; at most 32767 in magnitude. What is not a number gives any integer.
static inline void v_store_i16(int16_t *p, vec v) {
    // Adding 1.5 x 2^23 leaves the integer in the lowest bits.
    const integers bits = (integers)(v + v_set(0x1.8p23f));
    for (int i = 0; i < lanes; i++) p[i] = (int16_t)(bits[i] & 0xffff);
}

/// even[0], odd[0], even[1] ... for `lanes` integers of each.
static inline void v_interleave_i16(int16_t *p, const int16_t *even, const int16_t *odd) {
    for (int i = 0; i < lanes; i++) {
        p[2 * i] = even[i];
        p[2 * i + 1] = odd[i];
    }
}

/// Exchanges rows and lanes; the bits of the elements stay as they are.
static inline void v_transpose(vec rows[lanes]) {
    const vec a = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
    const vec b = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
    const vec c = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
    const vec d = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
    rows[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
    rows[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
    rows[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
    rows[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
}
