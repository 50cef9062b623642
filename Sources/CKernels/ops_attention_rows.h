#pragma once

// Attention of a text that is all there, in floats, with keys and values where their projection has left them. A text
// of an encoder is read once, so bringing it into the form of a cache would be most of the work.
//
// Keys are transposed, 128 positions at a time, so that scores have positions along vectors; values are read as they
// are, with dimensions along vectors. Some rows at a time
//
//     scores  = queries x keys                                [rows][positions]
//     weights = 2^(scores - the highest so far)
//     total   = total x 2^(highest before - highest) + weights x values
//
// A row's sums have the same order whatever the other rows of its tile are.

#include "ops_attention_scores.h"
#include "ops_row_workspace.h"

/// Some positions of a text.
typedef struct {
    int64_t begin, end;
    /// Positions up to the end of the last vector of a score.
    int64_t padded_count;
} nt_row_range;

/// Transposes the keys of a range. Columns after its end become zeros.
static void transpose_keys(const nt_attention *tile, const nt_row_workspace *space, nt_row_range range) {
    const int64_t head = tile->head_dim;
    for (int64_t first = 0; first < range.padded_count; first += lanes) {
        const float *keys = tile->keys + (range.begin + first) * tile->row_stride;
        const int64_t left = range.end - range.begin - first;
        for (int64_t d = 0; d < head; d += lanes) {
            vec rows[lanes];
            for (int64_t i = 0; i < lanes; i++) {
                const float *key = keys + i * tile->row_stride + d;
                rows[i] = i >= left ? v_set(0) : d + lanes <= head ? v_load(key) : v_load_part(key, head - d);
            }
            v_transpose(rows);
            for (int64_t i = 0; i < lanes; i++) v_store(space->keys + (d + i) * NT_ROW_RANGE + first, rows[i]);
        }
    }
}

/// scores[r][i] = queries[r] . keys[i] for `rows` rows and two vectors of positions.
static inline __attribute__((always_inline)) void score_floats(
    const int rows, const float *const *queries, const float *keys, int64_t head, float *scores) {
    vec sums[NT_ROWS_AT_ONCE][2];
    for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = v_set(0);
    for (int64_t d = 0; d < head; d++, keys += NT_ROW_RANGE) {
        const vec left = v_load(keys), right = v_load(keys + lanes);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const vec query = v_set(queries[r][d]);
            sums[r][0] = v_fma(query, left, sums[r][0]);
            sums[r][1] = v_fma(query, right, sums[r][1]);
        }
    }
    for (int r = 0; r < rows; r++) {
        v_store(scores + r * NT_ROW_RANGE, sums[r][0]);
        v_store(scores + r * NT_ROW_RANGE + lanes, sums[r][1]);
    }
}

/// Turns the scores of row `r` into weights, and notes their sum and maximum.
///
/// - Returns: What the total so far is multiplied with.
static inline float soften_floats(
    const nt_attention *tile, const nt_row_workspace *space, nt_row_range range, int64_t r, float *scores) {
    const int64_t position = tile->first_position + r / tile->group;
    const span seen = visible(tile, position);
    const int64_t begin = seen.begin - range.begin, end = (seen.end < range.end ? seen.end : range.end) - range.begin;
    const bool bends = is_bent(tile);
    const vec scale = v_set(tile->scale * 0x1.715476p+0f);
    const int64_t count = range.padded_count;
    if (begin >= end) {
        memset(scores, 0, (size_t)count * sizeof *scores);
        return 1;
    }
    vec high = v_set(-INFINITY);
    for (int64_t i = 0; i < count; i += lanes) {
        vec x = v_load(scores + i) * scale;
        if (bends) x = bend(tile, x, r, range.begin + i, position);
        if (begin > i || end < i + lanes) x = v_keep(x, begin - i, end - i, -INFINITY);
        v_store(scores + i, x);
        high = v_max(high, x);
    }
    const float before = space->total.maximum[r], highest = v_highest(high);
    const float maximum = highest > before ? highest : before;
    vec sums = v_set(0);
    for (int64_t i = 0; i < count; i += lanes) {
        vec x = v_power_of_two(v_load(scores + i) - v_set(maximum));
        if (begin > i || end < i + lanes) x = v_keep(x, begin - i, end - i, 0);
        v_store(scores + i, x);
        sums = sums + x;
    }
    const float ours = exp2f(before - maximum);
    space->total.maximum[r] = maximum;
    space->total.sum[r] = space->total.sum[r] * ours + v_sum(sums);
    return ours;
}

/// output[r] = output[r] x ours[r] + weights[r] x values for `rows` rows and `vectors` vectors of dimensions.
static inline __attribute__((always_inline)) void mix_floats(
    const int rows, const int vectors, const float *weights, const float *values, int64_t value_stride, int64_t count,
    int64_t left, const float *ours, float *output, int64_t stride) {
    vec sums[NT_ROWS_AT_ONCE][mix_vectors];
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) sums[r][v] = v_load(output + r * stride + v * lanes) * v_set(ours[r]);
    }
    const bool is_whole = left >= vectors * lanes;
    for (int64_t i = 0; i < count; i++, values += value_stride) {
        vec value[mix_vectors];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            value[v] = is_whole ? v_load(values + v * lanes) : v_load_part(values + v * lanes, left - v * lanes);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const vec weight = v_set(weights[r * NT_ROW_RANGE + i]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[r][v] = v_fma(weight, value[v], sums[r][v]);
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) v_store(output + r * stride + v * lanes, sums[r][v]);
    }
}

/// Adds what the positions of a range contribute to `rows` rows from `first` on.
static inline __attribute__((always_inline)) void add_rows(
    const int rows, const nt_attention *tile, const nt_row_workspace *space, nt_row_range range, int64_t first) {
    const int64_t head = tile->head_dim;
    const float *queries[NT_ROWS_AT_ONCE];
    for (int i = 0; i < rows; i++) {
        const int64_t r = first + i;
        queries[i] = tile->queries + r / tile->group * tile->query_stride + r % tile->group * head;
    }
    for (int64_t i = 0; i < range.padded_count; i += 2 * lanes) {
        score_floats(rows, queries, space->keys + i, head, space->scores + i);
    }
    float ours[NT_ROWS_AT_ONCE];
    for (int i = 0; i < rows; i++) {
        ours[i] = soften_floats(tile, space, range, first + i, space->scores + i * NT_ROW_RANGE);
    }
    const float *values = tile->values + range.begin * tile->row_stride;
    float *output = space->total.output + first * space->stride;
    const int64_t count = range.end - range.begin, stride = tile->row_stride;
    int64_t d = 0;
    for (; d + mix_vectors * lanes <= head; d += mix_vectors * lanes) {
        mix_floats(
            rows, mix_vectors, space->scores, values + d, stride, count, head - d, ours, output + d, space->stride);
    }
    for (; d + 2 * lanes <= head; d += 2 * lanes) {
        mix_floats(rows, 2, space->scores, values + d, stride, count, head - d, ours, output + d, space->stride);
    }
    for (; d < head; d += lanes) {
        mix_floats(rows, 1, space->scores, values + d, stride, count, head - d, ours, output + d, space->stride);
    }
}

static void add_all_rows(const nt_attention *tile, const nt_row_workspace *space, nt_row_range range) {
    _Static_assert(mix_rows <= NT_ROWS_AT_ONCE, "scores for all rows");
    int64_t r = 0;
    for (; r + mix_rows <= space->rows; r += mix_rows) add_rows(mix_rows, tile, space, range, r);
    for (; r + 2 <= space->rows; r += 2) add_rows(2, tile, space, range, r);
    for (; r < space->rows; r++) add_rows(1, tile, space, range, r);
}

static void attend_rows(const nt_attention *tile, float *memory) {
    const nt_row_workspace space = nt_row_workspace_in(memory, tile);
    reset(space.total, space.rows, space.stride);
    const span all = visible_to_tile(tile);
    for (int64_t begin = all.begin / NT_ROW_RANGE * NT_ROW_RANGE; begin < all.end; begin += NT_ROW_RANGE) {
        const int64_t end = all.end < begin + NT_ROW_RANGE ? all.end : begin + NT_ROW_RANGE;
        const int64_t width = 2 * lanes, padded_count = (end - begin + width - 1) / width * width;
        const nt_row_range range = {.begin = begin, .end = end, .padded_count = padded_count};
        transpose_keys(tile, &space, range);
        add_all_rows(tile, &space, range);
    }
    finish(tile, space.total, space.rows, space.stride);
}
