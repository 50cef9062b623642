#pragma once

// Attention over cached keys and values in integers with scales, written once over the vector vocabulary, see
// ops_rows.h and, for the cache, ops_cache.h.
//
// A tile is some query rows that share a key-value head. Positions come in ranges of 128, and for each
//
//     scores  = queries x keys                    [rows][128], vectors along positions
//     weights = 2^(scores - their maximum)        rounded to integers, each row and range with a scale of its own
//     total   = total x ours + weights x values x theirs      [rows][head], vectors along dimensions
//
// where the two factors bring what came before and this range to a common maximum. A range always begins at a multiple
// of 128 and knows nothing of what came before until it is added: so ranges may be computed anywhere, and merged in
// order they give the same bits.

#include "ops_attention_products.h"
#include "ops_attention_rows.h"
#include "ops_attention_softmax.h"

/// Adds a range's maxima and sums to the total's, and finds the factors for its outputs.
///
/// A row that has seen nothing has the factor 2^-inf = 0, or that of the difference of two infinities, for which
/// `v_exp` gives 0 too; its output and sum are zeros.
static void join(const nt_workspace *space, const float *maxima, const float *sums) {
    const nt_partial total = space->total;
    const vec ln2 = v_set(0x1.62e43p-1f);
    for (int64_t r = 0; r < space->rows; r += lanes) {
        const vec before = v_load(total.maximum + r), added = v_load(maxima + r);
        const vec maximum = v_max(before, added);
        const vec ours = v_exp((before - maximum) * ln2), theirs = v_exp((added - maximum) * ln2);
        v_store(total.maximum + r, maximum);
        v_store(total.sum + r, v_fma(v_load(sums + r), theirs, v_load(total.sum + r) * ours));
        v_store(space->range.ours + r, ours);
        v_store(space->range.theirs + r, theirs);
    }
}

/// Rounds the tile's queries to integers, and transposes those that are scored together.
static void load_queries(const nt_attention *tile, const nt_workspace *space) {
    const int64_t stride = space->layout.stride;
    const float log2e = 0x1.715476p+0f;
    // The total's memory is free until the first range is added, and holds twice a row, however few rows there are.
    // SAFETY: integers and floats never lie there at the same time: `reset` writes before anything is read.
    int16_t *row = (int16_t *)space->total.output;
    memset(row, 0, (size_t)stride * sizeof *row);
    for (int64_t first = 0; first < space->rows; first += score_rows) {
        const int64_t count = space->rows - first < score_rows ? space->rows - first : score_rows;
        for (int64_t i = 0; i < count; i++) {
            const int64_t r = first + i;
            const float *in = tile->queries + r / tile->group * tile->query_stride + r % tile->group * tile->head_dim;
            space->query_scales[r] = quantise_by_length(row, in, tile->head_dim) * tile->scale * log2e;
            int16_t *out = space->queries + first * stride + 2 * i;
            for (int64_t d = 0; d < stride; d += 2, out += 2 * count) memcpy(out, row + d, 2 * sizeof *row);
        }
    }
}

/// Adds what the positions of one range contribute to the total.
ALWAYS_INLINE void add_range(
    const nt_cache_type type, const nt_attention *tile, const nt_workspace *space, int64_t range) {
    enum { per_range = NT_ATTENTION_RANGE / NT_BLOCK_LENGTH };
    const span all = visible_to_tile(tile);
    const int64_t first = all.begin / NT_BLOCK_LENGTH, last = (all.end - 1) / NT_BLOCK_LENGTH;
    const int64_t begin = first > range * per_range ? first : range * per_range;
    const int64_t end = last < (range + 1) * per_range ? last + 1 : (range + 1) * per_range;
    const nt_block_layout *layout = &space->layout;
    const char *blocks[per_range], *next_blocks[per_range];
    nt_value_blocks values = {.count = end - begin};
    for (int64_t i = 0; i < end - begin; i++) {
        const int64_t next = begin + i + per_range <= last ? begin + i + per_range : begin + i;
        const int64_t shelf_stride = tile->shelf_stride;
        blocks[i] = (const char *)tile->cache + nt_block_offset(layout, shelf_stride, tile->block_table[begin + i]);
        values.values[i] = blocks[i] + layout->values;
        // The next range is likely to be the same worker's.
        next_blocks[i] = (const char *)tile->cache + nt_block_offset(layout, shelf_stride, tile->block_table[next]);
    }
    for (int64_t i = 0; i < end - begin; i++) {
        prefetch(blocks[i] + layout->value_scales, layout->keys);
        score_block(type, space, blocks[i], i * NT_BLOCK_LENGTH, values.values[i]);
    }
    // Memory must not stand still meanwhile: of the next range's keys, half are fetched now and half with the values.
    const nt_range softened = {
        .tile = tile, .space = space, .blocks = blocks, .begin = begin * NT_BLOCK_LENGTH,
        .ahead = {next_blocks[0], next_blocks[(end - begin) / 2]}, .ahead_bytes = layout->step,
    };
    soften_rows(&softened, end - begin);
    for (int64_t i = 0; i < end - begin; i++) values.ahead[i] = next_blocks[(i + 1) % (end - begin)] + layout->keys;
    join(space, space->range.maximum, space->range.sum);
    mix_blocks(type, space, &values);
}

/// The total of ranges `first ... last`, as far as any row sees them.
static void add_ranges(const nt_attention *tile, const nt_workspace *space, int64_t first, int64_t last) {
    reset(space->total, space->rows, space->layout.stride);
    const span all = visible_to_tile(tile);
    // The maxima of rows that fill up a vector.
    for (int64_t r = space->rows; r < space->padded_rows; r++) {
        space->range.maximum[r] = -INFINITY;
        space->range.sum[r] = 0;
    }
    const int64_t begin = all.begin / NT_ATTENTION_RANGE, end = (all.end - 1) / NT_ATTENTION_RANGE;
    first = first < begin ? begin : first;
    last = last > end ? end : last;
    for (int64_t range = first; range <= last; range++) {
        if (tile->type == NT_CACHE_8) {
            add_range(NT_CACHE_8, tile, space, range);
        } else {
            add_range(NT_CACHE_16, tile, space, range);
        }
    }
}

static void attend(const nt_attention *tile, float *memory) {
    const nt_workspace space = nt_workspace_in(memory, tile);
    load_queries(tile, &space);
    add_ranges(tile, &space, 0, INT64_MAX);
    finish(tile, space.total, space.rows, space.layout.stride);
}

static void attend_ranges(
    const nt_attention *tile, int64_t first, int64_t count, float *partials, float *memory) {
    nt_workspace space = nt_workspace_in(memory, tile);
    const int64_t floats = nt_attention_partial_floats(space.rows, tile->head_dim);
    load_queries(tile, &space);
    for (int64_t i = 0; i < count; i++) {
        space.total = nt_partial_in(partials + i * floats, space.rows, space.layout.stride);
        add_ranges(tile, &space, first + i, first + i);
    }
}

static void attend_merge(const nt_attention *tile, int64_t count, const float *partials, float *memory) {
    const nt_workspace space = nt_workspace_in(memory, tile);
    const int64_t stride = space.layout.stride, floats = nt_attention_partial_floats(space.rows, tile->head_dim);
    reset(space.total, space.rows, stride);
    for (int64_t i = 0; i < count; i++) {
        const nt_partial part = nt_partial_in((float *)partials + i * floats, space.rows, stride);
        join(&space, part.maximum, part.sum);
        for (int64_t r = 0; r < space.rows; r++) {
            const vec ours = v_set(space.range.ours[r]), theirs = v_set(space.range.theirs[r]);
            float *output = space.total.output + r * stride;
            const float *more = part.output + r * stride;
            for (int64_t d = 0; d < stride; d += lanes) {
                v_store(output + d, v_fma(v_load(more + d), theirs, v_load(output + d) * ours));
            }
        }
    }
    finish(tile, space.total, space.rows, space.layout.stride);
}

#define NT_OPS_TABLE                                                                                 \
    {                                                                                                \
        .rms_norm = rms_norm, .layer_norm = layer_norm, .add = add, .scale = scale, .gated = gated,  \
        .activate = activate, .clamp = clamp, .softmax = softmax, .soft_cap = soft_cap,              \
        .rope = rope, .store_run = store_run, .attend = attend, .attend_rows = attend_rows,          \
        .attend_ranges = attend_ranges, .attend_merge = attend_merge,                                \
    }
