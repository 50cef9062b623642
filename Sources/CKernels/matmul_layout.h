#pragma once

#include <string.h>

#include "formats.h"
#include "nt_matmul.h"

/// How the blocks of a quantised format lie in a panel.
///
/// A panel holds 16 rows of the weight matrix. It is a sequence of blocks of 32 columns, and each block is
///
///     f16 scale [16 rows]                      when `part_length` is 0
///     f16 minimum [16 rows]                    ... and the format has minima
///     exponent byte [16 rows]                  instead of the f16 scale when `has_exponent_scale` is set
///     8-bit scale [32 / part_length][16]       when it is not
///     8-bit minimum [32 / part_length][16]     ... and the format has minima
///     levels: 64 * bits bytes
///
/// With parts, each run of eight blocks begins with f16 d [16] and, with minima, f16 -dmin [16].
///
/// Levels are kept in *dot vectors* of 64 bytes: byte `4 r + i` of vector `v` belongs to row `r`, column `4 v + i`,
/// so that one vector meets four broadcast activations. Eight vectors make a block. Their bits are split over planes:
///
///     nibbles (4, 5, 6 bits)  4 x 64 bytes; vector v is the low (v even) or high (v odd) nibble of v / 2
///     crumbs (2, 3, 6 bits)   2 x 64 bytes; vector v is bits 2 (v % 4) ... of v / 4; upper bits when there are nibbles
///     bits (3, 5 bits)        1 x 64 bytes; vector v is bit v; the highest bit
///     bytes (8 bits)          8 x 64 bytes
///
/// With a codebook, what the planes hold are the numbers of its entries.
typedef struct {
    /// Bits of a level in the planes.
    int bits;
    /// What is subtracted from a level is 1 << `offset_shift`, or nothing when this is 0.
    int offset_shift;
    /// How many columns share an 8-bit scale: 16 or 32; 0 when there are only f16 scales.
    int part_length;
    /// Whether a minimum is added.
    bool has_minimum;
    /// Whether 8-bit scales are signed.
    bool has_signed_scale;
    /// Whether the scale is a power of two, kept as an exponent byte: see `nt_float_from_exponent`.
    bool has_exponent_scale;
    /// Which levels 4 bits stand for.
    nt_codebook codebook;
} nt_layout;

// X(name, members of nt_layout that are not zero...): every quantised format. Tables of functions for each format are
// made of this list, so that a format without one does not compile.
#define NT_LAYOUTS(X)                                                                        \
    X(Q4_0, .bits = 4, .offset_shift = 3)                                                    \
    X(Q4_1, .bits = 4, .has_minimum = true)                                                  \
    X(Q5_0, .bits = 5, .offset_shift = 4)                                                    \
    X(Q5_1, .bits = 5, .has_minimum = true)                                                  \
    X(Q8_0, .bits = 8, .offset_shift = 7)                                                    \
    X(Q2_K, .bits = 2, .part_length = 16, .has_minimum = true)                               \
    X(Q3_K, .bits = 3, .offset_shift = 2, .part_length = 16, .has_signed_scale = true)       \
    X(Q4_K, .bits = 4, .part_length = 32, .has_minimum = true)                               \
    X(Q5_K, .bits = 5, .part_length = 32, .has_minimum = true)                               \
    X(Q6_K, .bits = 6, .offset_shift = 5, .part_length = 16, .has_signed_scale = true)       \
    X(IQ4_NL, .bits = 4, .offset_shift = 7, .codebook = NT_CODEBOOK_IQ4)                     \
    X(IQ4_XS, .bits = 4, .offset_shift = 7, .part_length = 32, .has_signed_scale = true,     \
      .codebook = NT_CODEBOOK_IQ4)                                                           \
    X(MXFP4, .bits = 4, .offset_shift = 4, .has_exponent_scale = true, .codebook = NT_CODEBOOK_FP4)

enum {
    NT_BLOCK_COLUMNS = 32,
    NT_BLOCKS_PER_SUPERBLOCK = 8,
    NT_HALF_VECTOR_BYTES = 2 * NT_PANEL_ROWS,
    /// Rows of 16-bit activations in a group.
    NT_FINE_GROUP_ROWS = 2,
};

/// Bits of a level as it goes into a dot product.
static inline int nt_layout_level_bits(nt_layout layout) {
    // The largest levels are 241 and 28.
    return layout.codebook == NT_CODEBOOK_IQ4 ? 8 : layout.codebook == NT_CODEBOOK_FP4 ? 5 : layout.bits;
}

/// Bytes in front of the levels of a block.
static inline size_t nt_layout_header_bytes(nt_layout layout) {
    if (layout.has_exponent_scale) return NT_PANEL_ROWS;
    const size_t per_scale = layout.part_length == 0
        ? NT_HALF_VECTOR_BYTES
        : NT_PANEL_ROWS * (NT_BLOCK_COLUMNS / (size_t)layout.part_length);
    return layout.has_minimum ? 2 * per_scale : per_scale;
}

/// Bytes of a block of 32 columns.
static inline size_t nt_layout_block_bytes(nt_layout layout) {
    return nt_layout_header_bytes(layout) + 64 * (size_t)layout.bits;
}

/// Bytes in front of a run of eight blocks.
static inline size_t nt_layout_superblock_header_bytes(nt_layout layout) {
    if (layout.part_length == 0) return 0;
    return layout.has_minimum ? 2 * NT_HALF_VECTOR_BYTES : NT_HALF_VECTOR_BYTES;
}

/// The layout of a quantised format.
nt_layout nt_layout_of(nt_format format);

/// Four rows of quantised activations over 32 columns, interleaved so that a kernel reads them with one pointer.
///
/// Each 16 columns of a row have their own scale: `activation = scale * level`, levels in -127 ... 127.
typedef struct {
    /// [four columns][row][column], as 32-bit groups: what a dot vector is multiplied with.
    int8_t levels[8][NT_GROUP_ROWS][4];
    /// The scale of each half (16 columns).
    float scale[2][NT_GROUP_ROWS];
    /// scale * sum of levels of each half: what a minimum is multiplied with.
    float sum[2][NT_GROUP_ROWS];
    /// The two sums added.
    float total[NT_GROUP_ROWS];
    /// Minus the sum of the levels of each half: what an offset is multiplied with.
    int32_t negative_level_sum[2][NT_GROUP_ROWS];
    int32_t padding[NT_GROUP_ROWS];
} nt_activation_block;

_Static_assert(sizeof(nt_activation_block) == 256, "whole cache lines");

/// How activations of a certain size are rounded.
typedef struct {
    float value, inverse;
} nt_activation_scale;

/// The scale for 16 activations whose largest magnitude has these bits.
///
/// A NaN among them (its bits are larger than any number's) makes the scale NaN, and an infinity makes it infinite, so
/// that they reach the output rather than vanish. Magnitudes so small that the inverse would overflow count as zero.
static inline nt_activation_scale nt_activation_scale_for(uint32_t magnitude_bits) {
    float magnitude;
    memcpy(&magnitude, &magnitude_bits, sizeof magnitude);
    if (magnitude < 1e-30f) return (nt_activation_scale){0, 0};
    return (nt_activation_scale){magnitude / 127.0f, 127.0f / magnitude};
}

/// Two rows of activations over 32 columns in 16 bits: `activation = scale * (256 * high + low)`, both -127 ... 127.
///
/// A product multiplies both levels with the same weights and joins the two integer sums before it scales them.
typedef struct {
    /// [four columns][row][high, low][column].
    int8_t levels[8][NT_FINE_GROUP_ROWS][2][4];
    float scale[NT_FINE_GROUP_ROWS];
    /// scale * sum of the 16-bit levels of each half, and of both.
    float sum[2][NT_FINE_GROUP_ROWS];
    float total[NT_FINE_GROUP_ROWS];
    /// Minus the sum of the 16-bit levels of each half.
    int32_t negative_level_sum[2][NT_FINE_GROUP_ROWS];
    int32_t padding[4];
} nt_fine_block;

_Static_assert(sizeof(nt_fine_block) == 192, "whole cache lines");

/// Stores what belongs to the levels of one half of a row. Halves must be done in order.
static inline void nt_set_activation_factors(
    nt_activation_block *block, size_t half, size_t lane, float scale, int32_t level_sum) {
    block->scale[half][lane] = scale;
    block->sum[half][lane] = scale * (float)level_sum;
    block->negative_level_sum[half][lane] = -level_sum;
    if (half == 1) block->total[lane] = block->sum[0][lane] + block->sum[1][lane];
}

/// One piece of a product: up to `row_count` rows of activations times up to two panels.
typedef struct {
    const uint8_t *panels;
    size_t panel_byte_count;
    /// The first block of a group of four rows; a tile of one row takes the first of them.
    const uint8_t *activations;
    /// Blocks of 32 columns for a quantised format, columns for a float format, pairs of columns for bfloat16.
    size_t block_count;
    float *output;
    size_t output_stride;
    const float *bias;
    bool accumulate;
    int row_count;
    int column_count;
    /// How far ahead to fetch weights into the cache, and in which of the blocks: tiles of the same panels share that.
    size_t prefetch_bytes, prefetch_begin, prefetch_end;
} nt_tile;

typedef void (*nt_tile_function)(const nt_tile *tile);

/// Whether block `index` fetches weights.
static inline bool nt_tile_fetches(const nt_tile *tile, size_t index) {
    return index >= tile->prefetch_begin && index < tile->prefetch_end;
}

struct nt_kernel_table {
    const char *name;
    /// One row by one panel, for each format.
    nt_tile_function one[NT_FORMAT_LIMIT];
    /// Two rows by one panel, bound by memory as one row is; NULL where a table has no such tile.
    nt_tile_function two[NT_FORMAT_LIMIT];
    /// Four rows by two panels.
    nt_tile_function four[NT_FORMAT_LIMIT];
    /// Eight rows, which are two groups, by two panels; NULL where a table has no such tile.
    nt_tile_function eight[NT_FORMAT_LIMIT];
    /// One row of 16-bit activations by one panel, and two by two; NULL where a table has no such tiles.
    nt_tile_function fine_one[NT_FORMAT_LIMIT];
    nt_tile_function fine_two[NT_FORMAT_LIMIT];
    /// Activations in bfloat16: one row by one panel, four and eight rows by two; NULL where a table has none.
    nt_tile_function brain_one, brain_four, brain_eight;
    /// Rounds up to four rows, `stride` floats apart, to bfloat16: the first `count` columns of a group from lane `lane` on.
    void (*round_brains)(
        const float *rows, size_t stride, size_t row_count, size_t count, size_t lane, uint16_t (*group)[NT_GROUP_ROWS][2]);
    /// Rounds one row of activations to 8 bits into lane `lane` of a group.
    void (*quantize_row)(const float *row, size_t column_count, size_t lane, nt_activation_block *group);
    /// Rounds the four rows of a group, `stride` floats apart; NULL where that is no faster than one by one.
    void (*quantize_group)(const float *rows, size_t stride, size_t column_count, nt_activation_block *group);
};

extern const nt_kernel_table nt_kernels_scalar;
#if defined(__x86_64__)
extern const nt_kernel_table nt_kernels_avx2;
extern const nt_kernel_table nt_kernels_avxvnni;
extern const nt_kernel_table nt_kernels_avx512vnni;
extern const nt_kernel_table nt_kernels_avx512bf16;
#elif defined(__aarch64__)
extern const nt_kernel_table nt_kernels_neondot;
extern const nt_kernel_table nt_kernels_neoni8mm;
#endif
