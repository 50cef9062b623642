#pragma once

#include "ops_workspace.h"

// Which positions see which.

typedef struct {
    int64_t begin, end;
} span;

/// The positions that position `p` sees.
static inline span visible(const nt_attention *tile, int64_t p) {
    const int64_t begin = tile->window > 0 && p >= tile->window ? p - tile->window + 1 : 0;
    if (tile->is_causal) return (span){begin, p + 1};
    const bool sees_end = tile->window <= 0 || tile->window >= tile->length - p;
    return (span){begin, sees_end ? tile->length : p + tile->window};
}

/// The positions that any row of the tile sees.
static inline span visible_to_tile(const nt_attention *tile) {
    const int64_t last = tile->first_position + tile->position_count - 1;
    return (span){visible(tile, tile->first_position).begin, visible(tile, last).end};
}
