#include "matmul_avx512bf16.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))

#include "matmul_avx512_rows.h"

// MARK: - Reading a block

/// Where the planes of a block are.
typedef struct {
    const uint8_t *low, *high, *top;
} planes;

INLINE planes planes_of(nt_layout layout, const uint8_t *block) {
    const uint8_t *low = block + nt_layout_header_bytes(layout);
    switch (layout.bits) {
    case 3:
        return (planes){.low = low, .top = low + 128};
    case 5:
        return (planes){.low = low, .top = low + 256};
    case 6:
        return (planes){.low = low, .high = low + 256};
    default:
        return (planes){.low = low};
    }
}

/// Shifts the bits of 16-bit lanes left by `count`, or right when it is negative.
INLINE __m512i shift(__m512i value, int count) {
    if (count == 0) return value;
    return count > 0 ? _mm512_slli_epi16(value, (unsigned)count) : _mm512_srli_epi16(value, (unsigned)-count);
}

/// `(extra & mask) | low` in one instruction.
INLINE __m512i merge(__m512i low, __m512i extra, int mask) {
    return _mm512_ternarylogic_epi32(low, extra, _mm512_set1_epi8((char)mask), 0xF8);
}

/// The entries of the codebook with these numbers, as unsigned bytes.
INLINE __m512i look_up(nt_layout layout, __m512i numbers) {
    const __m128i entries = _mm_loadu_si128((const __m128i *)nt_codebook_levels[layout.codebook]);
    const __m128i unsigned_entries = _mm_add_epi8(entries, _mm_set1_epi8((char)(1 << layout.offset_shift)));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(unsigned_entries), numbers);
}

/// Dot vector `v` (0 ..< 8) of a block as unsigned bytes.
INLINE __m512i levels(nt_layout layout, planes p, int v) {
    const __m512i nibble = _mm512_set1_epi8(15), crumb = _mm512_set1_epi8(3);
    if (layout.bits == 8) return _mm512_loadu_si512(p.low + 64 * v);
    if (layout.bits <= 3) {
        const __m512i raw = _mm512_loadu_si512(p.low + 64 * (v / 4));
        const __m512i low = _mm512_and_si512(shift(raw, -2 * (v % 4)), crumb);
        return layout.bits == 2 ? low : merge(low, shift(_mm512_loadu_si512(p.top), 2 - v), 1 << 2);
    }
    const __m512i raw = _mm512_loadu_si512(p.low + 64 * (v / 2));
    const __m512i low = _mm512_and_si512(shift(raw, -4 * (v % 2)), nibble);
    if (layout.bits == 5) return merge(low, shift(_mm512_loadu_si512(p.top), 4 - v), 1 << 4);
    if (layout.bits == 6) {
        return merge(low, shift(_mm512_loadu_si512(p.high + 64 * (v / 4)), 4 - 2 * (v % 4)), 3 << 4);
    }
    return layout.codebook == NT_CODEBOOK_NONE ? low : look_up(layout, low);
}

INLINE __m512 load_halves(const uint8_t *halves) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)halves));
}

/// 16 exponent bytes as the scales they stand for; see `nt_float_from_exponent`.
INLINE __m512 load_exponents(const uint8_t *bytes) {
    const __m512i exponent = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)bytes));
    const __m512i normal = _mm512_slli_epi32(_mm512_sub_epi32(exponent, _mm512_set1_epi32(1)), 23);
    const __m512i subnormal = _mm512_sllv_epi32(_mm512_set1_epi32(0x200000), exponent);
    const __mmask16 is_subnormal = _mm512_cmplt_epi32_mask(exponent, _mm512_set1_epi32(2));
    return _mm512_castsi512_ps(_mm512_mask_mov_epi32(normal, is_subnormal, subnormal));
}

INLINE __m512 load_bytes(const uint8_t *bytes, bool is_signed) {
    const __m128i narrow = _mm_loadu_si128((const __m128i *)bytes);
    return _mm512_cvtepi32_ps(is_signed ? _mm512_cvtepi8_epi32(narrow) : _mm512_cvtepu8_epi32(narrow));
}

/// The scale and minimum of 16 rows, for each half of a block.
typedef struct {
    __m512 scale[2], minimum[2];
} factors;

/// The f16 factors that the 8-bit factors of a superblock are multiplied by.
typedef struct {
    __m512 d, dmin;
} super_factors;

INLINE super_factors load_super_factors(nt_layout layout, const uint8_t *header) {
    super_factors result = {.d = load_halves(header)};
    result.dmin = layout.has_minimum ? load_halves(header + NT_HALF_VECTOR_BYTES) : result.d;
    return result;
}

INLINE factors load_factors(nt_layout layout, const uint8_t *block, super_factors super) {
    factors result;
    if (layout.part_length == 0) {
        result.scale[0] = layout.has_exponent_scale ? load_exponents(block) : load_halves(block);
        result.minimum[0] = layout.has_minimum ? load_halves(block + NT_HALF_VECTOR_BYTES) : result.scale[0];
    } else {
        const int parts = NT_BLOCK_COLUMNS / layout.part_length;
        for (int part = 0; part < parts; part++) {
            const uint8_t *scale = block + NT_PANEL_ROWS * part, *minimum = scale + NT_PANEL_ROWS * parts;
            result.scale[part] = _mm512_mul_ps(super.d, load_bytes(scale, layout.has_signed_scale));
            result.minimum[part] =
                layout.has_minimum ? _mm512_mul_ps(super.dmin, load_bytes(minimum, false)) : result.scale[part];
        }
        if (parts == 2) return result;
    }
    result.scale[1] = result.scale[0];
    result.minimum[1] = result.minimum[0];
    return result;
}

// MARK: - The product of quantised matrices

/// Has the compiler finish all of `values` before it goes on, and so add to each in turn rather than one after the other:
/// a sum is ready for the next `vpdpbusd` only after some cycles.
///
/// PERF: tiles of four rows, share of the `vpdpbusd` peak: Q8_0 67 -> 71 %, Q4_K 60 -> 62 %, Q5_0 51 -> 59 %,
/// Q5_1 51 -> 61 %, Q5_K 47 -> 52 %, Q3_K 44 -> 54 %; Q4_0 (70 %), Q4_1 (65 %) and Q6_K (54 %) as before.
INLINE void finish(int rows, int vectors, __m512i values[4][2]) {
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) __asm__ volatile("" : "+v"(values[r][v]));
    }
}

/// Adds one block to the accumulators of `rows` x `vectors` tiles of 16 outputs.
///
/// The order of the floating-point operations is the same in every kernel of every instruction set; see
/// `accumulate_block` in matmul_scalar.c.
INLINE void accumulate_block(
    nt_layout layout, int rows, int vectors, const uint8_t *const block[2], const super_factors super[2],
    const nt_activation_block *x, __m512 sums[4][2]) {
    factors f[2];
    planes p[2];
    for (int v = 0; v < vectors; v++) {
        f[v] = load_factors(layout, block[v], super[v]);
        p[v] = planes_of(layout, block[v]);
    }
    __m512 partial[4][2];
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) {
        __m512i dots[4][2];
        for (int r = 0; r < rows; r++) {
            const __m512i start = layout.offset_shift == 0
                ? _mm512_setzero_si512()
                : _mm512_slli_epi32(
                    _mm512_set1_epi32(x->negative_level_sum[half][r]), (unsigned)layout.offset_shift);
            for (int v = 0; v < vectors; v++) dots[r][v] = start;
        }
#pragma clang loop unroll(full)
        for (int i = 4 * half; i < 4 * half + 4; i++) {
            __m512i w[2];
            for (int v = 0; v < vectors; v++) w[v] = levels(layout, p[v], i);
            for (int r = 0; r < rows; r++) {
                int32_t four;
                memcpy(&four, x->levels[i][r], sizeof four);
                const __m512i broadcast = _mm512_set1_epi32(four);
                for (int v = 0; v < vectors; v++) dots[r][v] = _mm512_dpbusd_epi32(dots[r][v], w[v], broadcast);
            }
            if (rows > 1) finish(rows, vectors, dots);
        }
        for (int r = 0; r < rows; r++) {
            const __m512 scale = _mm512_set1_ps(x->scale[half][r]);
            for (int v = 0; v < vectors; v++) {
                const __m512 dot = _mm512_cvtepi32_ps(dots[r][v]);
                if (layout.part_length == 16) {
                    sums[r][v] = _mm512_fmadd_ps(_mm512_mul_ps(dot, scale), f[v].scale[half], sums[r][v]);
                } else if (half == 0) {
                    partial[r][v] = _mm512_mul_ps(dot, scale);
                } else {
                    partial[r][v] = _mm512_fmadd_ps(dot, scale, partial[r][v]);
                    sums[r][v] = _mm512_fmadd_ps(partial[r][v], f[v].scale[0], sums[r][v]);
                }
            }
        }
    }
    if (!layout.has_minimum) return;
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
            if (layout.part_length == 16) {
                sums[r][v] = _mm512_fmadd_ps(f[v].minimum[0], _mm512_set1_ps(x->sum[0][r]), sums[r][v]);
                sums[r][v] = _mm512_fmadd_ps(f[v].minimum[1], _mm512_set1_ps(x->sum[1][r]), sums[r][v]);
            } else {
                sums[r][v] = _mm512_fmadd_ps(f[v].minimum[0], _mm512_set1_ps(x->total[r]), sums[r][v]);
            }
        }
    }
}

#include "matmul_avx512_fine.h"

#include "matmul_avx512_store.h"

/// Asks for the cache lines of `count` bytes; addresses past the matrix do no harm.
INLINE void prefetch(const uint8_t *bytes, size_t count) {
    for (size_t line = 0; line < count; line += 64) _mm_prefetch(bytes + line, _MM_HINT_T0);
}

INLINE void quantized_tile(nt_layout layout, bool is_fine, int rows, int vectors, const nt_tile *tile) {
    const size_t block_bytes = nt_layout_block_bytes(layout);
    const nt_activation_block *x = (const nt_activation_block *)(const void *)tile->activations;
    const nt_fine_block *fine = (const nt_fine_block *)(const void *)tile->activations;
    // A tile at the edge reads its only panel twice.
    const bool is_wide = tile->column_count > NT_PANEL_ROWS;
    const uint8_t *block[2] = {tile->panels, is_wide ? tile->panels + tile->panel_byte_count : tile->panels};
    __m512 sums[4][2];
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) sums[r][v] = _mm512_setzero_ps();
    }
    super_factors super[2] = {0};
    const size_t run = layout.part_length == 0 ? tile->block_count : NT_BLOCKS_PER_SUPERBLOCK;
    for (size_t first = 0; first < tile->block_count; first += run) {
        if (layout.part_length != 0) {
            for (int v = 0; v < vectors; v++) {
                super[v] = load_super_factors(layout, block[v]);
                block[v] += nt_layout_superblock_header_bytes(layout);
            }
        }
        for (size_t b = 0; b < run; b++) {
            if (nt_tile_fetches(tile, first + b)) {
                for (int v = 0; v < vectors; v++) prefetch(block[v] + tile->prefetch_bytes, block_bytes);
            }
            if (is_fine) {
                accumulate_fine_block(layout, rows, vectors, block, super, fine++, sums);
            } else {
                accumulate_block(layout, rows, vectors, block, super, x++, sums);
            }
            for (int v = 0; v < vectors; v++) block[v] += block_bytes;
        }
    }
    store(tile, rows, vectors, sums);
}

// MARK: - The product of float matrices

INLINE __m512 load_floats(nt_format format, const uint8_t *panel, size_t column) {
    switch (format) {
    case NT_F32:
        return _mm512_loadu_ps(panel + 64 * column);
    case NT_F16:
        return load_halves(panel + 32 * column);
    default: {
        const __m512i pairs = _mm512_loadu_si512(panel + 64 * (column / 2));
        return _mm512_castsi512_ps(
            column % 2 == 0 ? _mm512_slli_epi32(pairs, 16) : _mm512_and_si512(pairs, _mm512_set1_epi32(-65536)));
    }
    }
}

INLINE void float_tile(nt_format format, int rows, int vectors, const nt_tile *tile) {
    const float *x = (const float *)(const void *)tile->activations;
    const bool is_wide = tile->column_count > NT_PANEL_ROWS;
    const uint8_t *panel[2] = {tile->panels, is_wide ? tile->panels + tile->panel_byte_count : tile->panels};
    const size_t vector_bytes = format == NT_F32 ? 64 : 32;
    __m512 sums[4][2];
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) sums[r][v] = _mm512_setzero_ps();
    }
    // Which half of a pair a column is, the compiler knows of two together.
#pragma clang loop unroll_count(2)
    for (size_t k = 0; k < tile->block_count; k++, x += NT_GROUP_ROWS) {
        if (nt_tile_fetches(tile, k)) {
            for (int v = 0; v < vectors; v++) prefetch(panel[v] + vector_bytes * k + tile->prefetch_bytes, 1);
        }
        __m512 w[2];
        for (int v = 0; v < vectors; v++) w[v] = load_floats(format, panel[v], k);
        for (int r = 0; r < rows; r++) {
            const __m512 broadcast = _mm512_set1_ps(x[r]);
            for (int v = 0; v < vectors; v++) sums[r][v] = _mm512_fmadd_ps(w[v], broadcast, sums[r][v]);
        }
    }
    store(tile, rows, vectors, sums);
}

#define TILE(function, name, is_fine, rows, vectors, ...)                               \
    static void function##_##name(const nt_tile *tile) {                                \
        quantized_tile((nt_layout){__VA_ARGS__}, is_fine, rows, vectors, tile);         \
    }
#define TILES(name, ...)                                \
    TILE(one, name, false, 1, 1, __VA_ARGS__)           \
    TILE(two, name, false, 2, 1, __VA_ARGS__)           \
    TILE(four, name, false, 4, 2, __VA_ARGS__)          \
    TILE(fine_one, name, true, 1, 1, __VA_ARGS__)       \
    TILE(fine_two, name, true, 2, 2, __VA_ARGS__)
NT_LAYOUTS(TILES)

#define FLOAT_TILES(name)                                                           \
    static void one_##name(const nt_tile *tile) { float_tile(NT_##name, 1, 1, tile); } \
    static void four_##name(const nt_tile *tile) { float_tile(NT_##name, 4, 2, tile); }
FLOAT_TILES(F32)
FLOAT_TILES(F16)
FLOAT_TILES(BF16)

#pragma clang attribute pop

#define ONE(name, ...) [NT_##name] = one_##name,
#define TWO(name, ...) [NT_##name] = two_##name,
#define FOUR(name, ...) [NT_##name] = four_##name,
#define FINE_ONE(name, ...) [NT_##name] = fine_one_##name,
#define FINE_TWO(name, ...) [NT_##name] = fine_two_##name,

// clang-format off
#define MEMBERS                                                          \
    .one = {NT_LAYOUTS(ONE) ONE(F32) ONE(F16) ONE(BF16)},                \
    .two = {NT_LAYOUTS(TWO)},                                            \
    .four = {NT_LAYOUTS(FOUR) FOUR(F32) FOUR(F16) FOUR(BF16)},           \
    .fine_one = {NT_LAYOUTS(FINE_ONE)},                                  \
    .fine_two = {NT_LAYOUTS(FINE_TWO)},                                  \
    .quantize_row = quantize_row,                                        \
    .quantize_group = quantize_group
// clang-format on

const nt_kernel_table nt_kernels_avx512vnni = {.name = "avx512vnni", MEMBERS};

const nt_kernel_table nt_kernels_avx512bf16 = {
    .name = "avx512bf16",
    MEMBERS,
    .brain_one = nt_avx512_brain_one,
    .brain_four = nt_avx512_brain_four,
    .brain_eight = nt_avx512_brain_eight,
    .round_brains = nt_avx512_round_brains,
};
#endif
