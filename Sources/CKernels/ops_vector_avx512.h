#pragma once

// The vector vocabulary of the float kernels in AVX-512 F, BW, DQ, VL and VNNI: sixteen lanes. See
// ops_vector_portable.h for what each word means. Include it inside a region with these targets.

typedef __m512 vec;

enum {
    lanes = 16,
    score_vectors = 2,
    score_rows = 6,
    mix_vectors = 4,
    mix_rows = 6,
};

static inline vec v_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void v_store(float *p, vec v) { _mm512_storeu_ps(p, v); }

/// A mask of the lanes below `count`, which may lie outside 0 ... lanes.
static inline __mmask16 first_lanes(int64_t count) {
    if (count <= 0) return 0;
    return count >= lanes ? (__mmask16)0xffff : (__mmask16)((1u << count) - 1);
}

static inline vec v_load_part(const float *p, int64_t count) { return _mm512_maskz_loadu_ps(first_lanes(count), p); }
static inline void v_store_part(float *p, vec v, int64_t count) { _mm512_mask_storeu_ps(p, first_lanes(count), v); }

static inline vec v_set(float x) { return _mm512_set1_ps(x); }
static inline vec v_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
static inline vec v_max(vec a, vec b) { return _mm512_max_ps(a, b); }
static inline vec v_min(vec a, vec b) { return _mm512_min_ps(a, b); }
// The second operand comes out when one is not a number.
static inline vec v_at_least(vec v, float limit) { return _mm512_max_ps(_mm512_set1_ps(limit), v); }
static inline vec v_round(vec v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline vec v_times_power(vec v, vec n) { return _mm512_scalef_ps(v, n); }

static inline vec v_zero_below(vec v, vec x, float limit) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, _mm512_set1_ps(limit), _CMP_GE_OQ), v);
}

static inline vec v_keep(vec v, int64_t begin, int64_t end, float fill) {
    const __mmask16 keep = (__mmask16)(first_lanes(end) & ~first_lanes(begin));
    return _mm512_mask_mov_ps(_mm512_set1_ps(fill), keep, v);
}

static inline float v_sum(vec v) { return _mm512_reduce_add_ps(v); }
static inline float v_highest(vec v) { return _mm512_reduce_max_ps(v); }
static inline vec v_swap_pairs(vec v) { return _mm512_permute_ps(v, 0xb1); }

typedef __m512i ivec;
typedef __m512i isum;

static inline isum i_zero(void) { return _mm512_setzero_si512(); }
static inline ivec i_load_i16(const int16_t *p) { return _mm512_loadu_si512(p); }
static inline ivec i_load_i8(const int8_t *p) { return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)p)); }

static inline ivec i_pair(const int16_t *p) {
    int32_t pair;
    memcpy(&pair, p, sizeof pair);
    return _mm512_set1_epi32(pair);
}

static inline isum i_dot(isum sum, ivec a, ivec b) { return _mm512_dpwssd_epi32(sum, a, b); }
static inline vec i_float(isum sum) { return _mm512_cvtepi32_ps(sum); }

static inline void v_store_i16(int16_t *p, vec v) {
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(v)));
}

static inline void v_interleave_i16(int16_t *p, const int16_t *even, const int16_t *odd) {
    const __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)even));
    const __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)odd));
    _mm512_storeu_si512(p, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}

static inline void v_transpose(vec rows[lanes]) {
    vec t[lanes];
#pragma clang loop unroll(full)
    for (int i = 0; i < lanes; i += 4) {
        // Four by four within each quarter.
        const __m512d ab = _mm512_castps_pd(_mm512_unpacklo_ps(rows[i], rows[i + 1]));
        const __m512d cd = _mm512_castps_pd(_mm512_unpacklo_ps(rows[i + 2], rows[i + 3]));
        const __m512d ab2 = _mm512_castps_pd(_mm512_unpackhi_ps(rows[i], rows[i + 1]));
        const __m512d cd2 = _mm512_castps_pd(_mm512_unpackhi_ps(rows[i + 2], rows[i + 3]));
        t[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd));
        t[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd));
        t[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(ab2, cd2));
        t[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(ab2, cd2));
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        // Then the quarters.
        const vec a = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x44), b = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xee);
        const vec c = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x44);
        const vec d = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xee);
        rows[i] = _mm512_shuffle_f32x4(a, c, 0x88);
        rows[i + 4] = _mm512_shuffle_f32x4(a, c, 0xdd);
        rows[i + 8] = _mm512_shuffle_f32x4(b, d, 0x88);
        rows[i + 12] = _mm512_shuffle_f32x4(b, d, 0xdd);
    }
}
