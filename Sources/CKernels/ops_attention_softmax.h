#pragma once

// From the scores of one range to integer weights.

#include "ops_attention_scores.h"
#include "ops_cache.h"

/// What is common to the rows of a tile for one range.
typedef struct {
    const nt_attention *tile;
    const nt_workspace *space;
    const char *const *blocks;
    /// The position of the first column.
    int64_t begin;
    /// What to fetch meanwhile.
    const char *ahead[2];
    int64_t ahead_bytes;
} nt_range;

/// Fetches the share of row `r`.
ALWAYS_INLINE void prefetch_share(const nt_range *range, int64_t r) {
    const int64_t rows = range->space->rows, lines = (range->ahead_bytes + 63) / 64;
    for (int64_t line = lines * r / rows; line < lines * (r + 1) / rows; line++) {
        __builtin_prefetch(range->ahead[0] + 64 * line);
        __builtin_prefetch(range->ahead[1] + 64 * line);
    }
}

/// Turns the scores of row `r` over `blocks` blocks into integer weights; notes their maximum, sum and scales.
ALWAYS_INLINE void soften(const int blocks, const nt_range *range, int64_t r) {
    enum { per_block = NT_BLOCK_LENGTH / lanes, most = NT_ATTENTION_RANGE / lanes };
    const nt_attention *tile = range->tile;
    const nt_workspace *space = range->space;
    const nt_block_layout *layout = &space->layout;
    const int count = blocks * per_block;
    const int64_t position = tile->first_position + r / tile->group;
    const span seen = visible(tile, position);
    const int64_t begin = seen.begin - range->begin, end = seen.end - range->begin;
    const bool is_edge = begin > 0 || end < blocks * NT_BLOCK_LENGTH;
    const bool bends = is_bent(tile);
    const float *scores = space->scores + r * NT_ATTENTION_RANGE;
    const vec scale = v_set(space->query_scales[r]);

    vec x[most];
    vec high = v_set(-INFINITY);
#pragma clang loop unroll(full)
    for (int v = 0; v < count; v++) {
        x[v] = v_load(scores + v * lanes) * scale;
        if (bends) x[v] = bend(tile, x[v], r, range->begin + v * lanes, position);
        if (is_edge) x[v] = v_keep(x[v], begin - v * lanes, end - v * lanes, -INFINITY);
        high = v_max(high, x[v]);
    }
    const float maximum = v_highest(high);
    vec sums = v_set(0);
#pragma clang loop unroll(full)
    for (int v = 0; v < count; v++) {
        x[v] = v_power_of_two(x[v] - v_set(maximum));
        if (is_edge) x[v] = v_keep(x[v], begin - v * lanes, end - v * lanes, 0);
        sums = sums + x[v];
    }
    space->range.maximum[r] = maximum;
    space->range.sum[r] = v_sum(sums);
    int16_t *weights = space->weights + r * layout->groups * NT_ATTENTION_RANGE;
    for (int64_t g = 0; g < layout->groups; g++, weights += NT_ATTENTION_RANGE) {
        vec scaled[most];
        vec largest = v_set(0), most_of_block = v_set(0), of_block = v_set(0);
#pragma clang loop unroll(full)
        for (int v = 0; v < count; v++) {
            const char *scales = range->blocks[v / per_block] + layout->value_scales;
            scaled[v] = x[v] * v_load((const float *)scales + g * NT_BLOCK_LENGTH + v % per_block * lanes);
            // Slots that nobody sees yet may hold anything.
            if (is_edge) scaled[v] = v_keep(scaled[v], begin - v * lanes, end - v * lanes, 0);
            largest = v_max(largest, scaled[v]);
            of_block = v % per_block == 0 ? scaled[v] : of_block + scaled[v];
            if (v % per_block == per_block - 1) most_of_block = v_max(most_of_block, of_block);
        }
        // Lane by lane the sums of several blocks give no less than the largest of their sums.
        const float alone = v_highest(largest) / weight_limit, together = v_sum(most_of_block) / weight_sum_limit;
        const float unit = alone > together ? alone : together;
        const vec factor = v_set(unit > 1e-30f ? 1 / unit : 0);
#pragma clang loop unroll(full)
        for (int v = 0; v < count; v++) v_store_i16(weights + v * lanes, scaled[v] * factor);
        space->range.weight_scales[g * space->padded_rows + r] = unit;
    }
}

/// All rows over the range's `blocks` blocks. Rows that see none of them get weights of 0.
static void soften_rows(const nt_range *range, int64_t blocks) {
    const nt_workspace *space = range->space;
    _Static_assert(NT_ATTENTION_RANGE / NT_BLOCK_LENGTH == 4, "a case for each number of blocks");
    for (int64_t r = 0; r < space->rows; r++) {
        prefetch_share(range, r);
        const span seen = visible(range->tile, range->tile->first_position + r / range->tile->group);
        if (seen.end <= range->begin || seen.begin >= range->begin + blocks * NT_BLOCK_LENGTH) {
            const int64_t groups = space->layout.groups;
            memset(space->weights + r * groups * NT_ATTENTION_RANGE, 0, (size_t)(groups * NT_ATTENTION_RANGE) * 2);
            for (int64_t g = 0; g < groups; g++) space->range.weight_scales[g * space->padded_rows + r] = 0;
            space->range.maximum[r] = -INFINITY;
            space->range.sum[r] = 0;
            continue;
        }
        switch (blocks) {
        case 1: soften(1, range, r); break;
        case 2: soften(2, range, r); break;
        case 3: soften(3, range, r); break;
        default: soften(4, range, r); break;
        }
    }
}
