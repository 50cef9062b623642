#pragma once

// The products of the arm64 tables, written once over the dot products that a table has. matmul_neondot.c and
// matmul_neoni8mm.c each define the words below, then include this file inside a region with their target features:
//
//     PAIRS_ROWS           whether `dot8` exists: a product of two weight rows with two activation rows at once
//     SIGNED_LEVELS        whether `dot4` takes signed levels
//     dot4(sum, w, x, n)   adds, for each of four weight rows, four levels times the four activations of lane `n`
//     dot8(sum, w, x)      adds the 2 x 2 products of two weight rows and two activation rows, eight columns each
//     row_lane(v, r)       where in `row_levels` are the activations of row r for dot vector v
//     row_levels(x, v)
//     store_levels(...)    writes 16 levels of one row where `row_levels` and `pair_levels` find them
//
// The sums of a tile stay in registers: eight vectors, beside eight of integer dot products and eight of what the
// first half of a block gave, and that fills the 32 registers. Straight sums are one activation row by four weight
// rows. Paired sums are what `dot8` gives: lane `2 i + j` is weight row i and activation row j. The floating-point
// operations of one output are the same in both, and are those of `accumulate_block` in matmul_scalar.c.

#include "matmul_neon_levels.h"

enum {
    /// The most vectors of sums of a tile.
    SUMS = 8,
};

/// The shape of a register tile. All members are constants where it is used.
typedef struct {
    /// Activation rows: 1, 4 or 8.
    int rows;
    /// Quads of weight rows.
    int quads;
    bool is_paired;
} tile_shape;

INLINE int row_steps(tile_shape shape) { return shape.is_paired ? shape.rows / 2 : shape.rows; }
INLINE int column_steps(tile_shape shape) { return shape.is_paired ? 2 * shape.quads : shape.quads; }

// MARK: - One value for each activation row

/// `factor` times lane `lane` of `values`. The instructions want constants; the switch is gone once loops are unrolled.
INLINE float32x4_t times_lane(float32x4_t factor, float32x4_t values, int lane) {
    switch (lane) {
    case 0: return vmulq_laneq_f32(factor, values, 0);
    case 1: return vmulq_laneq_f32(factor, values, 1);
    case 2: return vmulq_laneq_f32(factor, values, 2);
    default: return vmulq_laneq_f32(factor, values, 3);
    }
}

/// `sum + factor * values[lane]`, rounded once.
INLINE float32x4_t plus_times_lane(float32x4_t sum, float32x4_t factor, float32x4_t values, int lane) {
    switch (lane) {
    case 0: return vfmaq_laneq_f32(sum, factor, values, 0);
    case 1: return vfmaq_laneq_f32(sum, factor, values, 1);
    case 2: return vfmaq_laneq_f32(sum, factor, values, 2);
    default: return vfmaq_laneq_f32(sum, factor, values, 3);
    }
}

/// The values of rows `2 i` and `2 i + 1` of a group, twice.
INLINE float32x4_t row_pair(const float values[NT_GROUP_ROWS], int i) {
    const float32x2_t pair = vld1_f32(values + 2 * (i % 2));
    return vcombine_f32(pair, pair);
}

INLINE float32x4_t times_rows(tile_shape shape, float32x4_t factor, const float values[NT_GROUP_ROWS], int i) {
    if (shape.is_paired) return vmulq_f32(factor, row_pair(values, i));
    return times_lane(factor, vld1q_f32(values), i % NT_GROUP_ROWS);
}

INLINE float32x4_t plus_times_rows(
    tile_shape shape, float32x4_t sum, float32x4_t factor, const float values[NT_GROUP_ROWS], int i) {
    if (shape.is_paired) return vfmaq_f32(sum, factor, row_pair(values, i));
    return plus_times_lane(sum, factor, vld1q_f32(values), i % NT_GROUP_ROWS);
}

/// What the integer dot products of step `i` begin with: minus the offset times the sum of the activations.
INLINE int32x4_t dot_start(nt_layout layout, tile_shape shape, const int32_t negative_sum[NT_GROUP_ROWS], int i) {
    if (layout.offset_shift == 0 || levels_are_signed(layout)) return vdupq_n_s32(0);
    const int32x4_t rows = vld1q_s32(negative_sum) << layout.offset_shift;
    if (!shape.is_paired) return vdupq_n_s32(rows[i % NT_GROUP_ROWS]);
    const int32x2_t pair = i % 2 == 0 ? vget_low_s32(rows) : vget_high_s32(rows);
    return vcombine_s32(pair, pair);
}

// MARK: - One block

/// The group of activations that step `i` belongs to: a tile of eight rows has two.
INLINE const nt_activation_block *group_of(tile_shape shape, const nt_activation_block *const x[2], int i) {
    return x[i / (shape.is_paired ? NT_GROUP_ROWS / 2 : NT_GROUP_ROWS)];
}

/// The integer dot products of half a block: 16 columns.
INLINE void dot_products(
    nt_layout layout, tile_shape shape, const uint8_t *planes, const nt_activation_block *const x[2], int half,
    int32x4_t dots[SUMS]) {
    const int rows = row_steps(shape), columns = column_steps(shape);
    for (int i = 0; i < rows; i++) {
        const int32x4_t start = dot_start(layout, shape, group_of(shape, x, i)->negative_level_sum[half], i);
        for (int j = 0; j < columns; j++) dots[i * columns + j] = start;
    }
#if PAIRS_ROWS
    if (shape.is_paired) {
#pragma clang loop unroll(full)
        for (int v = 4 * half; v < 4 * half + 4; v += 2) {
            uint8x16_t w[SUMS];
            for (int q = 0; q < shape.quads; q++) {
                // Four columns of four rows, and the next four: as eight columns of two rows, and of the other two.
                const uint32x4_t first = vreinterpretq_u32_u8(levels(layout, planes + 16 * q, v));
                const uint32x4_t second = vreinterpretq_u32_u8(levels(layout, planes + 16 * q, v + 1));
                w[2 * q] = vreinterpretq_u8_u32(vzip1q_u32(first, second));
                w[2 * q + 1] = vreinterpretq_u8_u32(vzip2q_u32(first, second));
            }
            for (int i = 0; i < rows; i++) {
                const int8x16_t pair = pair_levels(group_of(shape, x, i), v, i % 2);
                for (int j = 0; j < columns; j++) dots[i * columns + j] = dot8(dots[i * columns + j], w[j], pair);
            }
        }
        return;
    }
#endif
#pragma clang loop unroll(full)
    for (int v = 4 * half; v < 4 * half + 4; v++) {
        uint8x16_t w[QUADS_OF_PANEL];
        for (int q = 0; q < shape.quads; q++) w[q] = levels(layout, planes + 16 * q, v);
        for (int i = 0; i < rows; i++) {
            const int8x16_t row = row_levels(group_of(shape, x, i), v);
            const int lane = row_lane(v, i % NT_GROUP_ROWS);
            for (int j = 0; j < columns; j++) dots[i * columns + j] = dot4(dots[i * columns + j], w[j], row, lane);
        }
    }
}

/// The factors of `column_steps` vectors of sums: as they are, or each twice for paired sums.
INLINE void spread(tile_shape shape, const float32x4_t quads[QUADS_OF_PANEL], float32x4_t result[SUMS]) {
    for (int q = 0; q < shape.quads; q++) {
        if (shape.is_paired) {
            result[2 * q] = vzip1q_f32(quads[q], quads[q]);
            result[2 * q + 1] = vzip2q_f32(quads[q], quads[q]);
        } else {
            result[q] = quads[q];
        }
    }
}

/// Adds one block to the sums.
INLINE void accumulate_block(
    nt_layout layout, tile_shape shape, const uint8_t *block, int quad, const super_factors *super,
    const nt_activation_block *const x[2], float32x4_t sums[SUMS]) {
    const int rows = row_steps(shape), columns = column_steps(shape);
    const uint8_t *planes = block + nt_layout_header_bytes(layout) + 16 * quad;
    float32x4_t partial[SUMS], scale[SUMS], minimum[SUMS];
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) {
        int32x4_t dots[SUMS];
        dot_products(layout, shape, planes, x, half, dots);
        if (half == 0 || layout.part_length == 16) {
            float32x4_t quads[QUADS_OF_PANEL];
            load_scales(layout, shape.quads, block, quad, half, super, quads);
            spread(shape, quads, scale);
        }
#pragma clang loop unroll(full)
        for (int n = 0; n < rows * columns; n++) {
            const int i = n / columns, j = n % columns;
            const float *row_scales = group_of(shape, x, i)->scale[half];
            const float32x4_t dot = vcvtq_f32_s32(dots[n]);
            if (layout.part_length == 16) {
                sums[n] = vfmaq_f32(sums[n], times_rows(shape, dot, row_scales, i), scale[j]);
            } else if (half == 0) {
                partial[n] = times_rows(shape, dot, row_scales, i);
            } else {
                sums[n] = vfmaq_f32(sums[n], plus_times_rows(shape, partial[n], dot, row_scales, i), scale[j]);
            }
        }
    }
    if (!layout.has_minimum) return;
#pragma clang loop unroll(full)
    for (int half = 0; half < (layout.part_length == 16 ? 2 : 1); half++) {
        float32x4_t quads[QUADS_OF_PANEL];
        load_minima(layout, shape.quads, block, quad, half, super, quads);
        spread(shape, quads, minimum);
#pragma clang loop unroll(full)
        for (int n = 0; n < rows * columns; n++) {
            const nt_activation_block *group = group_of(shape, x, n / columns);
            const float *row_sums = layout.part_length == 16 ? group->sum[half] : group->total;
            sums[n] = plus_times_rows(shape, sums[n], minimum[n % columns], row_sums, n / columns);
        }
    }
}

// MARK: - One tile

/// Writes four outputs of a row from column `first` on, or as many as there are.
INLINE void store_quad(const nt_tile *tile, int row, int first, float32x4_t value) {
    float *output = tile->output + (size_t)row * tile->output_stride + first;
    if (tile->column_count - first >= QUAD) {
        if (tile->bias) value = vaddq_f32(value, vld1q_f32(tile->bias + first));
        if (tile->accumulate) value = vaddq_f32(value, vld1q_f32(output));
        vst1q_f32(output, value);
        return;
    }
    float last[QUAD];
    vst1q_f32(last, value);
    for (int c = 0; c < tile->column_count - first; c++) {
        if (tile->bias) last[c] += tile->bias[first + c];
        if (tile->accumulate) last[c] += output[c];
        output[c] = last[c];
    }
}

INLINE void store(const nt_tile *tile, tile_shape shape, int first, const float32x4_t sums[SUMS]) {
    const int columns = column_steps(shape);
    for (int row = 0; row < shape.rows && row < tile->row_count; row++) {
        for (int q = 0; q < shape.quads; q++) {
            float32x4_t value;
            if (shape.is_paired) {
                const float32x4_t left = sums[row / 2 * columns + 2 * q], right = sums[row / 2 * columns + 2 * q + 1];
                value = row % 2 == 0 ? vuzp1q_f32(left, right) : vuzp2q_f32(left, right);
            } else {
                value = sums[row * columns + q];
            }
            store_quad(tile, row, first + QUAD * q, value);
        }
    }
}

/// All rows of a tile by the weight rows that one register tile holds, from column `first` on.
INLINE void quantized_strip(nt_layout layout, tile_shape shape, const nt_tile *tile, int first) {
    const int quad = first % NT_PANEL_ROWS / QUAD;
    const size_t block_bytes = nt_layout_block_bytes(layout);
    const uint8_t *block = tile->panels + (size_t)(first / NT_PANEL_ROWS) * tile->panel_byte_count;
    const nt_activation_block *group = (const nt_activation_block *)(const void *)tile->activations;
    const nt_activation_block *x[2] = {group, shape.rows > NT_GROUP_ROWS ? group + tile->block_count : group};
    float32x4_t sums[SUMS];
    for (int n = 0; n < row_steps(shape) * column_steps(shape); n++) sums[n] = vdupq_n_f32(0);
    super_factors super;
    const size_t run = layout.part_length == 0 ? tile->block_count : NT_BLOCKS_PER_SUPERBLOCK;
    for (size_t b = 0; b < tile->block_count; b += run) {
        if (layout.part_length != 0) {
            load_super_factors(layout, shape.quads, block, quad, &super);
            block += nt_layout_superblock_header_bytes(layout);
        }
        for (size_t i = 0; i < run; i++, block += block_bytes, x[0]++, x[1]++) {
            if (quad == 0 && nt_tile_fetches(tile, b + i)) prefetch(block + tile->prefetch_bytes, block_bytes);
            accumulate_block(layout, shape, block, quad, &super, x, sums);
        }
    }
    store(tile, shape, first, sums);
}

/// A tile of one row is a whole panel wide; one of four rows takes two quads at a time and one of eight a single quad,
/// so that there are eight vectors of sums. A level is unpacked once for all rows of the tile.
///
/// PERF: not measured, as there was no such machine. Counted in the compiler's output, vector instructions (loads and
/// stores aside) for a block of 32 columns, four rows and 16 outputs, tiles of four -> tiles of eight rows:
/// neondot Q4_0 314 -> 294, Q8_0 282 -> 262, Q6_K 418 -> 354; neoni8mm Q4_0 268 -> 244, Q8_0 234 -> 226,
/// Q6_K 376 -> 304. Of these 128 are `sdot`, or 64 `usmmla`, and some 96 are the scales of every 16 columns.
INLINE void quantized_tile(nt_layout layout, int rows, const nt_tile *tile) {
    const tile_shape shape = {
        .rows = rows, .quads = rows == 1 ? QUADS_OF_PANEL : SUMS / rows, .is_paired = PAIRS_ROWS && rows > 1,
    };
    for (int first = 0; first < tile->column_count; first += QUAD * shape.quads) {
        quantized_strip(layout, shape, tile, first);
    }
}
