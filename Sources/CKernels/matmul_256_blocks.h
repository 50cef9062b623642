#pragma once

// Reading blocks of weights with 256-bit registers. Included inside the target attribute of the kernels that use it,
// after <immintrin.h>.

#include "matmul_layout.h"

#define INLINE static inline __attribute__((always_inline))

// Shapes are constants in these loops. Left to itself the compiler keeps some, and shifts by variables inside.
// PERF: 4 rows with AVX-VNNI: Q5_K 92 -> 131, Q6_K 97 -> 128, Q4_K 132 -> 151 billion products a second (Zen 5).
#define UNROLL _Pragma("clang loop unroll(full)")

// A panel of 16 rows is two sides of 8: bytes 0-31 and 32-63 of each dot vector.

enum { SIDE_ROWS = NT_PANEL_ROWS / 2, SIDES = 2 };

INLINE __m256i load(const uint8_t *bytes) {
    return _mm256_loadu_si256((const __m256i *)bytes);
}

/// Shifts the bits of 16-bit lanes left by `count`, or right when it is negative.
INLINE __m256i shift(__m256i value, int count) {
    if (count == 0) return value;
    return count > 0 ? _mm256_slli_epi16(value, count) : _mm256_srli_epi16(value, -count);
}

/// `(extra & mask) | low`.
INLINE __m256i merge(__m256i low, __m256i extra, int mask) {
    return _mm256_or_si256(low, _mm256_and_si256(extra, _mm256_set1_epi8((char)mask)));
}

/// The entries of the codebook with these numbers, as unsigned bytes.
INLINE __m256i look_up(nt_layout layout, __m256i numbers) {
    const __m128i entries = _mm_loadu_si128((const __m128i *)nt_codebook_levels[layout.codebook]);
    const __m128i unsigned_entries = _mm_add_epi8(entries, _mm_set1_epi8((char)(1 << layout.offset_shift)));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(unsigned_entries), numbers);
}

/// One side of dot vector `v` (0 ..< 8) of a block as unsigned bytes. `planes` is moved on to the side.
INLINE __m256i levels(nt_layout layout, const uint8_t *planes, int v) {
    const __m256i nibble = _mm256_set1_epi8(15), crumb = _mm256_set1_epi8(3);
    if (layout.bits == 8) return load(planes + 64 * v);
    if (layout.bits <= 3) {
        const __m256i low = _mm256_and_si256(shift(load(planes + 64 * (v / 4)), -2 * (v % 4)), crumb);
        return layout.bits == 2 ? low : merge(low, shift(load(planes + 128), 2 - v), 1 << 2);
    }
    const __m256i low = _mm256_and_si256(shift(load(planes + 64 * (v / 2)), -4 * (v % 2)), nibble);
    if (layout.bits == 5) return merge(low, shift(load(planes + 256), 4 - v), 1 << 4);
    if (layout.bits == 6) return merge(low, shift(load(planes + 256 + 64 * (v / 4)), 4 - 2 * (v % 4)), 3 << 4);
    return layout.codebook == NT_CODEBOOK_NONE ? low : look_up(layout, low);
}

INLINE __m256 load_halves(const uint8_t *halves) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)halves));
}

/// 8 exponent bytes as the scales they stand for; see `nt_float_from_exponent`.
INLINE __m256 load_exponents(const uint8_t *bytes) {
    const __m256i exponent = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)bytes));
    const __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(exponent, _mm256_set1_epi32(1)), 23);
    const __m256i subnormal = _mm256_sllv_epi32(_mm256_set1_epi32(0x200000), exponent);
    const __m256i is_subnormal = _mm256_cmpgt_epi32(_mm256_set1_epi32(2), exponent);
    return _mm256_castsi256_ps(_mm256_blendv_epi8(normal, subnormal, is_subnormal));
}

INLINE __m256 load_bytes(const uint8_t *bytes, bool is_signed) {
    const __m128i narrow = _mm_loadl_epi64((const __m128i *)bytes);
    return _mm256_cvtepi32_ps(is_signed ? _mm256_cvtepi8_epi32(narrow) : _mm256_cvtepu8_epi32(narrow));
}

/// The scale and minimum of 8 rows, for each half of a block.
typedef struct {
    __m256 scale[2], minimum[2];
} factors;

/// The f16 factors that the 8-bit factors of a superblock are multiplied by.
typedef struct {
    __m256 d, dmin;
} super_factors;

INLINE super_factors load_super_factors(nt_layout layout, const uint8_t *header, int side) {
    const uint8_t *halves = header + NT_PANEL_ROWS * side;
    super_factors result = {.d = load_halves(halves)};
    result.dmin = layout.has_minimum ? load_halves(halves + NT_HALF_VECTOR_BYTES) : result.d;
    return result;
}

INLINE factors load_factors(nt_layout layout, const uint8_t *block, int side, super_factors super) {
    factors result;
    if (layout.part_length == 0) {
        const uint8_t *halves = block + NT_PANEL_ROWS * side;
        result.scale[0] = layout.has_exponent_scale ? load_exponents(block + SIDE_ROWS * side) : load_halves(halves);
        result.minimum[0] = layout.has_minimum ? load_halves(halves + NT_HALF_VECTOR_BYTES) : result.scale[0];
    } else {
        const int parts = NT_BLOCK_COLUMNS / layout.part_length;
        for (int part = 0; part < parts; part++) {
            const uint8_t *scale = block + NT_PANEL_ROWS * part + SIDE_ROWS * side;
            const uint8_t *minimum = scale + NT_PANEL_ROWS * parts;
            result.scale[part] = _mm256_mul_ps(super.d, load_bytes(scale, layout.has_signed_scale));
            result.minimum[part] =
                layout.has_minimum ? _mm256_mul_ps(super.dmin, load_bytes(minimum, false)) : result.scale[part];
        }
        if (parts == 2) return result;
    }
    result.scale[1] = result.scale[0];
    result.minimum[1] = result.minimum[0];
    return result;
}

/// What a dot product starts with: minus the offset times the sum of the activations' levels.
INLINE __m256i dot_start(nt_layout layout, const nt_activation_block *x, int half, int r) {
    if (layout.offset_shift == 0) return _mm256_setzero_si256();
    return _mm256_slli_epi32(_mm256_set1_epi32(x->negative_level_sum[half][r]), layout.offset_shift);
}
