#pragma once

// What is the same for all kinds of attention: what becomes of scores before they are weights, and of sums at the end.

#include "ops_attention_mask.h"

/// Forgets everything: the rows have seen no position yet.
static void reset(nt_partial part, int64_t rows, int64_t stride) {
    const int64_t padded_rows = nt_padded(rows);
    memset(part.output, 0, (size_t)(rows * stride) * sizeof *part.output);
    memset(part.sum, 0, (size_t)padded_rows * sizeof *part.sum);
    for (int64_t r = 0; r < padded_rows; r++) part.maximum[r] = -INFINITY;
}

/// Divides by the sums and writes the tile's output.
static void finish(const nt_attention *tile, nt_partial total, int64_t rows, int64_t stride) {
    for (int64_t r = 0; r < rows; r++) {
        const float *row = total.output + r * stride;
        float *out = tile->output + r / tile->group * tile->output_stride + r % tile->group * tile->head_dim;
        const float factor = 1.0f / total.sum[r];
        for (int64_t d = 0; d < tile->head_dim; d++) out[d] = row[d] * factor;
    }
}

/// Whether scores are more than products.
static inline bool is_bent(const nt_attention *tile) {
    return tile->soft_cap > 0 || tile->slopes != NULL || tile->biases != NULL;
}

/// Soft cap, slopes and biases of row `r`, for the `lanes` positions from `first` on. In and out in units of log2.
static inline __attribute__((always_inline)) vec bend(
    const nt_attention *tile, vec x, int64_t r, int64_t first, int64_t position) {
    static const float lane_numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    _Static_assert(lanes <= 16, "a number for each lane");
    const float log2e = 0x1.715476p+0f, ln2 = 0x1.62e43p-1f;
    x = x * v_set(ln2);
    if (tile->soft_cap > 0) x = v_soft_cap(x, tile->soft_cap, 1.0f / tile->soft_cap);
    if (tile->slopes != NULL) {
        const vec distance = v_set((float)(first - position)) + v_load(lane_numbers);
        x = v_fma(v_set(tile->slopes[r % tile->group]), distance, x);
    }
    if (tile->biases != NULL) x = x + v_load(tile->biases + r % tile->group * tile->bias_stride + first - position);
    return x * v_set(log2e);
}
