#pragma once

// Reading the panels of matmul_layout.h with arm64 vectors: one *quad* of weight rows at a time, which is 16 of the 64
// bytes of a dot vector.

#include "matmul_layout.h"

enum {
    /// Weight rows in one vector of 32-bit lanes.
    QUAD = 4,
    QUADS_OF_PANEL = NT_PANEL_ROWS / QUAD,
};

/// Whether `levels` gives levels from which the offset has been subtracted already.
///
/// Levels of up to 6 bits are the same with or without a sign. Where the dot product takes signed bytes only, those of
/// 8 bits, stored with 128 added, lose it again by flipping the highest bit, and a codebook has a sign anyway.
INLINE bool levels_are_signed(nt_layout layout) {
    return SIGNED_LEVELS && (layout.bits == 8 || layout.codebook != NT_CODEBOOK_NONE);
}

/// The entries of the codebook with these numbers.
INLINE uint8x16_t look_up(nt_layout layout, uint8x16_t numbers) {
    const uint8x16_t entries = vreinterpretq_u8_s8(vld1q_s8(nt_codebook_levels[layout.codebook]));
    const uint8_t offset = levels_are_signed(layout) ? 0 : (uint8_t)(1 << layout.offset_shift);
    return vqtbl1q_u8(vaddq_u8(entries, vdupq_n_u8(offset)), numbers);
}

/// One quad of dot vector `v` (0 ..< 8) of a block; `planes` points at the quad.
INLINE uint8x16_t levels(nt_layout layout, const uint8_t *planes, int v) {
    if (layout.bits == 8) {
        const uint8x16_t raw = vld1q_u8(planes + 64 * v);
        return levels_are_signed(layout) ? raw ^ 0x80 : raw;
    }
    if (layout.bits <= 3) {
        const uint8x16_t low = vld1q_u8(planes + 64 * (v / 4)) >> (2 * (v % 4));
        if (layout.bits == 2) return low & 3;
        // The insertion leaves the two low bits of `low` and writes the others.
        return vsliq_n_u8(low, (vld1q_u8(planes + 128) >> v) & 1, 2);
    }
    const uint8x16_t low = vld1q_u8(planes + 64 * (v / 2)) >> (4 * (v % 2));
    if (layout.bits == 5) return vsliq_n_u8(low, (vld1q_u8(planes + 256) >> v) & 1, 4);
    if (layout.bits == 6) return vsliq_n_u8(low, (vld1q_u8(planes + 256 + 64 * (v / 4)) >> (2 * (v % 4))) & 3, 4);
    return layout.codebook == NT_CODEBOOK_NONE ? low & 15 : look_up(layout, low & 15);
}

/// f16 factors of a quad as floats.
INLINE float32x4_t load_halves(const uint8_t *halves) {
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(halves)));
}

/// Four bytes, each the highest of a 32-bit lane; the others are zero.
INLINE uint32x4_t load_high_bytes(const uint8_t *bytes) {
    // A number beyond the table gives 0.
    static const uint8_t places[16] = {64, 64, 64, 0, 64, 64, 64, 1, 64, 64, 64, 2, 64, 64, 64, 3};
    uint32_t four;
    memcpy(&four, bytes, sizeof four);
    const uint8x16_t table = vreinterpretq_u8_u32(vsetq_lane_u32(four, vdupq_n_u32(0), 0));
    return vreinterpretq_u32_u8(vqtbl1q_u8(table, vld1q_u8(places)));
}

/// 8-bit factors of a quad as floats. A conversion can divide by 2^24 on its way, exactly.
///
/// PERF: two instructions where widening twice takes three; vector instructions of a block of one row, counted as in
/// matmul_neon.h: Q2_K 186 -> 171, Q4_K 131 -> 123, Q6_K 200 -> 188.
INLINE float32x4_t load_bytes(const uint8_t *bytes, bool is_signed) {
    const uint32x4_t high = load_high_bytes(bytes);
    return is_signed ? vcvtq_n_f32_s32(vreinterpretq_s32_u32(high), 24) : vcvtq_n_f32_u32(high, 24);
}

/// Exponent bytes of a quad as the scales they stand for; see `nt_float_from_exponent`.
INLINE float32x4_t load_exponents(const uint8_t *bytes) {
    const uint32x4_t exponent = vshrq_n_u32(load_high_bytes(bytes), 24);
    const uint32x4_t normal = vshlq_n_u32(vsubq_u32(exponent, vdupq_n_u32(1)), 23);
    const uint32x4_t subnormal = vshlq_u32(vdupq_n_u32(0x200000), vreinterpretq_s32_u32(exponent));
    return vreinterpretq_f32_u32(vbslq_u32(vcltq_u32(exponent, vdupq_n_u32(2)), subnormal, normal));
}

/// The f16 factors that the 8-bit factors of a superblock are multiplied by.
typedef struct {
    float32x4_t d[QUADS_OF_PANEL], dmin[QUADS_OF_PANEL];
} super_factors;

INLINE void load_super_factors(
    nt_layout layout, int quads, const uint8_t *header, int quad, super_factors *super) {
    for (int q = 0; q < quads; q++) {
        const uint8_t *halves = header + 2 * QUAD * (quad + q);
        super->d[q] = load_halves(halves);
        if (layout.has_minimum) super->dmin[q] = load_halves(halves + NT_HALF_VECTOR_BYTES);
    }
}

/// The scales of `quads` quads from quad `quad` on, for one half of a block.
INLINE void load_scales(
    nt_layout layout, int quads, const uint8_t *block, int quad, int half, const super_factors *super,
    float32x4_t scales[QUADS_OF_PANEL]) {
    const int part = layout.part_length == 16 ? half : 0;
    for (int q = 0; q < quads; q++) {
        if (layout.has_exponent_scale) {
            scales[q] = load_exponents(block + QUAD * (quad + q));
        } else if (layout.part_length == 0) {
            scales[q] = load_halves(block + 2 * QUAD * (quad + q));
        } else {
            const uint8_t *bytes = block + NT_PANEL_ROWS * part + QUAD * (quad + q);
            scales[q] = super->d[q] * load_bytes(bytes, layout.has_signed_scale);
        }
    }
}

/// The minima, likewise.
INLINE void load_minima(
    nt_layout layout, int quads, const uint8_t *block, int quad, int half, const super_factors *super,
    float32x4_t minima[QUADS_OF_PANEL]) {
    const int parts = layout.part_length == 16 ? 2 : 1;
    for (int q = 0; q < quads; q++) {
        if (layout.part_length == 0) {
            minima[q] = load_halves(block + NT_HALF_VECTOR_BYTES + 2 * QUAD * (quad + q));
        } else {
            const int part = layout.part_length == 16 ? half : 0;
            minima[q] = super->dmin[q] * load_bytes(block + NT_PANEL_ROWS * (parts + part) + QUAD * (quad + q), false);
        }
    }
}

/// Asks for the cache lines of `count` bytes; addresses past the matrix do no harm.
INLINE void prefetch(const uint8_t *bytes, size_t count) {
    for (size_t line = 0; line < count; line += 64) __builtin_prefetch(bytes + line);
}
