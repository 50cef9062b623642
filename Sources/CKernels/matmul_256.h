#pragma once

// The kernels with 256-bit registers, but for the step that `dot_products` takes: that one differs between the
// instruction sets, and whoever includes this defines it before. Included inside the target attribute.

#include "matmul_256_blocks.h"

// MARK: - The product of quantised matrices

/// Adds one block to the accumulators of `rows` x 16 outputs; the floating-point operations are those of
/// `accumulate_block` in matmul_scalar.c, in the same order.
INLINE void accumulate_block(
    nt_layout layout, int rows, const uint8_t *block, const super_factors super[SIDES], const nt_activation_block *x,
    __m256 sums[4][SIDES]) {
    const uint8_t *planes = block + nt_layout_header_bytes(layout);
    factors f[SIDES];
    for (int s = 0; s < SIDES; s++) f[s] = load_factors(layout, block, s, super[s]);
    __m256 partial[4][SIDES];
    UNROLL
    for (int half = 0; half < 2; half++) {
        __m256i dots[4][SIDES];
        dot_products(layout, rows, planes, x, half, dots);
        UNROLL
        for (int r = 0; r < rows; r++) {
            const __m256 scale = _mm256_set1_ps(x->scale[half][r]);
            UNROLL
            for (int s = 0; s < SIDES; s++) {
                const __m256 dot = _mm256_cvtepi32_ps(dots[r][s]);
                if (layout.part_length == 16) {
                    sums[r][s] = _mm256_fmadd_ps(_mm256_mul_ps(dot, scale), f[s].scale[half], sums[r][s]);
                } else if (half == 0) {
                    partial[r][s] = _mm256_mul_ps(dot, scale);
                } else {
                    partial[r][s] = _mm256_fmadd_ps(dot, scale, partial[r][s]);
                    sums[r][s] = _mm256_fmadd_ps(partial[r][s], f[s].scale[0], sums[r][s]);
                }
            }
        }
    }
    if (!layout.has_minimum) return;
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int s = 0; s < SIDES; s++) {
            if (layout.part_length == 16) {
                sums[r][s] = _mm256_fmadd_ps(f[s].minimum[0], _mm256_set1_ps(x->sum[0][r]), sums[r][s]);
                sums[r][s] = _mm256_fmadd_ps(f[s].minimum[1], _mm256_set1_ps(x->sum[1][r]), sums[r][s]);
            } else {
                sums[r][s] = _mm256_fmadd_ps(f[s].minimum[0], _mm256_set1_ps(x->total[r]), sums[r][s]);
            }
        }
    }
}

/// Writes the accumulators of one panel of a tile, from column `first` on.
INLINE void store(const nt_tile *tile, int rows, int first, __m256 sums[4][SIDES]) {
    for (int s = 0; s < SIDES; s++, first += SIDE_ROWS) {
        const int columns = tile->column_count - first;
        if (columns <= 0) return;
        const __m256i mask =
            _mm256_cmpgt_epi32(_mm256_set1_epi32(columns), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
        for (int r = 0; r < rows && r < tile->row_count; r++) {
            float *output = tile->output + (size_t)r * tile->output_stride + first;
            __m256 value = sums[r][s];
            if (tile->bias) value = _mm256_add_ps(value, _mm256_maskload_ps(tile->bias + first, mask));
            if (tile->accumulate) value = _mm256_add_ps(value, _mm256_maskload_ps(output, mask));
            _mm256_maskstore_ps(output, mask, value);
        }
    }
}

/// Asks for the cache lines of `count` bytes; addresses past the matrix do no harm.
INLINE void prefetch(const uint8_t *bytes, size_t count) {
    for (size_t line = 0; line < count; line += 64) _mm_prefetch(bytes + line, _MM_HINT_T0);
}

/// A panel: up to `rows` rows x 16 columns, from column `first` of the tile on.
///
/// PERF: both sides at once, so that they share the broadcasts, against one after the other: 4 rows 1.00 to 1.05 times
/// as fast with AVX2 and 1.1 to 1.2 times with AVX-VNNI, one row 1.02 to 1.2 times (Zen 5).
INLINE void quantized_panel(nt_layout layout, int rows, const nt_tile *tile, const uint8_t *block, int first) {
    const size_t block_bytes = nt_layout_block_bytes(layout);
    const nt_activation_block *x = (const nt_activation_block *)(const void *)tile->activations;
    __m256 sums[4][SIDES];
    for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = _mm256_setzero_ps();
    super_factors super[SIDES] = {0};
    const size_t run = layout.part_length == 0 ? tile->block_count : NT_BLOCKS_PER_SUPERBLOCK;
    for (size_t b = 0; b < tile->block_count; b += run) {
        if (layout.part_length != 0) {
            for (int s = 0; s < SIDES; s++) super[s] = load_super_factors(layout, block, s);
            block += nt_layout_superblock_header_bytes(layout);
        }
        for (size_t i = 0; i < run; i++, x++, block += block_bytes) {
            if (nt_tile_fetches(tile, b + i)) prefetch(block + tile->prefetch_bytes, block_bytes);
            accumulate_block(layout, rows, block, super, x, sums);
        }
    }
    store(tile, rows, first, sums);
}

INLINE void quantized_tile(nt_layout layout, int rows, const nt_tile *tile) {
    for (int first = 0; first < tile->column_count; first += NT_PANEL_ROWS) {
        const size_t panel = (size_t)(first / NT_PANEL_ROWS);
        quantized_panel(layout, rows, tile, tile->panels + panel * tile->panel_byte_count, first);
    }
}

// MARK: - The product of float matrices

/// One column of the eight rows from `row` on.
INLINE __m256 load_floats(nt_format format, const uint8_t *panel, size_t column, size_t row) {
    const size_t index = NT_PANEL_ROWS * column + row;
    switch (format) {
    case NT_F32:
        return _mm256_loadu_ps((const float *)(const void *)(panel + 4 * index));
    case NT_F16:
        return load_halves(panel + 2 * index);
    default: {
        const __m256i pairs = _mm256_loadu_si256((const __m256i *)(panel + 64 * (column / 2) + 4 * row));
        return _mm256_castsi256_ps(
            column % 2 == 0 ? _mm256_slli_epi32(pairs, 16) : _mm256_and_si256(pairs, _mm256_set1_epi32(-65536)));
    }
    }
}

/// A panel, both sides: up to 4 rows x 16 columns.
INLINE void float_panel(nt_format format, int rows, const nt_tile *tile, const uint8_t *panel, int first) {
    const float *x = (const float *)(const void *)tile->activations;
    const size_t vector_bytes = format == NT_F32 ? 64 : 32;
    __m256 sums[4][SIDES];
    for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = _mm256_setzero_ps();
    // Which half of a pair a column is, the compiler knows of two together.
#pragma clang loop unroll_count(2)
    for (size_t k = 0; k < tile->block_count; k++, x += NT_GROUP_ROWS) {
        if (nt_tile_fetches(tile, k)) prefetch(panel + vector_bytes * k + tile->prefetch_bytes, 1);
        const __m256 left = load_floats(format, panel, k, 0);
        const __m256 right = load_floats(format, panel, k, SIDE_ROWS);
        UNROLL
        for (int r = 0; r < rows; r++) {
            const __m256 broadcast = _mm256_set1_ps(x[r]);
            sums[r][0] = _mm256_fmadd_ps(left, broadcast, sums[r][0]);
            sums[r][1] = _mm256_fmadd_ps(right, broadcast, sums[r][1]);
        }
    }
    store(tile, rows, first, sums);
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

// MARK: - The table

#define TILES(name, ...)                                                                               \
    static void one_##name(const nt_tile *tile) { quantized_tile((nt_layout){__VA_ARGS__}, 1, tile); } \
    static void four_##name(const nt_tile *tile) { quantized_tile((nt_layout){__VA_ARGS__}, 4, tile); }
NT_LAYOUTS(TILES)

#define FLOAT_TILES(name)                                                              \
    static void one_##name(const nt_tile *tile) { float_tile(NT_##name, 1, tile); }    \
    static void four_##name(const nt_tile *tile) { float_tile(NT_##name, 4, tile); }
FLOAT_TILES(F32)
FLOAT_TILES(F16)
FLOAT_TILES(BF16)

#define ONE(name, ...) [NT_##name] = one_##name,
#define FOUR(name, ...) [NT_##name] = four_##name,

#define NT_MATMUL_TABLE(table_name)                              \
    {                                                            \
        .name = table_name,                                      \
        .one = {NT_LAYOUTS(ONE) ONE(F32) ONE(F16) ONE(BF16)},    \
        .four = {NT_LAYOUTS(FOUR) FOUR(F32) FOUR(F16) FOUR(BF16)}, \
        .quantize_row = quantize_row,                            \
    }
