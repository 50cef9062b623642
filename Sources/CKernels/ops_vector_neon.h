#pragma once

// The vector vocabulary of the float kernels in arm64's vectors, which every arm64 processor has: four lanes. See
// ops_vector_portable.h for what each word means.

typedef float32x4_t vec;

enum {
    lanes = 4,
    // 32 registers: 24 for sums (two each), four for what is loaded of keys or values, and one for a query or a weight.
    score_vectors = 4,
    score_rows = 3,
    mix_vectors = 4,
    mix_rows = 3,
};

static inline vec v_load(const float *p) { return vld1q_f32(p); }
static inline void v_store(float *p, vec v) { vst1q_f32(p, v); }

static inline vec v_load_part(const float *p, int64_t count) {
    float part[lanes] = {0};
    for (int64_t i = 0; i < count; i++) part[i] = p[i];
    return vld1q_f32(part);
}

static inline void v_store_part(float *p, vec v, int64_t count) {
    float part[lanes];
    vst1q_f32(part, v);
    for (int64_t i = 0; i < count; i++) p[i] = part[i];
}


static inline vec v_set(float x) { return vdupq_n_f32(x); }
static inline vec v_fma(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }

// The larger and the smaller number: a NaN loses against any.
static inline vec v_max(vec a, vec b) { return vmaxnmq_f32(a, b); }
static inline vec v_min(vec a, vec b) { return vminnmq_f32(a, b); }
static inline vec v_at_least(vec v, float limit) { return vmaxq_f32(v, vdupq_n_f32(limit)); }
static inline vec v_round(vec v) { return vrndnq_f32(v); }

static inline vec v_times_power(vec v, vec n) {
    const int32x4_t biased = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
    return vmulq_f32(v, vreinterpretq_f32_s32(vshlq_n_s32(biased, 23)));
}

static inline vec v_zero_below(vec v, vec x, float limit) {
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), vcgeq_f32(x, vdupq_n_f32(limit))));
}

static inline vec v_keep(vec v, int64_t begin, int64_t end, float fill) {
    const int64_t skipped = begin < 0 ? 0 : begin > lanes ? lanes : begin;
    const int64_t reached = end < 0 ? 0 : end > lanes ? lanes : end;
    static const int32_t numbers[lanes] = {0, 1, 2, 3};
    const int32x4_t number = vld1q_s32(numbers);
    const uint32x4_t keep = vandq_u32(
        vcgeq_s32(number, vdupq_n_s32((int32_t)skipped)), vcltq_s32(number, vdupq_n_s32((int32_t)reached)));
    return vbslq_f32(keep, v, vdupq_n_f32(fill));
}

static inline float v_sum(vec v) { return vaddvq_f32(v); }
static inline float v_highest(vec v) { return vmaxnmvq_f32(v); }
static inline vec v_swap_pairs(vec v) { return vrev64q_f32(v); }

typedef int16x8_t ivec;

/// Sums of the products of the lower and of the upper integers; neighbours belong together.
typedef struct {
    int32x4_t low, high;
} isum;

static inline isum i_zero(void) { return (isum){vdupq_n_s32(0), vdupq_n_s32(0)}; }
static inline ivec i_load_i16(const int16_t *p) { return vld1q_s16(p); }
static inline ivec i_load_i8(const int8_t *p) { return vmovl_s8(vld1_s8(p)); }

static inline ivec i_pair(const int16_t *p) {
    int32_t pair;
    memcpy(&pair, p, sizeof pair);
    return vreinterpretq_s16_s32(vdupq_n_s32(pair));
}

static inline isum i_dot(isum sum, ivec a, ivec b) {
    return (isum){vmlal_s16(sum.low, vget_low_s16(a), vget_low_s16(b)), vmlal_high_s16(sum.high, a, b)};
}

static inline vec i_float(isum sum) { return vcvtq_f32_s32(vpaddq_s32(sum.low, sum.high)); }
static inline void v_store_i16(int16_t *p, vec v) { vst1_s16(p, vmovn_s32(vcvtnq_s32_f32(v))); }

static inline void v_interleave_i16(int16_t *p, const int16_t *even, const int16_t *odd) {
    const int16x4x2_t pairs = {{vld1_s16(even), vld1_s16(odd)}};
    vst2_s16(p, pairs);
}

static inline void v_transpose(vec rows[lanes]) {
    const vec a = vzip1q_f32(rows[0], rows[2]), b = vzip2q_f32(rows[0], rows[2]);
    const vec c = vzip1q_f32(rows[1], rows[3]), d = vzip2q_f32(rows[1], rows[3]);
    rows[0] = vzip1q_f32(a, c);
    rows[1] = vzip2q_f32(a, c);
    rows[2] = vzip1q_f32(b, d);
    rows[3] = vzip2q_f32(b, d);
}
