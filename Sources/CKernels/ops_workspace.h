#pragma once

#include <math.h>
#include <string.h>

#include "nt_ops.h"

// Memory of one attention tile, cut out of a caller's buffer. Every part starts at a multiple of 64 bytes if the
// buffer does.

/// Unnormalised output of a tile: sum of exp(score - maximum) * value, and the sum of the exponentials.
typedef struct {
    /// [rows][stride]
    float *output;
    /// [rows]
    float *maximum;
    float *sum;
} nt_partial;

typedef struct {
    int64_t rows;
    /// Floats of one row: the head dimension, padded.
    int64_t stride;
    /// Scaled, and transposed in groups of the rows that are scored together: [group][head_dim][rows of the group].
    float *queries;
    /// [rows][NT_BLOCK_LENGTH]: scores of one block, then weights.
    float *scores;
    /// [rows][NT_HEAD_ALIGNMENT]: the running sum of weights, one for each lane.
    float *lane_sums;
    /// 0, 1, 2 ...
    float *lane_numbers;
    nt_partial total;
    nt_partial part;
} nt_workspace;

static inline int64_t nt_padded(int64_t count) {
    return (count + NT_HEAD_ALIGNMENT - 1) / NT_HEAD_ALIGNMENT * NT_HEAD_ALIGNMENT;
}

static inline nt_partial nt_partial_in(float *memory, int64_t rows, int64_t stride) {
    float *maximum = memory + rows * stride;
    return (nt_partial){.output = memory, .maximum = maximum, .sum = maximum + nt_padded(rows)};
}

static inline nt_workspace nt_workspace_in(float *memory, const nt_attention *tile) {
    const int64_t rows = (int64_t)tile->position_count * tile->group, stride = nt_padded(tile->head_dim);
    const int64_t partial_floats = nt_attention_partial_floats(rows, tile->head_dim);
    nt_workspace space = {.rows = rows, .stride = stride, .queries = memory};
    space.scores = space.queries + rows * stride;
    space.lane_sums = space.scores + rows * NT_BLOCK_LENGTH;
    space.lane_numbers = space.lane_sums + rows * NT_HEAD_ALIGNMENT;
    for (int i = 0; i < NT_HEAD_ALIGNMENT; i++) space.lane_numbers[i] = (float)i;
    space.total = nt_partial_in(space.lane_numbers + NT_HEAD_ALIGNMENT, rows, stride);
    space.part = nt_partial_in(space.total.output + partial_floats, rows, stride);
    return space;
}
