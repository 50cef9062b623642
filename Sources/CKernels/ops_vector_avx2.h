#pragma once

// The vector vocabulary of the float kernels in AVX2, FMA and F16C: eight lanes. See ops_vector_portable.h for what
// each word means. Include it inside a region with these targets.

typedef __m256 vec;

enum {
    lanes = 8,
    score_vectors = 2,
    score_rows = 4,
    mix_vectors = 2,
    mix_rows = 4,
};

static inline vec v_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void v_store(float *p, vec v) { _mm256_storeu_ps(p, v); }

static inline __m256i first_lanes(int64_t count) {
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), index);
}

static inline vec v_load_part(const float *p, int64_t count) { return _mm256_maskload_ps(p, first_lanes(count)); }
static inline void v_store_part(float *p, vec v, int64_t count) { _mm256_maskstore_ps(p, first_lanes(count), v); }

static inline vec v_set(float x) { return _mm256_set1_ps(x); }
static inline vec v_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
static inline vec v_max(vec a, vec b) { return _mm256_max_ps(a, b); }
static inline vec v_min(vec a, vec b) { return _mm256_min_ps(a, b); }
// The second operand comes out when one is not a number.
static inline vec v_at_least(vec v, float limit) { return _mm256_max_ps(_mm256_set1_ps(limit), v); }
static inline vec v_round(vec v) { return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

static inline vec v_times_power(vec v, vec n) {
    const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return v * _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
}

static inline vec v_zero_below(vec v, vec x, float limit) {
    return _mm256_and_ps(v, _mm256_cmp_ps(x, _mm256_set1_ps(limit), _CMP_GE_OQ));
}

static inline vec v_keep(vec v, int64_t begin, int64_t end, float fill) {
    const int64_t skipped = begin < 0 ? 0 : begin > lanes ? lanes : begin;
    const int64_t reached = end < 0 ? 0 : end > lanes ? lanes : end;
    const __m256i keep = _mm256_andnot_si256(first_lanes(skipped), first_lanes(reached));
    return _mm256_blendv_ps(_mm256_set1_ps(fill), v, _mm256_castsi256_ps(keep));
}

static inline float v_sum(vec v) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline float v_highest(vec v) {
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

static inline vec v_swap_pairs(vec v) { return _mm256_permute_ps(v, 0xb1); }

typedef __m256i ivec;
typedef __m256i isum;

static inline isum i_zero(void) { return _mm256_setzero_si256(); }
static inline ivec i_load_i16(const int16_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline ivec i_load_i8(const int8_t *p) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p)); }

static inline ivec i_pair(const int16_t *p) {
    int32_t pair;
    memcpy(&pair, p, sizeof pair);
    return _mm256_set1_epi32(pair);
}

static inline isum i_dot(isum sum, ivec a, ivec b) { return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)); }
static inline vec i_float(isum sum) { return _mm256_cvtepi32_ps(sum); }

static inline void v_store_i16(int16_t *p, vec v) {
    const __m256i whole = _mm256_cvtps_epi32(v);
    const __m256i halves = _mm256_permute4x64_epi64(_mm256_packs_epi32(whole, whole), 0x08);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(halves));
}

static inline void v_interleave_i16(int16_t *p, const int16_t *even, const int16_t *odd) {
    const __m256i low = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)even));
    const __m256i high = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)odd));
    _mm256_storeu_si256((__m256i *)p, _mm256_or_si256(low, _mm256_slli_epi32(high, 16)));
}

static inline void v_transpose(vec rows[lanes]) {
    vec t[lanes];
#pragma clang loop unroll(full)
    for (int i = 0; i < lanes; i += 4) {
        // Four by four within each half.
        const __m256d ab = _mm256_castps_pd(_mm256_unpacklo_ps(rows[i], rows[i + 1]));
        const __m256d cd = _mm256_castps_pd(_mm256_unpacklo_ps(rows[i + 2], rows[i + 3]));
        const __m256d ab2 = _mm256_castps_pd(_mm256_unpackhi_ps(rows[i], rows[i + 1]));
        const __m256d cd2 = _mm256_castps_pd(_mm256_unpackhi_ps(rows[i + 2], rows[i + 3]));
        t[i] = _mm256_castpd_ps(_mm256_unpacklo_pd(ab, cd));
        t[i + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(ab, cd));
        t[i + 2] = _mm256_castpd_ps(_mm256_unpacklo_pd(ab2, cd2));
        t[i + 3] = _mm256_castpd_ps(_mm256_unpackhi_pd(ab2, cd2));
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        // Then the halves.
        rows[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
        rows[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
    }
}
