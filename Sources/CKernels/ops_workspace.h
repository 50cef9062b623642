#pragma once

#include <math.h>
#include <string.h>

#include "ops_cache_layout.h"

// Memory of one attention tile, cut out of a caller's buffer. Every part starts at a multiple of 64 bytes if the
// buffer does.

/// Unnormalised output of a tile: sum of 2^(score - maximum) * value, and the sum of the powers.
typedef struct {
    /// [rows][stride]
    float *output;
    /// [rows]
    float *maximum;
    float *sum;
} nt_partial;

/// Of one range of positions, row by row: what the softmax tells the mixing of values.
typedef struct {
    float *maximum, *sum;
    /// What the total so far, and this range, are multiplied with when they are added.
    float *ours, *theirs;
    /// [scale groups][rows]: what the integer weights stand for.
    float *weight_scales;
} nt_range_rows;

typedef struct {
    nt_block_layout layout;
    int64_t rows, padded_rows;
    /// In groups of the rows that are scored together, in pairs of dimensions: [group][stride / 2][rows][2].
    int16_t *queries;
    /// [rows]: what an integer score times its key's scale is multiplied with.
    float *query_scales;
    /// [rows][NT_ATTENTION_RANGE]
    float *scores;
    /// [rows][scale groups][NT_ATTENTION_RANGE]
    int16_t *weights;
    nt_range_rows range;
    nt_partial total;
} nt_workspace;

static inline nt_partial nt_partial_in(float *memory, int64_t rows, int64_t stride) {
    float *maximum = memory + rows * stride;
    return (nt_partial){.output = memory, .maximum = maximum, .sum = maximum + nt_padded(rows)};
}

/// Takes `count` floats, padded, from `*memory`.
static inline float *nt_take(float **memory, int64_t count) {
    float *taken = *memory;
    *memory += nt_padded(count);
    return taken;
}

static inline nt_workspace nt_workspace_in(float *memory, const nt_attention *tile) {
    const int64_t rows = (int64_t)tile->position_count * tile->group, padded_rows = nt_padded(rows);
    nt_workspace space = {.layout = nt_layout(tile->type, tile->head_dim), .rows = rows, .padded_rows = padded_rows};
    const nt_block_layout layout = space.layout;
    space.queries = (int16_t *)nt_take(&memory, rows * layout.stride / 2);
    space.weights = (int16_t *)nt_take(&memory, rows * layout.groups * NT_ATTENTION_RANGE / 2);
    space.scores = nt_take(&memory, rows * NT_ATTENTION_RANGE);
    space.query_scales = nt_take(&memory, rows);
    space.range.maximum = nt_take(&memory, rows);
    space.range.sum = nt_take(&memory, rows);
    space.range.ours = nt_take(&memory, rows);
    space.range.theirs = nt_take(&memory, rows);
    space.range.weight_scales = nt_take(&memory, layout.groups * padded_rows);
    float *total = nt_take(&memory, nt_attention_partial_floats(rows, tile->head_dim));
    space.total = nt_partial_in(total, rows, layout.stride);
    return space;
}
