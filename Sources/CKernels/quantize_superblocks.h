#pragma once

#include "quantize_blocks.h"

// Blocks of 256, whose parts have scales that are whole numbers times a scale of the block. First each part is fitted
// by itself; then, since its scale must be rounded to a whole number, the neighbours of that number are tried as well:
// rounded up or down, the levels shift with it, and either may leave less.

/// The eight lines of Q4_K and Q5_K as the file holds them.
typedef struct {
    float d, minimum;
    uint8_t scales[8], minimums[8];
} nt_part_lines;

NT_INLINE float nt_nearest(float value, float least, float most) {
    const float clamped = value < least ? least : value > most ? most : value;
    return (clamped + 0x1.8p23f) - 0x1.8p23f;
}

/// Puts a part's six bits of scale and of minimum where `nt_read_scale_and_minimum` looks for them.
static inline void nt_pack_scales(const uint8_t scales[8], const uint8_t minimums[8], uint8_t packed[12]) {
    for (int part = 0; part < 4; part++) {
        packed[part] = (uint8_t)(scales[part] | (scales[part + 4] >> 4) << 6);
        packed[part + 4] = (uint8_t)(minimums[part] | (minimums[part + 4] >> 4) << 6);
        packed[part + 8] = (uint8_t)((scales[part + 4] & 15) | (minimums[part + 4] & 15) << 4);
    }
}

NT_INLINE void nt_round_line(const nt_f8 *x, float top, nt_line line, nt_part_lines *lines, int part) {
    const float inverse = lines->d > 0 ? 1 / lines->d : 0;
    const float inverse_minimum = lines->minimum > 0 ? 1 / lines->minimum : 0;
    const float scale = nt_nearest(line.scale * inverse, 0, 63);
    const float minimum = nt_nearest(-line.offset * inverse_minimum, 0, 63);
    float best = __builtin_inff();
    for (int i = -1; i <= 1; i++) {
        for (int j = -1; j <= 1; j++) {
            const float s = scale + (float)i, m = minimum + (float)j;
            if (s < 0 || s > 63 || m < 0 || m > 63) continue;
            const float error = nt_error(x, 4, lines->d * s, -(lines->minimum * m), 0, top);
            if (error < best) {
                best = error;
                lines->scales[part] = (uint8_t)s;
                lines->minimums[part] = (uint8_t)m;
            }
        }
    }
}

/// Fits eight parts of 32 with levels from 0 to `top`, and writes everything but the levels' bits.
NT_INLINE void nt_quantize_lines(
    const float *row, float top, uint8_t d[2], uint8_t dmin[2], uint8_t scales[12], uint8_t levels[256]) {
    nt_line fits[8];
    nt_part_lines lines;
    float most = 0, deepest = 0;
    for (int part = 0; part < 8; part++) {
        nt_f8 x[4];
        nt_load_block(row + 32 * part, 4, x);
        fits[part] = nt_fit_line(x, 4, top, true);
        if (fits[part].scale > most) most = fits[part].scale;
        if (-fits[part].offset > deepest) deepest = -fits[part].offset;
    }
    lines.d = nt_through_half(d, most / 63);
    lines.minimum = nt_through_half(dmin, deepest / 63);
    for (int part = 0; part < 8; part++) {
        nt_f8 x[4];
        nt_load_block(row + 32 * part, 4, x);
        nt_round_line(x, top, fits[part], &lines, part);
        nt_write_levels(
            x, 4, lines.d * (float)lines.scales[part], -(lines.minimum * (float)lines.minimums[part]), 0, top, 0,
            levels + 32 * part);
    }
    nt_pack_scales(lines.scales, lines.minimums, scales);
}

/// Part `2 n` and part `2 n + 1` share 32 bytes.
static inline void nt_write_paired_nibbles(const uint8_t levels[256], uint8_t nibbles[128]) {
    for (int i = 0; i < 128; i++) {
        const int part = 2 * (i / 32), place = i % 32;
        nibbles[i] = (uint8_t)((levels[32 * part + place] & 15) | levels[32 * part + 32 + place] << 4);
    }
}

static void quantize_Q4_K(const float *row, void *target) {
    nt_block_q4_k *block = target;
    uint8_t levels[256];
    nt_quantize_lines(row, 15, block->d, block->dmin, block->scales, levels);
    nt_write_paired_nibbles(levels, block->nibbles);
}

static void quantize_Q5_K(const float *row, void *target) {
    nt_block_q5_k *block = target;
    uint8_t levels[256];
    nt_quantize_lines(row, 31, block->d, block->dmin, block->scales, levels);
    nt_write_paired_nibbles(levels, block->nibbles);
    for (int i = 0; i < 32; i++) {
        unsigned bits = 0;
        for (int part = 0; part < 8; part++) bits |= (unsigned)(levels[32 * part + i] >> 4 & 1) << part;
        block->high[i] = (uint8_t)bits;
    }
}

/// The signed whole number times `d` that is the best scale for 16 numbers.
NT_INLINE int nt_round_scale(const nt_f8 *x, float limit, float d, float fit) {
    const float middle = nt_nearest(d != 0 ? fit / d : 0, -128, 127);
    float best = __builtin_inff();
    int scale = 0;
    for (int i = -1; i <= 1; i++) {
        const float s = middle + (float)i;
        if (s < -128 || s > 127) continue;
        const float error = nt_error(x, 2, d * s, 0, -limit, limit - 1);
        if (error < best) {
            best = error;
            scale = (int)s;
        }
    }
    return scale;
}

static void quantize_Q6_K(const float *row, void *target) {
    nt_block_q6_k *block = target;
    uint8_t levels[256];
    float fits[16], peak = 0;
    for (int part = 0; part < 16; part++) {
        nt_f8 x[2];
        nt_load_block(row + 16 * part, 2, x);
        fits[part] = nt_fit_scale(x, 2, 32);
        if (fits[part] * fits[part] > peak * peak) peak = fits[part];
    }
    const float d = nt_through_half(block->d, peak / -128);
    for (int part = 0; part < 16; part++) {
        nt_f8 x[2];
        nt_load_block(row + 16 * part, 2, x);
        const int scale = nt_round_scale(x, 32, d, fits[part]);
        block->scales[part] = (int8_t)scale;
        nt_write_levels(x, 2, d * (float)scale, 0, -32, 31, 32, levels + 16 * part);
    }
    for (int i = 0; i < 128; i++) {
        const int half = i / 64, quarter = (i / 32) % 2, place = i % 32;
        const uint8_t *low = levels + 128 * half + 32 * quarter + place;
        block->nibbles[i] = (uint8_t)((low[0] & 15) | (low[64] & 15) << 4);
    }
    for (int i = 0; i < 64; i++) {
        const uint8_t *first = levels + 128 * (i / 32) + i % 32;
        block->crumbs[i] =
            (uint8_t)(first[0] >> 4 | (first[32] >> 4) << 2 | (first[64] >> 4) << 4 | (first[96] >> 4) << 6);
    }
}
