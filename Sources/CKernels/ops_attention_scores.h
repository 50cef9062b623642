#pragma once

// What becomes of scores before they are weights, the same for all kinds of attention.

#include "ops_attention_mask.h"

/// 2^x for x <= 0 within 3e-6 of its value, and next to nothing (2^-126) below -126. What is not a number stays so.
///
/// A polynomial with the least relative error on -0.5 ... 0.5 that is 1 at 0.
static inline __attribute__((always_inline)) vec v_power_of_two(vec x) {
    x = v_at_least(x, -126);
    const vec n = v_round(x);
    const vec r = x - n;
    vec p = v_fma(v_set(0x1.3a029ap-7f), r, v_set(0x1.c9fc38p-5f));
    p = v_fma(p, r, v_set(0x1.ec0378p-3f));
    p = v_fma(p, r, v_set(0x1.62e12cp-1f));
    p = v_fma(p, r, v_set(1));
    return v_times_power(p, n);
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
