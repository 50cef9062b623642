#pragma once

// The vector vocabulary of the float kernels in arm64's vectors, which every arm64 processor has: four lanes. See
// ops_vector_portable.h for what each word means.

typedef float32x4_t vec;

enum {
    lanes = 4,
    // 32 registers: 24 for sums, four for what is loaded of keys or values, and one for a query or a weight.
    score_vectors = 4,
    score_rows = 6,
    mix_vectors = 4,
    mix_rows = 6,
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

static inline vec v_load_f16(const uint16_t *p) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p))); }

static inline void v_store_f16(uint16_t *p, vec v) {
    // These let a NaN through.
    v = vmaxq_f32(vdupq_n_f32(-65504.0f), vminq_f32(vdupq_n_f32(65504.0f), v));
    vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(v)));
}

static inline vec v_set(float x) { return vdupq_n_f32(x); }
static inline vec v_fma(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }

// The larger and the smaller number: a NaN loses against any.
static inline vec v_max(vec a, vec b) { return vmaxnmq_f32(a, b); }
static inline vec v_min(vec a, vec b) { return vminnmq_f32(a, b); }
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
