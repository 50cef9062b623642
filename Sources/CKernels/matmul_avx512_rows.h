#pragma once

// Rounding rows of activations to 8 bits. Included by matmul_avx512.c, whose target attribute holds here too.
//
// PERF: one part (16 columns) at a time -> four, whose largest magnitudes are found in one transposition: 0.30 -> 0.11 ns
// for an element of a row, and 0.10 when the four rows of a group come together.

/// Lane `j` of each member belongs to vector `j` of four: the activations of a part (16 columns) of a row.
typedef struct {
    /// As bits: a NaN is larger than everything.
    __m128i magnitudes;
    /// What `nt_activation_scale_for` gives for them.
    __m128 scales, inverses;
} four_scales;

/// Four parts, rounded.
typedef struct {
    /// In 128-bit lane `l`, lane `j`: the four levels from column `4 l` of part `j`.
    __m512i levels;
    __m128 sums;
    __m128i negative_level_sums;
} four_parts;

/// The scales of four parts, each with its largest magnitude.
INLINE four_scales scales_of(const __m512 values[4]) {
    __m512i v[4];
    for (int j = 0; j < 4; j++) {
        v[j] = _mm512_and_si512(_mm512_castps_si512(values[j]), _mm512_set1_epi32(0x7FFFFFFF));
    }
    // A step of a transposition, and the larger of the two; then another.
    const __m512i a = _mm512_max_epu32(_mm512_unpacklo_epi32(v[0], v[1]), _mm512_unpackhi_epi32(v[0], v[1]));
    const __m512i b = _mm512_max_epu32(_mm512_unpacklo_epi32(v[2], v[3]), _mm512_unpackhi_epi32(v[2], v[3]));
    const __m512i lanes = _mm512_max_epu32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    const __m256i two = _mm256_max_epu32(_mm512_castsi512_si256(lanes), _mm512_extracti64x4_epi64(lanes, 1));
    const __m128i bits = _mm_max_epu32(_mm256_castsi256_si128(two), _mm256_extracti128_si256(two, 1));
    const __m128 magnitudes = _mm_castsi128_ps(bits), full = _mm_set1_ps(127.0f);
    const __mmask8 counts = _mm_cmp_ps_mask(magnitudes, _mm_set1_ps(1e-30f), _CMP_NLT_UQ);
    return (four_scales){
        bits, _mm_maskz_div_ps(counts, magnitudes, full), _mm_maskz_div_ps(counts, full, magnitudes)};
}

INLINE __m128i sum_over_lanes(__m512i value) {
    const __m256i two = _mm256_add_epi32(_mm512_castsi512_si256(value), _mm512_extracti64x4_epi64(value, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(two), _mm256_extracti128_si256(two, 1));
}

INLINE four_parts round_parts(const __m512 values[4], const four_scales *scales) {
    float inverses[4];
    _mm_storeu_ps(inverses, scales->inverses);
    __m512i integers[4];
    for (int j = 0; j < 4; j++) {
        integers[j] = _mm512_cvtps_epi32(_mm512_mul_ps(values[j], _mm512_set1_ps(inverses[j])));
    }
    const __m512i bytes = _mm512_packs_epi16(
        _mm512_packs_epi32(integers[0], integers[1]), _mm512_packs_epi32(integers[2], integers[3]));
    // The levels of a part with a NaN or an infinity in it are zero.
    const __mmask16 are_numbers = _mm512_cmplt_epu32_mask(
        _mm512_broadcast_i32x4(scales->magnitudes), _mm512_set1_epi32(0x7F800000));
    const __m512i levels = _mm512_maskz_mov_epi32(are_numbers, bytes);
    const __m128i level_sums = sum_over_lanes(
        _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(1), levels));
    return (four_parts){
        .levels = levels,
        .sums = _mm_mul_ps(scales->scales, _mm_cvtepi32_ps(level_sums)),
        .negative_level_sums = _mm_sub_epi32(_mm_setzero_si128(), level_sums),
    };
}

/// Rounds four rows: a part is a row, and everything lies as a block has it.
static void quantize_group(const float *rows, size_t stride, size_t column_count, nt_activation_block *group) {
    for (size_t k = 0; k < column_count; k += NT_BLOCK_COLUMNS, group++) {
        __m512 values[2][4];
        four_scales scales[2];
        four_parts parts[2];
        for (size_t half = 0; half < 2; half++) {
            for (size_t r = 0; r < 4; r++) values[half][r] = _mm512_loadu_ps(rows + r * stride + k + 16 * half);
            scales[half] = scales_of(values[half]);
            _mm_storeu_ps(group->scale[half], scales[half].scales);
        }
        for (size_t half = 0; half < 2; half++) {
            parts[half] = round_parts(values[half], &scales[half]);
            _mm512_storeu_si512(group->levels[4 * half], parts[half].levels);
            _mm_storeu_ps(group->sum[half], parts[half].sums);
            _mm_storeu_si128((__m128i *)group->negative_level_sum[half], parts[half].negative_level_sums);
        }
        _mm_storeu_ps(group->total, _mm_add_ps(parts[0].sums, parts[1].sums));
    }
}

/// Lane `j` of `source` in all lanes where `mask` says so; `target` elsewhere.
INLINE __m512i spread(__m512i target, __mmask16 mask, __m128i source, int j) {
    const __m512i wide = _mm512_broadcast_i32x4(source);
    return _mm512_mask_mov_epi32(target, mask, _mm512_permutexvar_epi32(_mm512_set1_epi32(j), wide));
}

/// Writes parts `part` and `part + 1` to the lanes `row` of a block, a cache line at a time.
INLINE void store_parts(
    const four_parts *parts, const four_scales *scales, int part, __mmask16 row, nt_activation_block *block) {
    const __mmask16 all = 0xFFFF, second = 0x00F0, third = 0x0F00, fourth = 0xF000;
    const __m128i scale = _mm_castps_si128(scales->scales), sum = _mm_castps_si128(parts->sums);
    const __m128 total = _mm_add_ps(parts->sums, _mm_permute_ps(parts->sums, 0xB1));
    for (int half = 0; half < 2; half++) {
        const __m512 levels = _mm512_castsi512_ps(parts->levels);
        const __m512 four = _mm512_permutevar_ps(levels, _mm512_set1_epi32(part + half));
        _mm512_mask_storeu_ps(block->levels[4 * half], row, four);
    }
    __m512i line = spread(_mm512_setzero_si512(), all, scale, part);
    line = spread(line, second, scale, part + 1);
    line = spread(line, third, sum, part);
    line = spread(line, fourth, sum, part + 1);
    _mm512_mask_storeu_epi32(block->scale, row, line);
    line = spread(_mm512_setzero_si512(), all, _mm_castps_si128(total), part);
    line = spread(line, second, parts->negative_level_sums, part);
    line = spread(line, third, parts->negative_level_sums, part + 1);
    _mm512_mask_storeu_epi32(block->total, row, line);
}

/// Four vectors of a row, or two and zeros at its end.
INLINE void load_parts(const float *row, size_t column_count, __m512 values[4]) {
    const __mmask16 rest = column_count >= 2 * NT_BLOCK_COLUMNS ? 0xFFFF : 0;
    for (size_t j = 0; j < 4; j++) values[j] = _mm512_maskz_loadu_ps(j < 2 ? 0xFFFF : rest, row + 16 * j);
}

/// Rounds one row: the parts are two of a block and two of the next.
static void quantize_row(const float *row, size_t column_count, size_t lane, nt_activation_block *group) {
    // PERF: scales of a span before its levels: 0.14 -> 0.11 ns for an element; each is a long chain of instructions, and
    // the processor looks ahead over more of them when they are apart.
    enum { STEP = 2 * NT_BLOCK_COLUMNS, SPAN = 8 * STEP };
    const __mmask16 lanes = (__mmask16)(0x1111u << lane);
    __m512 values[4];
    four_scales scales[SPAN / STEP];
    for (size_t start = 0; start < column_count; start += SPAN) {
        const size_t rest = column_count - start, end = start + (rest < SPAN ? rest : SPAN);
        for (size_t k = start; k < end; k += STEP) {
            load_parts(row + k, column_count - k, values);
            scales[(k - start) / STEP] = scales_of(values);
        }
        for (size_t k = start; k < end; k += STEP, group += 2) {
            load_parts(row + k, column_count - k, values);
            const four_scales *step = &scales[(k - start) / STEP];
            const four_parts parts = round_parts(values, step);
            store_parts(&parts, step, 0, lanes, group);
            if (column_count - k >= STEP) store_parts(&parts, step, 2, lanes, group + 1);
        }
    }
}
