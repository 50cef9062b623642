#include "matmul_layout.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))

// A panel of 16 rows is done as two sides of 8: bytes 0-31 and 32-63 of each dot vector.

enum { SIDE_ROWS = NT_PANEL_ROWS / 2 };

// MARK: - Reading a block

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

// MARK: - The product of quantised matrices

/// The integer dot products of 16 columns (half `half` of a block) of 8 weight rows with `rows` activation rows.
///
/// `vpmaddubsw` adds two products into 16 bits with saturation, so what may be added up before the step to 32 bits
/// depends on the width of a level: with |activation| <= 127, four sums of 5-bit pairs reach 31,496 and two of 6-bit
/// pairs 32,004. 8-bit levels are given back their sign, which moves to the activation: 2 x 128 x 127 = 32,512.
INLINE void dot_products(
    nt_layout layout, int rows, const uint8_t *planes, const nt_activation_block *x, int half, __m256i dots[4]) {
    const __m256i ones = _mm256_set1_epi16(1);
    const int bits = nt_layout_level_bits(layout);
    const int depth = bits == 8 ? 1 : bits == 6 ? 2 : 4;
    for (int r = 0; r < rows; r++) {
        dots[r] = layout.offset_shift == 0 || bits == 8
            ? _mm256_setzero_si256()
            : _mm256_slli_epi32(_mm256_set1_epi32(x->negative_level_sum[half][r]), layout.offset_shift);
    }
    __m256i narrow[4];
    for (int i = 0; i < 4; i++) {
        const __m256i raw = levels(layout, planes, 4 * half + i);
        const __m256i w = bits == 8 ? _mm256_xor_si256(raw, _mm256_set1_epi8((char)0x80)) : raw;
        const __m256i magnitude = bits == 8 ? _mm256_abs_epi8(w) : w;
        for (int r = 0; r < rows; r++) {
            int32_t four;
            memcpy(&four, x->levels[4 * half + i][r], sizeof four);
            const __m256i broadcast = _mm256_set1_epi32(four);
            const __m256i signed_x = bits == 8 ? _mm256_sign_epi8(broadcast, w) : broadcast;
            const __m256i pairs = _mm256_maddubs_epi16(magnitude, signed_x);
            narrow[r] = i % depth == 0 ? pairs : _mm256_add_epi16(narrow[r], pairs);
            if (i % depth == depth - 1) dots[r] = _mm256_add_epi32(dots[r], _mm256_madd_epi16(narrow[r], ones));
        }
    }
}

/// Adds one block to the accumulators; the floating-point operations are those of `accumulate_block` in
/// matmul_scalar.c, in the same order.
INLINE void accumulate_block(
    nt_layout layout, int rows, const uint8_t *block, int side, super_factors super, const nt_activation_block *x,
    __m256 sums[4]) {
    const factors f = load_factors(layout, block, side, super);
    const uint8_t *planes = block + nt_layout_header_bytes(layout) + 32 * side;
    __m256i dots[4];
    __m256 partial[4];
    dot_products(layout, rows, planes, x, 0, dots);
    for (int r = 0; r < rows; r++) {
        partial[r] = _mm256_mul_ps(_mm256_cvtepi32_ps(dots[r]), _mm256_set1_ps(x->scale[0][r]));
        if (layout.part_length == 16) sums[r] = _mm256_fmadd_ps(partial[r], f.scale[0], sums[r]);
    }
    dot_products(layout, rows, planes, x, 1, dots);
    for (int r = 0; r < rows; r++) {
        const __m256 dot = _mm256_cvtepi32_ps(dots[r]), scale = _mm256_set1_ps(x->scale[1][r]);
        if (layout.part_length == 16) {
            sums[r] = _mm256_fmadd_ps(_mm256_mul_ps(dot, scale), f.scale[1], sums[r]);
        } else {
            sums[r] = _mm256_fmadd_ps(_mm256_fmadd_ps(dot, scale, partial[r]), f.scale[0], sums[r]);
        }
    }
    if (!layout.has_minimum) return;
    for (int r = 0; r < rows; r++) {
        if (layout.part_length == 16) {
            sums[r] = _mm256_fmadd_ps(f.minimum[0], _mm256_set1_ps(x->sum[0][r]), sums[r]);
            sums[r] = _mm256_fmadd_ps(f.minimum[1], _mm256_set1_ps(x->sum[1][r]), sums[r]);
        } else {
            sums[r] = _mm256_fmadd_ps(f.minimum[0], _mm256_set1_ps(x->total[r]), sums[r]);
        }
    }
}

/// Writes the accumulators of 8 columns of a tile, from column `first` on.
INLINE void store(const nt_tile *tile, int rows, int first, const __m256 sums[4]) {
    const int columns = tile->column_count - first < SIDE_ROWS ? tile->column_count - first : SIDE_ROWS;
    const __m256i mask =
        _mm256_cmpgt_epi32(_mm256_set1_epi32(columns), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    for (int r = 0; r < rows && r < tile->row_count; r++) {
        float *output = tile->output + (size_t)r * tile->output_stride + first;
        __m256 value = sums[r];
        if (tile->bias) value = _mm256_add_ps(value, _mm256_maskload_ps(tile->bias + first, mask));
        if (tile->accumulate) value = _mm256_add_ps(value, _mm256_maskload_ps(output, mask));
        _mm256_maskstore_ps(output, mask, value);
    }
}

/// Asks for the cache lines of `count` bytes; addresses past the matrix do no harm.
INLINE void prefetch(const uint8_t *bytes, size_t count) {
    for (size_t line = 0; line < count; line += 64) _mm_prefetch(bytes + line, _MM_HINT_T0);
}

INLINE void quantized_side(nt_layout layout, int rows, const nt_tile *tile, const uint8_t *block, int first) {
    const int side = first / SIDE_ROWS % 2;
    const size_t block_bytes = nt_layout_block_bytes(layout);
    const nt_activation_block *x = (const nt_activation_block *)(const void *)tile->activations;
    __m256 sums[4];
    for (int r = 0; r < rows; r++) sums[r] = _mm256_setzero_ps();
    super_factors super = {0};
    const size_t run = layout.part_length == 0 ? tile->block_count : NT_BLOCKS_PER_SUPERBLOCK;
    for (size_t b = 0; b < tile->block_count; b += run) {
        if (layout.part_length != 0) {
            super = load_super_factors(layout, block, side);
            block += nt_layout_superblock_header_bytes(layout);
        }
        for (size_t i = 0; i < run; i++, x++, block += block_bytes) {
            if (tile->prefetch_bytes != 0 && side == 0) prefetch(block + tile->prefetch_bytes, block_bytes);
            accumulate_block(layout, rows, block, side, super, x, sums);
        }
    }
    store(tile, rows, first, sums);
}

INLINE void quantized_tile(nt_layout layout, int rows, const nt_tile *tile) {
    for (int first = 0; first < tile->column_count; first += SIDE_ROWS) {
        const size_t panel = (size_t)(first / NT_PANEL_ROWS);
        quantized_side(layout, rows, tile, tile->panels + panel * tile->panel_byte_count, first);
    }
}

// MARK: - The product of float matrices

INLINE __m256 load_floats(nt_format format, const uint8_t *panel, size_t index) {
    switch (format) {
    case NT_F32:
        return _mm256_loadu_ps((const float *)(const void *)(panel + 4 * index));
    case NT_F16:
        return load_halves(panel + 2 * index);
    default: {
        const __m128i brain = _mm_loadu_si128((const __m128i *)(panel + 2 * index));
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(brain), 16));
    }
    }
}

/// A panel, both sides: up to 4 rows x 16 columns.
INLINE void float_panel(nt_format format, int rows, const nt_tile *tile, const uint8_t *panel, int first) {
    const float *x = (const float *)(const void *)tile->activations;
    const size_t vector_bytes = format == NT_F32 ? 64 : 32;
    __m256 sums[2][4];
    for (int r = 0; r < rows; r++) sums[0][r] = sums[1][r] = _mm256_setzero_ps();
    for (size_t k = 0; k < tile->block_count; k++, x += NT_GROUP_ROWS) {
        if (tile->prefetch_bytes != 0) prefetch(panel + vector_bytes * k + tile->prefetch_bytes, 1);
        const __m256 left = load_floats(format, panel, NT_PANEL_ROWS * k);
        const __m256 right = load_floats(format, panel, NT_PANEL_ROWS * k + SIDE_ROWS);
        for (int r = 0; r < rows; r++) {
            const __m256 broadcast = _mm256_set1_ps(x[r]);
            sums[0][r] = _mm256_fmadd_ps(left, broadcast, sums[0][r]);
            sums[1][r] = _mm256_fmadd_ps(right, broadcast, sums[1][r]);
        }
    }
    store(tile, rows, first, sums[0]);
    if (tile->column_count > first + SIDE_ROWS) store(tile, rows, first + SIDE_ROWS, sums[1]);
}

INLINE void float_tile(nt_format format, int rows, const nt_tile *tile) {
    for (int first = 0; first < tile->column_count; first += NT_PANEL_ROWS) {
        const size_t panel = (size_t)(first / NT_PANEL_ROWS);
        float_panel(format, rows, tile, tile->panels + panel * tile->panel_byte_count, first);
    }
}

// MARK: - Activations

INLINE uint32_t largest_lane(__m256i value) {
    __m128i four = _mm_max_epu32(_mm256_castsi256_si128(value), _mm256_extracti128_si256(value, 1));
    four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0x4E));
    four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0xB1));
    return (uint32_t)_mm_cvtsi128_si32(four);
}

/// Eight activations as levels in 32-bit lanes, 0 where they are not numbers.
INLINE __m256i round_levels(__m256 values, float inverse) {
    const __m256i integers = _mm256_cvtps_epi32(_mm256_mul_ps(values, _mm256_set1_ps(inverse)));
    // A NaN converts to the least integer; its low byte is 0.
    return _mm256_srai_epi32(_mm256_slli_epi32(integers, 24), 24);
}

static void quantize_row(const float *row, size_t column_count, size_t lane, nt_activation_block *group) {
    const __m256i magnitude = _mm256_set1_epi32(0x7FFFFFFF);
    for (size_t k = 0; k < column_count; k += 16) {
        nt_activation_block *block = group + k / NT_BLOCK_COLUMNS;
        const size_t half = (k / 16) % 2;
        const __m256 left = _mm256_loadu_ps(row + k), right = _mm256_loadu_ps(row + k + 8);
        const __m256i larger = _mm256_max_epu32(
            _mm256_and_si256(_mm256_castps_si256(left), magnitude),
            _mm256_and_si256(_mm256_castps_si256(right), magnitude));
        const nt_activation_scale scale = nt_activation_scale_for(largest_lane(larger));
        const __m256i a = round_levels(left, scale.inverse), b = round_levels(right, scale.inverse);
        const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xD8);
        const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
        int32_t fours[4];
        _mm_storeu_si128((__m128i *)fours, bytes);
        for (size_t i = 0; i < 4; i++) memcpy(block->levels[4 * half + i][lane], &fours[i], 4);
        __m256i sums = _mm256_madd_epi16(words, _mm256_set1_epi16(1));
        __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
        four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1));
        nt_set_activation_factors(block, half, lane, scale.value, _mm_cvtsi128_si32(four));
    }
}

#define TILES(name, ...)                                                                              \
    static void one_##name(const nt_tile *tile) { quantized_tile((nt_layout){__VA_ARGS__}, 1, tile); }     \
    static void four_##name(const nt_tile *tile) { quantized_tile((nt_layout){__VA_ARGS__}, 4, tile); }
NT_LAYOUTS(TILES)

#define FLOAT_TILES(name)                                                              \
    static void one_##name(const nt_tile *tile) { float_tile(NT_##name, 1, tile); }    \
    static void four_##name(const nt_tile *tile) { float_tile(NT_##name, 4, tile); }
FLOAT_TILES(F32)
FLOAT_TILES(F16)
FLOAT_TILES(BF16)

#pragma clang attribute pop

#define ONE(name, ...) [NT_##name] = one_##name,
#define FOUR(name, ...) [NT_##name] = four_##name,

const nt_kernel_table nt_kernels_avx2 = {
    .name = "avx2",
    .one = {NT_LAYOUTS(ONE) ONE(F32) ONE(F16) ONE(BF16)},
    .four = {NT_LAYOUTS(FOUR) FOUR(F32) FOUR(F16) FOUR(BF16)},
    .quantize_row = quantize_row,
};
#endif
