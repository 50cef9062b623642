#pragma once

#include <stdbool.h>

#include "quantize_vector.h"

// Where the levels of a block go. A block's numbers x are to be written as `scale * level + offset` with levels that
// are whole numbers in a range. For given levels the best scale and offset are a linear regression; for a given scale
// and offset the best levels are the closest. The search starts from several roundings, a little wider or narrower
// than the range of the numbers, keeps the one whose regression fits best, and then lets both steps take turns.
//
// What is made small is the plain sum of squared errors: a product's error is the errors' weighted sum with inputs
// that are unknown here and don't depend on the weight beside them.
//
// `count` is how many vectors of eight a block has; it is a constant wherever these are inlined.

/// Sums over a block that a regression needs.
typedef struct {
    float level, level_level, level_x;
} nt_level_sums;

NT_INLINE nt_level_sums nt_sum_levels(const nt_f8 *x, int count, float inverse, float shift, float least, float most) {
    nt_f8 level = nt_f8_splat(0), level_level = level, level_x = level;
    for (int i = 0; i < count; i++) {
        const nt_f8 q = nt_f8_round(nt_f8_clamp((x[i] + nt_f8_splat(shift)) * nt_f8_splat(inverse), least, most));
        level += q;
        level_level += q * q;
        level_x += q * x[i];
    }
    return (nt_level_sums){nt_f8_sum(level), nt_f8_sum(level_level), nt_f8_sum(level_x)};
}

// MARK: Levels from -limit to limit - 1, without an offset

/// How much of the block's sum of squares the best scale for these levels explains, and that scale.
NT_INLINE float nt_explained(nt_level_sums sums, float *scale) {
    if (!(sums.level_level > 0)) return *scale = 0;
    *scale = sums.level_x / sums.level_level;
    return sums.level_x * *scale;
}

/// The scale for levels from `-limit` to `limit - 1`; it may be negative.
NT_INLINE float nt_fit_scale(const nt_f8 *x, int count, float limit) {
    nt_f8 least = x[0], most = x[0];
    for (int i = 1; i < count; i++) {
        least = __builtin_elementwise_min(least, x[i]);
        most = __builtin_elementwise_max(most, x[i]);
    }
    const float low = nt_f8_least(least), high = nt_f8_most(most);
    // The range has one level more below zero, so the number of largest magnitude takes that side.
    const float peak = -low > high ? low : high;
    if (!(peak * peak > 0)) return 0;
    float best = -1, best_scale = 0;
    for (int step = -6; step <= 9; step++) {
        for (int side = -1; side <= 1; side += 2) {
            const float inverse = (float)side * (limit + 0.15f * (float)step) / peak;
            float scale;
            const float explained =
                nt_explained(nt_sum_levels(x, count, inverse, 0, -limit, limit - 1), &scale);
            if (explained > best) {
                best = explained;
                best_scale = scale;
            }
        }
    }
    for (int turn = 0; turn < 3 && best_scale != 0; turn++) {
        float scale;
        const float explained =
            nt_explained(nt_sum_levels(x, count, 1 / best_scale, 0, -limit, limit - 1), &scale);
        if (!(explained > best)) break;
        best = explained;
        best_scale = scale;
    }
    return best_scale;
}

/// The sum of squared errors of a block that is written with this scale and offset and the closest levels.
NT_INLINE float nt_error(
    const nt_f8 *x, int count, float scale, float offset, float least, float most) {
    const float inverse = scale != 0 ? 1 / scale : 0;
    nt_f8 sum = nt_f8_splat(0);
    for (int i = 0; i < count; i++) {
        const nt_f8 q =
            nt_f8_round(nt_f8_clamp((x[i] - nt_f8_splat(offset)) * nt_f8_splat(inverse), least, most));
        const nt_f8 error = x[i] - (q * nt_f8_splat(scale) + nt_f8_splat(offset));
        sum += error * error;
    }
    return nt_f8_sum(sum);
}

// MARK: Levels from 0 to a top, with an offset

typedef struct {
    float scale, offset;
} nt_line;

/// The line through the levels and the numbers that leaves the least, and what it leaves, apart from the sum of
/// squares of the numbers.
NT_INLINE float nt_regress(nt_level_sums sums, float x_sum, float n, bool offset_is_negative, nt_line *line) {
    const float determinant = n * sums.level_level - sums.level * sums.level;
    if (determinant > 0) {
        line->scale = (n * sums.level_x - sums.level * x_sum) / determinant;
        line->offset = (sums.level_level * x_sum - sums.level * sums.level_x) / determinant;
    } else {
        line->scale = 0;
        line->offset = x_sum / n;
    }
    if (offset_is_negative && line->offset > 0) {
        line->offset = 0;
        line->scale = sums.level_level > 0 ? sums.level_x / sums.level_level : 0;
    }
    const float d = line->scale, c = line->offset;
    return d * (d * sums.level_level - 2 * sums.level_x) + c * (n * c + 2 * (d * sums.level - x_sum));
}

/// Scale and offset for levels from 0 to `top`; the scale is never negative.
///
/// - offset_is_negative: the format stores the offset as a number to subtract, so it can't be above zero.
NT_INLINE nt_line nt_fit_line(const nt_f8 *x, int count, float top, bool offset_is_negative) {
    nt_f8 least = x[0], most = x[0], total = x[0];
    for (int i = 1; i < count; i++) {
        least = __builtin_elementwise_min(least, x[i]);
        most = __builtin_elementwise_max(most, x[i]);
        total += x[i];
    }
    const float n = (float)(8 * count), x_sum = nt_f8_sum(total);
    float low = nt_f8_least(least), high = nt_f8_most(most);
    if (offset_is_negative && low > 0) low = 0;
    if (!(high > low)) return (nt_line){0, low};
    nt_line best = {(high - low) / top, low};
    float best_rest = __builtin_inff();
    for (int step = -6; step <= 12; step++) {
        const float inverse = (top + 0.12f * (float)step) / (high - low);
        nt_line line;
        const float rest = nt_regress(
            nt_sum_levels(x, count, inverse, -low, 0, top), x_sum, n, offset_is_negative, &line);
        if (rest < best_rest && line.scale > 0) {
            best_rest = rest;
            best = line;
        }
    }
    for (int turn = 0; turn < 4; turn++) {
        nt_line line;
        const float rest = nt_regress(
            nt_sum_levels(x, count, 1 / best.scale, -best.offset, 0, top), x_sum, n, offset_is_negative, &line);
        if (!(rest < best_rest && line.scale > 0)) break;
        best_rest = rest;
        best = line;
    }
    return best;
}
