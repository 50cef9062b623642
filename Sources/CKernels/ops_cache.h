#pragma once

// Writing keys and values into the cache, over the vector vocabulary, see ops_cache_layout.h.
//
// Integers have as many bits as the dot products' 32-bit sums leave room for, whatever the head dimension:
//
// - Keys and queries in 16 bits are scaled by their length, unless their largest element needs more room: |integers| <=
//   46300, and 46316 once 1024 of them are rounded, bounds every product of two of them, and of parts of them, by 2^31
//   (Cauchy-Schwarz). The rounding is 1e-5 of |query| |key| at most, below that of half floats.
// - Values in 16 bits go up to 16383, and the weights of the 32 positions of a block to 131056 together, or 131072 once
//   they are rounded: the sum of their products stays below 2^31. What matters has 15 bits, be it one position or all.
// - In 8 bits each 32 dimensions of a position have a scale of their own, as in GGUF's Q8_0.

#include "ops_workspace.h"

enum { key_limit = 32767, key_length_limit = 46300, value_limit = 16383, weight_limit = 32767, weight_sum_limit = 131056, byte_limit = 127 };
_Static_assert(
    (weight_sum_limit + NT_BLOCK_LENGTH / 2) * (int64_t)value_limit <= INT32_MAX, "a block's sum must fit 32 bits");

/// The largest magnitude; not a number when any element is infinite or not a number.
static inline float largest_magnitude(const float *in, int64_t width) {
    vec high = v_set(0), doubt = v_set(0);
    for (int64_t i = 0; i < width; i += lanes) {
        const vec x = i + lanes <= width ? v_load(in + i) : v_load_part(in + i, width - i);
        high = v_max(high, v_max(x, v_set(0) - x));
        // Maxima may lose what is not a number; 0 x infinity is not a number either.
        doubt = v_fma(x, v_set(0), doubt);
    }
    return v_highest(high) + v_sum(doubt);
}

/// The scale with which numbers of this size become integers up to `limit`. What is next to nothing becomes 0, and the
/// scale of an infinite size is not a number, so that it shows in every score.
static inline float scale_for(float size, float limit) {
    return size < 1e-15f ? 0 : size / limit + (size - size);
}

/// out = nearest integers of in / scale; the last vector is filled up with zeros.
static inline void quantise(int16_t *out, const float *in, int64_t width, float scale) {
    const vec factor = v_set(scale == 0 ? 0 : 1 / scale);
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) v_store_i16(out + i, v_load(in + i) * factor);
    if (i < width) v_store_i16(out + i, v_load_part(in + i, width - i) * factor);
}

/// The scale may be that of the largest element. The sum of squares is row_sum's, so `width` decides its order.
static inline float quantise_by_length(int16_t *out, const float *in, int64_t width) {
    const float by_length = scale_for(sqrtf(row_sum(in, width, 0, true)), key_length_limit);
    const float by_largest = scale_for(largest_magnitude(in, width), key_limit);
    const float scale = by_length < by_largest ? by_largest : by_length;
    quantise(out, in, width, scale);
    return scale;
}

static inline float quantise_by_largest(int16_t *out, const float *in, int64_t width, float limit) {
    const float scale = scale_for(largest_magnitude(in, width), limit);
    quantise(out, in, width, scale);
    return scale;
}

/// Integers and scales of the keys and values of one position.
typedef struct {
    int16_t *keys, *values;
} position_integers;

static inline void quantise_position(
    nt_cache_type type, const nt_block_layout *layout, int64_t head_dim, const float *key, const float *value,
    position_integers out, float *key_scales, float *value_scales) {
    float poison = 0;
    for (int64_t g = 0, d = 0; g < layout->groups; g++, d += layout->group_dims) {
        const int64_t width = head_dim - d < layout->group_dims ? head_dim - d : layout->group_dims;
        const bool is_wide = type == NT_CACHE_16;
        key_scales[g * NT_BLOCK_LENGTH] = is_wide ? quantise_by_length(out.keys + d, key + d, width)
                                                  : quantise_by_largest(out.keys + d, key + d, width, byte_limit);
        const float limit = is_wide ? value_limit : byte_limit;
        const float scale = quantise_by_largest(out.values + d, value + d, width, limit);
        value_scales[g * NT_BLOCK_LENGTH] = scale;
        poison += scale * 0;
    }
    // A value that is not a number must come out whatever the weights' rounding does with it: the score shows it.
    key_scales[0] += poison;
}

/// Writes one position's integers to slot `slot`.
static inline void scatter(
    nt_cache_type type, const nt_block_layout *layout, char *block, int64_t slot, position_integers in) {
    char *keys = block + layout->keys, *values = block + layout->values;
    if (type == NT_CACHE_16) {
        int32_t *pairs = (int32_t *)keys + slot;
        for (int64_t d = 0; d < layout->stride; d += 2) memcpy(pairs + d / 2 * NT_BLOCK_LENGTH, in.keys + d, 4);
        int16_t *column = (int16_t *)values + slot / 2 * layout->stride * 2 + slot % 2;
        for (int64_t d = 0; d < layout->stride; d++) column[2 * d] = in.values[d];
        return;
    }
    int8_t *pairs = (int8_t *)keys + 2 * slot;
    for (int64_t d = 0; d < layout->stride; d += 2) {
        pairs[d * NT_BLOCK_LENGTH] = (int8_t)in.keys[d];
        pairs[d * NT_BLOCK_LENGTH + 1] = (int8_t)in.keys[d + 1];
    }
    int8_t *column = (int8_t *)values + slot / 2 * layout->stride * 2 + slot % 2;
    for (int64_t d = 0; d < layout->stride; d++) column[2 * d] = (int8_t)in.values[d];
}

/// Writes `lanes` positions, from slot `slot` on, a multiple of `lanes`: keys are transposed in registers.
static inline void transpose_in(
    const nt_block_layout *layout, char *block, int64_t slot, const int16_t (*keys)[NT_MAX_HEAD_DIM],
    const int16_t (*values)[NT_MAX_HEAD_DIM]) {
    float *pairs = (float *)(block + layout->keys) + slot;
    int64_t d = 0;
    for (; d + 2 * lanes <= layout->stride; d += 2 * lanes) {
        vec rows[lanes];
        // SAFETY: vectors of floats only carry the bits here; moves and shuffles change none.
        for (int i = 0; i < lanes; i++) rows[i] = v_load((const float *)(keys[i] + d));
        v_transpose(rows);
        for (int i = 0; i < lanes; i++) v_store(pairs + (d / 2 + i) * NT_BLOCK_LENGTH, rows[i]);
    }
    for (; d < layout->stride; d += 2) {
        for (int i = 0; i < lanes; i++) memcpy(pairs + d / 2 * NT_BLOCK_LENGTH + i, keys[i] + d, 4);
    }
    int16_t *out = (int16_t *)(block + layout->values) + slot * layout->stride;
    for (int i = 0; i < lanes; i += 2, out += 2 * layout->stride) {
        for (d = 0; d < layout->stride; d += lanes) v_interleave_i16(out + 2 * d, values[i] + d, values[i + 1] + d);
    }
}

static void store_run(const nt_cache_run *run) {
    const nt_block_layout layout = nt_layout(run->type, run->head_dim);
    _Alignas(64) int16_t keys[lanes][NT_MAX_HEAD_DIM], values[lanes][NT_MAX_HEAD_DIM];
    const bool is_wide = run->type == NT_CACHE_16;
    for (int64_t i = 0; i < run->position_count;) {
        const int64_t position = run->first_position + i, slot = position % NT_BLOCK_LENGTH;
        char *block = (char *)run->cache
            + nt_block_offset(&layout, run->shelf_stride, run->block_table[position / NT_BLOCK_LENGTH]);
        float *scales = (float *)block + slot;
        const bool is_whole = slot % lanes == 0 && i + lanes <= run->position_count;
        const int64_t count = is_whole && is_wide ? lanes : 1;
        for (int64_t j = 0; j < count; j++) {
            memset(keys[j], 0, (size_t)layout.stride * sizeof **keys);
            memset(values[j], 0, (size_t)layout.stride * sizeof **values);
            const int64_t row = (i + j) * run->stride;
            quantise_position(run->type, &layout, run->head_dim, run->keys + row, run->values + row,
                              (position_integers){keys[j], values[j]}, scales + j,
                              (float *)(block + layout.value_scales) + slot + j);
        }
        if (count == lanes) {
            transpose_in(&layout, block, slot, keys, values);
        } else {
            scatter(run->type, &layout, block, slot, (position_integers){keys[0], values[0]});
        }
        i += count;
    }
}
