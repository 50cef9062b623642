#pragma once

#include "ops_workspace.h"

enum {
    /// Positions whose keys are transposed at a time: with heads of 64 elements they fill half a level 1 cache.
    NT_ROW_RANGE = 128,
    /// Rows that are scored together, at most.
    NT_ROWS_AT_ONCE = 6,
};

/// Memory of a tile whose keys and values are floats.
typedef struct {
    int64_t rows;
    /// Floats from row to row of the outputs.
    int64_t stride;
    /// [stride][NT_ROW_RANGE]: transposed keys.
    float *keys;
    /// [NT_ROWS_AT_ONCE][NT_ROW_RANGE]: scores, then weights.
    float *scores;
    nt_partial total;
} nt_row_workspace;

static inline nt_row_workspace nt_row_workspace_in(float *memory, const nt_attention *tile) {
    nt_row_workspace space = {
        .rows = (int64_t)tile->position_count * tile->group, .stride = nt_padded(tile->head_dim)};
    space.keys = nt_take(&memory, space.stride * NT_ROW_RANGE);
    space.scores = nt_take(&memory, NT_ROWS_AT_ONCE * NT_ROW_RANGE);
    space.total = nt_partial_in(memory, space.rows, space.stride);
    return space;
}
