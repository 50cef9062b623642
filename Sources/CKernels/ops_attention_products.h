#pragma once

// The two products of attention, queries x keys and weights x values, as 16-bit integer dot products with 32-bit sums.
// Integer sums are exact, so neither a tile's shape nor the instruction set changes them.
//
// Hardware prefetchers stop at a page's end, and near there the next block begins; so each product fetches, a line for
// each line that it reads, what will be read next: `ahead`.

#include "ops_workspace.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE ivec load_integers(const nt_cache_type type, const char *p) {
    return type == NT_CACHE_8 ? i_load_i8((const int8_t *)p) : i_load_i16((const int16_t *)p);
}

ALWAYS_INLINE void prefetch(const char *p, int64_t bytes) {
    for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(p + i);
}

/// scores[r][i] = queries[r] . keys[i] x scales[i] for `rows` rows and the positions of `score_vectors` vectors, over
/// `pairs` pairs of dimensions. `queries` is [pairs][rows][2].
ALWAYS_INLINE void score(
    const int rows, const nt_cache_type type, float *scores, const int16_t *queries, const char *keys,
    const float *scales, int64_t pairs, bool accumulates, const char *ahead) {
    enum { pair_bytes = 2 * lanes };
    const int64_t size = type == NT_CACHE_8 ? 1 : 2;
    isum sums[score_rows][score_vectors];
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < score_vectors; v++) sums[r][v] = i_zero();
    }
    for (int64_t p = 0; p < pairs; p++) {
        const int64_t offset = p * NT_BLOCK_LENGTH * 2 * size;
        ivec key[score_vectors];
#pragma clang loop unroll(full)
        for (int v = 0; v < score_vectors; v++) key[v] = load_integers(type, keys + offset + v * pair_bytes * size);
#pragma clang loop unroll(full)
        for (int i = 0; i < score_vectors * pair_bytes * size; i += 64) __builtin_prefetch(ahead + offset + i);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const ivec query = i_pair(queries + (p * rows + r) * 2);
#pragma clang loop unroll(full)
            for (int v = 0; v < score_vectors; v++) sums[r][v] = i_dot(sums[r][v], query, key[v]);
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < score_vectors; v++) {
            float *score = scores + r * NT_ATTENTION_RANGE + v * lanes;
            const vec scaled = i_float(sums[r][v]) * v_load(scales + v * lanes);
            v_store(score, accumulates ? v_load(score) + scaled : scaled);
        }
    }
}

/// The values that a mix reads: blocks of consecutive positions.
typedef struct {
    /// Where the blocks' values begin, and what to fetch meanwhile.
    const char *values[NT_ATTENTION_RANGE / NT_BLOCK_LENGTH], *ahead[NT_ATTENTION_RANGE / NT_BLOCK_LENGTH];
    int64_t count;
} nt_value_blocks;

/// output[r] = output[r] x ours[r] + theirs[r] x (weights[r] x values) for `rows` rows and `vectors` vectors of
/// dimensions from byte `offset` of each row of values.
ALWAYS_INLINE void mix(
    const int rows, const int vectors, const nt_cache_type type, float *output, int64_t stride, const int16_t *weights,
    int64_t weight_stride, const nt_value_blocks *blocks, int64_t offset, const float *weight_scales,
    const float *ours, const float *theirs) {
    enum { pair_bytes = 2 * lanes };
    const int64_t size = type == NT_CACHE_8 ? 1 : 2;
    vec totals[mix_rows][mix_vectors];
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) totals[r][v] = v_set(0);
    }
    for (int64_t b = 0; b < blocks->count; b++) {
        const char *values = blocks->values[b] + offset, *ahead = blocks->ahead[b] + offset;
        isum sums[mix_rows][mix_vectors];
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < vectors; v++) sums[r][v] = i_zero();
        }
        for (int64_t p = 0; p < NT_BLOCK_LENGTH; p += 2, values += stride * 2 * size, ahead += stride * 2 * size) {
            ivec value[mix_vectors];
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) value[v] = load_integers(type, values + v * pair_bytes * size);
#pragma clang loop unroll(full)
            for (int i = 0; i < vectors * pair_bytes * size; i += 64) __builtin_prefetch(ahead + i);
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                const ivec weight = i_pair(weights + r * weight_stride + b * NT_BLOCK_LENGTH + p);
#pragma clang loop unroll(full)
                for (int v = 0; v < vectors; v++) sums[r][v] = i_dot(sums[r][v], weight, value[v]);
            }
        }
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < vectors; v++) totals[r][v] = totals[r][v] + i_float(sums[r][v]);
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
            float *out = output + r * stride + v * lanes;
            const vec part = totals[r][v] * v_set(weight_scales[r]);
            v_store(out, v_fma(part, v_set(theirs[r]), v_load(out) * v_set(ours[r])));
        }
    }
}

// One copy of `score` and `mix` for each number of rows up to the most that fit the registers.
#define FOR_ROWS(rows, most, call)            \
    switch (rows) {                           \
    case 1: call(1); break;                   \
    case 2: call(2); break;                   \
    case 3: call(most < 3 ? most : 3); break; \
    case 4: call(most < 4 ? most : 4); break; \
    case 5: call(most < 5 ? most : 5); break; \
    default: call(most); break;               \
    }

/// Scores all rows of the tile against one block, to column `column` of the scores.
ALWAYS_INLINE void score_block(
    const nt_cache_type type, const nt_workspace *space, const char *block, int64_t column, const char *ahead) {
    const nt_block_layout *layout = &space->layout;
    for (int64_t r = 0; r < space->rows; r += score_rows) {
        const int64_t rows = space->rows - r < score_rows ? space->rows - r : score_rows;
        const int16_t *queries = space->queries + r * layout->stride;
        float *scores = space->scores + r * NT_ATTENTION_RANGE + column;
        for (int64_t g = 0, d = 0; g < layout->groups; g++, d += layout->group_dims) {
            const int64_t left = layout->stride - d;
            const int64_t pairs = (left < layout->group_dims ? left : layout->group_dims) / 2;
            const int64_t offset = d * NT_BLOCK_LENGTH * layout->size;
            for (int64_t i = 0; i < NT_BLOCK_LENGTH; i += score_vectors * lanes) {
                const int64_t at = offset + 2 * i * layout->size;
                const char *keys = block + layout->keys + at;
                const float *scales = (const float *)block + g * NT_BLOCK_LENGTH + i;
#define SCORE(n) score(n, type, scores + i, queries + d * rows, keys, scales, pairs, g > 0, ahead + at)
                FOR_ROWS(rows, score_rows, SCORE)
#undef SCORE
            }
        }
    }
}

/// Adds the range's weighted values to the total of all rows.
ALWAYS_INLINE void mix_blocks(const nt_cache_type type, const nt_workspace *space, const nt_value_blocks *blocks) {
    const nt_block_layout *layout = &space->layout;
    const int64_t stride = layout->stride, weight_stride = layout->groups * NT_ATTENTION_RANGE;
    // Vectors of one product share a weight, so they stay within a group.
    enum { narrow = NT_SCALE_GROUP / lanes < mix_vectors ? NT_SCALE_GROUP / lanes : mix_vectors };
    const int most = type == NT_CACHE_8 ? narrow : mix_vectors;
    for (int64_t r = 0; r < space->rows; r += mix_rows) {
        const int64_t rows = space->rows - r < mix_rows ? space->rows - r : mix_rows;
        const float *ours = space->range.ours + r, *theirs = space->range.theirs + r;
        for (int64_t g = 0; g < layout->groups; g++) {
            const int16_t *weights = space->weights + r * weight_stride + g * NT_ATTENTION_RANGE;
            const float *scales = space->range.weight_scales + g * space->padded_rows + r;
            const int64_t begin = g * layout->group_dims;
            const int64_t end = stride - begin < layout->group_dims ? stride : begin + layout->group_dims;
            int64_t d = begin;
            float *output = space->total.output + r * stride;
#define MIX(n, vectors)                                                                                       \
    mix(n, vectors, type, output + d, stride, weights, weight_stride, blocks, d * 2 * layout->size, scales, ours, \
        theirs)
            for (; d + most * lanes <= end; d += most * lanes) {
#define MIX_MOST(n) MIX(n, most)
                FOR_ROWS(rows, mix_rows, MIX_MOST)
#undef MIX_MOST
            }
            for (; d < end; d += lanes) {
#define MIX_ONE(n) MIX(n, 1)
                FOR_ROWS(rows, mix_rows, MIX_ONE)
#undef MIX_ONE
            }
#undef MIX
        }
    }
}
