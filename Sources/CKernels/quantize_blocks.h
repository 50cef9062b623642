#pragma once

#include "formats.h"
#include "half.h"
#include "half_write.h"
#include "quantize_fit.h"

// One function for each format: 32 or 256 floats to a block. The layouts are described in `formats.h`.

/// Writes a number as the file can hold it and returns what that is. Adding zero makes a zero positive: which of the
/// two a minimum of both is depends on the processor.
NT_INLINE float nt_through_half(uint8_t target[2], float value) {
    const uint16_t half = nt_half_from_float(value + 0.0f);
    nt_write16(target, half);
    return nt_float_from_half(half);
}

/// The levels closest to the numbers, with `shift` added, as bytes.
NT_INLINE void nt_write_levels(
    const nt_f8 *x, int count, float scale, float offset, float least, float most, float shift, uint8_t *levels) {
    const float inverse = scale != 0 ? 1 / scale : 0;
    for (int i = 0; i < count; i++) {
        const nt_f8 q =
            nt_f8_round(nt_f8_clamp((x[i] - nt_f8_splat(offset)) * nt_f8_splat(inverse), least, most))
            + nt_f8_splat(shift);
        for (int lane = 0; lane < 8; lane++) levels[8 * i + lane] = (uint8_t)(int)q[lane];
    }
}

NT_INLINE void nt_load_block(const float *row, int count, nt_f8 *x) {
    for (int i = 0; i < count; i++) x[i] = nt_f8_load(row + 8 * i);
}

/// The low four bits of 32 levels, element `i` beside element `i + 16`.
NT_INLINE void nt_write_nibbles(const uint8_t levels[32], uint8_t nibbles[16]) {
    for (int i = 0; i < 16; i++) nibbles[i] = (uint8_t)((levels[i] & 15) | (levels[i + 16] << 4));
}

/// The fifth bits of 32 levels, one after another.
NT_INLINE void nt_write_fifth_bits(const uint8_t levels[32], uint8_t high[4]) {
    for (int byte = 0; byte < 4; byte++) {
        unsigned bits = 0;
        for (int i = 0; i < 8; i++) bits |= (unsigned)(levels[8 * byte + i] >> 4 & 1) << i;
        high[byte] = (uint8_t)bits;
    }
}

static void quantize_Q4_0(const float *row, void *target) {
    nt_block_q4_0 *block = target;
    nt_f8 x[4];
    uint8_t levels[32];
    nt_load_block(row, 4, x);
    const float scale = nt_through_half(block->d, nt_fit_scale(x, 4, 8));
    nt_write_levels(x, 4, scale, 0, -8, 7, 8, levels);
    nt_write_nibbles(levels, block->nibbles);
}

static void quantize_Q5_0(const float *row, void *target) {
    nt_block_q5_0 *block = target;
    nt_f8 x[4];
    uint8_t levels[32];
    nt_load_block(row, 4, x);
    const float scale = nt_through_half(block->d, nt_fit_scale(x, 4, 16));
    nt_write_levels(x, 4, scale, 0, -16, 15, 16, levels);
    nt_write_nibbles(levels, block->nibbles);
    nt_write_fifth_bits(levels, block->high);
}

static void quantize_Q4_1(const float *row, void *target) {
    nt_block_q4_1 *block = target;
    nt_f8 x[4];
    uint8_t levels[32];
    nt_load_block(row, 4, x);
    const nt_line line = nt_fit_line(x, 4, 15, false);
    const float scale = nt_through_half(block->d, line.scale);
    const float offset = nt_through_half(block->minimum, line.offset);
    nt_write_levels(x, 4, scale, offset, 0, 15, 0, levels);
    nt_write_nibbles(levels, block->nibbles);
}

static void quantize_Q5_1(const float *row, void *target) {
    nt_block_q5_1 *block = target;
    nt_f8 x[4];
    uint8_t levels[32];
    nt_load_block(row, 4, x);
    const nt_line line = nt_fit_line(x, 4, 31, false);
    const float scale = nt_through_half(block->d, line.scale);
    const float offset = nt_through_half(block->minimum, line.offset);
    nt_write_levels(x, 4, scale, offset, 0, 31, 0, levels);
    nt_write_nibbles(levels, block->nibbles);
    nt_write_fifth_bits(levels, block->high);
}

/// The largest magnitude becomes level 127. With levels this fine a search gains nothing that a model would show.
static void quantize_Q8_0(const float *row, void *target) {
    nt_block_q8_0 *block = target;
    nt_f8 x[4], most = nt_f8_splat(0);
    nt_load_block(row, 4, x);
    for (int i = 0; i < 4; i++) most = __builtin_elementwise_max(most, __builtin_elementwise_max(x[i], -x[i]));
    const float scale = nt_through_half(block->d, nt_f8_most(most) / 127);
    uint8_t levels[32];
    const float inverse = scale != 0 ? 1 / scale : 0;
    for (int i = 0; i < 4; i++) {
        const nt_f8 q = nt_f8_round(nt_f8_clamp(x[i] * nt_f8_splat(inverse), -127, 127));
        for (int lane = 0; lane < 8; lane++) levels[8 * i + lane] = (uint8_t)(int8_t)q[lane];
    }
    memcpy(block->levels, levels, sizeof levels);
}
