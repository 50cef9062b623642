#pragma once

// Attention over blocks of f16 keys and values, written once over the vector vocabulary, see ops_rows.h.
//
// A tile is some query rows that share a key-value head. Keys are stored transposed, so that a vector holds one
// dimension of 16 positions and a score needs no sum across lanes; values are stored by position, so that a vector
// holds 16 dimensions of one position. For each block of 32 positions:
//
//     scores  = queries x keys                 [rows][32], vectors along positions
//     weights = exp(scores - running maximum)  and what came before is scaled down if the maximum grew
//     output += weights x values               [rows][head], vectors along dimensions
//
// A score sums over dimensions in order, an output over positions in order: the tile's shape plays no part in it.

#include "ops_workspace.h"

typedef struct {
    int64_t begin, end;
} span;

/// The positions that position `p` sees.
static inline span visible(const nt_attention *tile, int64_t p) {
    if (!tile->is_causal) return (span){0, tile->length};
    const int64_t begin = tile->window > 0 && p >= tile->window ? p - tile->window + 1 : 0;
    return (span){begin, p + 1};
}

/// The positions that any row of the tile sees.
static inline span visible_to_tile(const nt_attention *tile) {
    const int64_t last = tile->first_position + tile->position_count - 1;
    return (span){visible(tile, tile->first_position).begin, visible(tile, last).end};
}

/// scores[r][i] = queries[r] . keys[i] for `rows` rows and the positions of `score_vectors` vectors.
///
/// `queries` is [dims][rows]. `ahead` is the block to fetch meanwhile: hardware prefetchers stop at a page's end, and
/// that is where the next block begins.
static inline __attribute__((always_inline)) void score(
    const int rows, float *scores, const float *queries, const uint16_t *keys, int64_t dims, const uint16_t *ahead) {
    vec sums[score_rows][score_vectors];
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < score_vectors; v++) sums[r][v] = v_set(0);
    }
    for (int64_t d = 0; d < dims; d++) {
        vec key[score_vectors];
#pragma clang loop unroll(full)
        for (int v = 0; v < score_vectors; v++) key[v] = v_load_f16(keys + d * NT_BLOCK_LENGTH + v * lanes);
        __builtin_prefetch(ahead + d * NT_BLOCK_LENGTH);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const vec query = v_set(queries[d * rows + r]);
#pragma clang loop unroll(full)
            for (int v = 0; v < score_vectors; v++) sums[r][v] = v_fma(query, key[v], sums[r][v]);
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < score_vectors; v++) v_store(scores + r * NT_BLOCK_LENGTH + v * lanes, sums[r][v]);
    }
}

/// output[r] += sum over positions of weights[r][position] * values[position], for `vectors` vectors of dimensions.
/// `ahead` is the block to fetch meanwhile.
static inline __attribute__((always_inline)) void mix(
    const int rows, const int vectors, float *output, int64_t stride, const float *weights, const uint16_t *values,
    int64_t count, const uint16_t *ahead) {
    vec sums[mix_rows][mix_vectors];
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) sums[r][v] = v_load(output + r * stride + v * lanes);
    }
    for (int64_t p = 0; p < count; p++) {
        vec value[mix_vectors];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) value[v] = v_load_f16(values + p * stride + v * lanes);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v += 32 / lanes) __builtin_prefetch(ahead + p * stride + v * lanes);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const vec weight = v_set(weights[r * NT_BLOCK_LENGTH + p]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[r][v] = v_fma(weight, value[v], sums[r][v]);
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) v_store(output + r * stride + v * lanes, sums[r][v]);
    }
}

// One copy of `score` and `mix` for each number of rows up to the most that fit the registers.
#define FOR_ROWS(rows, call)                              \
    switch (rows) {                                       \
    case 1: call(1); break;                               \
    case 2: call(2); break;                               \
    case 3: call(score_rows < 3 ? score_rows : 3); break; \
    case 4: call(score_rows < 4 ? score_rows : 4); break; \
    case 5: call(score_rows < 5 ? score_rows : 5); break; \
    default: call(score_rows); break;                     \
    }

_Static_assert((int)score_rows == (int)mix_rows, "one FOR_ROWS serves both");

static void score_block(
    const nt_attention *tile, const nt_workspace *space, const uint16_t *keys, const uint16_t *ahead) {
    const int64_t rows = space->rows;
    for (int64_t r = 0; r < rows; r += score_rows) {
        const float *queries = space->queries + r * tile->head_dim;
        for (int64_t i = 0; i < NT_BLOCK_LENGTH; i += score_vectors * lanes) {
            float *scores = space->scores + r * NT_BLOCK_LENGTH + i;
#define SCORE(n) score(n, scores, queries, keys + i, tile->head_dim, ahead)
            FOR_ROWS(rows - r, SCORE)
#undef SCORE
        }
    }
}

static void mix_block(
    const nt_workspace *space, float *output, const uint16_t *values, int64_t count, const uint16_t *ahead) {
    const int64_t rows = space->rows, stride = space->stride;
    for (int64_t r = 0; r < rows; r += mix_rows) {
        const float *weights = space->scores + r * NT_BLOCK_LENGTH;
        int64_t d = 0;
        for (; d + mix_vectors * lanes <= stride; d += mix_vectors * lanes) {
#define MIX(n) mix(n, mix_vectors, output + r * stride + d, stride, weights, values + d, count, ahead + d)
            FOR_ROWS(rows - r, MIX)
#undef MIX
        }
        for (; d < stride; d += lanes) {
#define MIX(n) mix(n, 1, output + r * stride + d, stride, weights, values + d, count, ahead + d)
            FOR_ROWS(rows - r, MIX)
#undef MIX
        }
    }
}

/// Turns the scores of row `r` for the block at `block_begin` into weights and updates the row's running softmax.
static inline void soften(
    const nt_attention *tile, const nt_workspace *space, nt_partial part, int64_t r, int64_t block_begin) {
    enum { vectors = NT_BLOCK_LENGTH / lanes };
    const int64_t position = tile->first_position + r / tile->group;
    const span seen = visible(tile, position);
    const int64_t begin = seen.begin - block_begin, end = seen.end - block_begin;
    float *scores = space->scores + r * NT_BLOCK_LENGTH, *lane_sums = space->lane_sums + r * NT_HEAD_ALIGNMENT;
    if (end <= 0 || begin >= NT_BLOCK_LENGTH) {
        memset(scores, 0, NT_BLOCK_LENGTH * sizeof *scores);
        return;
    }
    vec x[vectors];
    vec high = v_set(-INFINITY);
    for (int v = 0; v < vectors; v++) {
        x[v] = v_load(scores + v * lanes);
        if (tile->soft_cap > 0) x[v] = v_soft_cap(x[v], tile->soft_cap, 1.0f / tile->soft_cap);
        if (tile->slopes != NULL) {
            const vec distance = v_set((float)(block_begin + v * lanes - position)) + v_load(space->lane_numbers);
            x[v] = v_fma(v_set(tile->slopes[r % tile->group]), distance, x[v]);
        }
        if (begin > 0 || end < NT_BLOCK_LENGTH) x[v] = v_keep(x[v], begin - v * lanes, end - v * lanes, -INFINITY);
        high = v_max(high, x[v]);
    }
    const float before = part.maximum[r], block_highest = v_highest(high);
    vec sums = v_load(lane_sums);
    if (block_highest > before) {
        const vec factor = v_exp(v_set(before - block_highest));
        float *output = part.output + r * space->stride;
        for (int64_t d = 0; d < space->stride; d += lanes) v_store(output + d, v_load(output + d) * factor);
        sums = sums * factor;
        part.maximum[r] = block_highest;
    }
    const vec maximum = v_set(part.maximum[r]);
    for (int v = 0; v < vectors; v++) {
        const vec weight = v_exp(x[v] - maximum);
        sums = sums + weight;
        v_store(scores + v * lanes, weight);
    }
    v_store(lane_sums, sums);
}

/// Scales the tile's queries and transposes those that are scored together.
static void load_queries(const nt_attention *tile, const nt_workspace *space) {
    for (int64_t first = 0; first < space->rows; first += score_rows) {
        const int64_t count = space->rows - first < score_rows ? space->rows - first : score_rows;
        const float *in[score_rows];
        for (int64_t i = 0; i < count; i++) {
            const int64_t r = first + i;
            in[i] = tile->queries + r / tile->group * tile->query_stride + r % tile->group * tile->head_dim;
        }
        float *out = space->queries + first * tile->head_dim;
        for (int64_t d = 0; d < tile->head_dim; d++) {
            for (int64_t i = 0; i < count; i++) *out++ = in[i][d] * tile->scale;
        }
    }
}

/// Forgets everything: the tile has seen no position yet.
static void reset(const nt_workspace *space, nt_partial part) {
    memset(part.output, 0, (size_t)(space->rows * space->stride) * sizeof *part.output);
    memset(part.sum, 0, (size_t)nt_padded(space->rows) * sizeof *part.sum);
    for (int64_t r = 0; r < nt_padded(space->rows); r++) part.maximum[r] = -INFINITY;
}

/// The softmax-weighted sum over the positions of one range.
static void sum_range(const nt_attention *tile, const nt_workspace *space, int64_t range, nt_partial part) {
    const int64_t rows = space->rows;
    reset(space, part);
    memset(space->lane_sums, 0, (size_t)(rows * NT_HEAD_ALIGNMENT) * sizeof *space->lane_sums);

    const span all = visible_to_tile(tile);
    const int64_t range_begin = range * NT_ATTENTION_RANGE, range_end = range_begin + NT_ATTENTION_RANGE;
    const int64_t begin = all.begin > range_begin ? all.begin : range_begin;
    const int64_t end = all.end < range_end ? all.end : range_end;
    for (int64_t block = begin / NT_BLOCK_LENGTH; block * NT_BLOCK_LENGTH < end; block++) {
        const uint16_t *keys = tile->cache + tile->block_table[block] * tile->block_stride;
        const uint16_t *values = keys + space->stride * NT_BLOCK_LENGTH;
        // The next range is likely to be the same worker's.
        const int64_t next = (block + 1) * NT_BLOCK_LENGTH < all.end ? block + 1 : block;
        const uint16_t *ahead = tile->cache + tile->block_table[next] * tile->block_stride;
        const int64_t block_begin = block * NT_BLOCK_LENGTH, left = end - block_begin;
        score_block(tile, space, keys, ahead);
        for (int64_t r = 0; r < rows; r++) soften(tile, space, part, r, block_begin);
        // Slots nobody sees yet may hold anything, infinities included, so they are left out and not multiplied by 0.
        mix_block(space, part.output, values, left < NT_BLOCK_LENGTH ? left : NT_BLOCK_LENGTH,
                  ahead + space->stride * NT_BLOCK_LENGTH);
    }
    for (int64_t r = 0; r < rows; r++) part.sum[r] = v_sum(v_load(space->lane_sums + r * NT_HEAD_ALIGNMENT));
}

/// Adds the next range to `total`, which begins as `reset` leaves it.
///
/// The factors of several rows share a vector. A row that saw nothing has the factor exp(-inf) = 0, or exp of the
/// difference of two infinities, for which `v_exp` gives 0 too; its output and sum are zeros.
///
/// PERF: half the time per range of two exponentials for each row.
static void fold(const nt_workspace *space, nt_partial total, nt_partial part) {
    const int64_t stride = space->stride;
    for (int64_t first = 0; first < space->rows; first += lanes) {
        const vec before = v_load(total.maximum + first), added = v_load(part.maximum + first);
        const vec maximum = v_max(before, added);
        const vec ours = v_exp(before - maximum), theirs = v_exp(added - maximum);
        v_store(total.maximum + first, maximum);
        v_store(total.sum + first, v_fma(v_load(part.sum + first), theirs, v_load(total.sum + first) * ours));
        float our_factors[lanes], their_factors[lanes];
        v_store(our_factors, ours);
        v_store(their_factors, theirs);
        const int64_t count = space->rows - first < lanes ? space->rows - first : lanes;
        for (int64_t i = 0; i < count; i++) {
            float *output = total.output + (first + i) * stride;
            const float *more = part.output + (first + i) * stride;
            const vec our = v_set(our_factors[i]), their = v_set(their_factors[i]);
            for (int64_t d = 0; d < stride; d += lanes) {
                v_store(output + d, v_fma(v_load(more + d), their, v_load(output + d) * our));
            }
        }
    }
}

/// Divides by the sums and writes the output.
static void finish(const nt_attention *tile, const nt_workspace *space, nt_partial total) {
    for (int64_t r = 0; r < space->rows; r++) {
        const float *row = total.output + r * space->stride;
        float *out = tile->output + r / tile->group * tile->output_stride + r % tile->group * tile->head_dim;
        const float factor = 1.0f / total.sum[r];
        for (int64_t d = 0; d < tile->head_dim; d++) out[d] = row[d] * factor;
    }
}

static void attend(const nt_attention *tile, float *memory) {
    const nt_workspace space = nt_workspace_in(memory, tile);
    const span all = visible_to_tile(tile);
    const int64_t first = all.begin / NT_ATTENTION_RANGE;
    load_queries(tile, &space);
    reset(&space, space.total);
    for (int64_t range = first; range * NT_ATTENTION_RANGE < all.end; range++) {
        sum_range(tile, &space, range, space.part);
        fold(&space, space.total, space.part);
    }
    finish(tile, &space, space.total);
}

static void attend_range(const nt_attention *tile, int64_t range, float *partial, float *memory) {
    const nt_workspace space = nt_workspace_in(memory, tile);
    load_queries(tile, &space);
    sum_range(tile, &space, range, nt_partial_in(partial, space.rows, space.stride));
}

static void attend_merge(const nt_attention *tile, int64_t count, const float *partials, float *memory) {
    const nt_workspace space = nt_workspace_in(memory, tile);
    const int64_t floats = nt_attention_partial_floats(space.rows, tile->head_dim);
    reset(&space, space.total);
    for (int64_t range = 0; range < count; range++) {
        fold(&space, space.total, nt_partial_in((float *)partials + range * floats, space.rows, space.stride));
    }
    finish(tile, &space, space.total);
}

#define NT_OPS_TABLE                                                                                   \
    {                                                                                                  \
        .rms_norm = rms_norm, .layer_norm = layer_norm, .add = add, .scale = scale, .gated = gated,    \
        .activate = activate, .softmax = softmax, .soft_cap = soft_cap, .rope = rope,                  \
        .f16_to_f32 = f16_to_f32, .f32_to_f16 = f32_to_f16, .attend = attend,                          \
        .attend_range = attend_range, .attend_merge = attend_merge,                                    \
    }
