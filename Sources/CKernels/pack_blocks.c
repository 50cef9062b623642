#include "pack_blocks.h"

// Levels are stored without a sign: what a format subtracts from them is subtracted by the kernels, from the dot
// product (`nt_layout.offset_shift`). Of a codebook the number of the entry is stored.

static void stage_nibbles(const uint8_t nibbles[16], uint8_t levels[NT_BLOCK_COLUMNS]) {
    for (int i = 0; i < 16; i++) {
        levels[i] = nibbles[i] & 15;
        levels[i + 16] = nibbles[i] >> 4;
    }
}

static void stage_fifth_bits(const uint8_t high[4], uint8_t levels[NT_BLOCK_COLUMNS]) {
    for (int i = 0; i < NT_BLOCK_COLUMNS; i++) levels[i] |= (uint8_t)(((high[i / 8] >> (i % 8)) & 1) << 4);
}

static void stage_Q4_0(const void *source, int part, int r, nt_staged_block *staged) {
    (void)part;
    const nt_block_q4_0 *block = source;
    staged->scale[r] = nt_read16(block->d);
    stage_nibbles(block->nibbles, staged->levels[r]);
}

static void stage_Q4_1(const void *source, int part, int r, nt_staged_block *staged) {
    (void)part;
    const nt_block_q4_1 *block = source;
    staged->scale[r] = nt_read16(block->d);
    staged->minimum[r] = nt_read16(block->minimum);
    stage_nibbles(block->nibbles, staged->levels[r]);
}

static void stage_Q5_0(const void *source, int part, int r, nt_staged_block *staged) {
    (void)part;
    const nt_block_q5_0 *block = source;
    staged->scale[r] = nt_read16(block->d);
    stage_nibbles(block->nibbles, staged->levels[r]);
    stage_fifth_bits(block->high, staged->levels[r]);
}

static void stage_Q5_1(const void *source, int part, int r, nt_staged_block *staged) {
    (void)part;
    const nt_block_q5_1 *block = source;
    staged->scale[r] = nt_read16(block->d);
    staged->minimum[r] = nt_read16(block->minimum);
    stage_nibbles(block->nibbles, staged->levels[r]);
    stage_fifth_bits(block->high, staged->levels[r]);
}

static void stage_Q8_0(const void *source, int part, int r, nt_staged_block *staged) {
    (void)part;
    const nt_block_q8_0 *block = source;
    staged->scale[r] = nt_read16(block->d);
    for (int i = 0; i < NT_BLOCK_COLUMNS; i++) staged->levels[r][i] = (uint8_t)block->levels[i] ^ 0x80;
}

static void stage_Q2_K(const void *source, int part, int r, nt_staged_block *staged) {
    const nt_block_q2_k *block = source;
    staged->scale[r] = nt_read16(block->d);
    staged->minimum[r] = nt_read16(block->dmin) ^ 0x8000;
    for (int half = 0; half < 2; half++) {
        const uint8_t scales = block->scales[2 * part + half];
        staged->part_scale[half][r] = scales & 15;
        staged->part_minimum[half][r] = scales >> 4;
    }
    const uint8_t *crumbs = block->crumbs + 32 * (part / 4);
    const int shift = 2 * (part % 4);
    for (int i = 0; i < NT_BLOCK_COLUMNS; i++) staged->levels[r][i] = (crumbs[i] >> shift) & 3;
}

static void stage_Q3_K(const void *source, int part, int r, nt_staged_block *staged) {
    const nt_block_q3_k *block = source;
    staged->scale[r] = nt_read16(block->d);
    for (int half = 0; half < 2; half++) {
        staged->part_scale[half][r] = (uint8_t)nt_read_signed_scale(block->scales, 2 * part + half);
    }
    const uint8_t *crumbs = block->crumbs + 32 * (part / 4);
    const int shift = 2 * (part % 4);
    for (int i = 0; i < NT_BLOCK_COLUMNS; i++) {
        staged->levels[r][i] = (uint8_t)(((crumbs[i] >> shift) & 3) | (((block->high[i] >> part) & 1) << 2));
    }
}

static void stage_Q4_K(const void *source, int part, int r, nt_staged_block *staged) {
    const nt_block_q4_k *block = source;
    staged->scale[r] = nt_read16(block->d);
    staged->minimum[r] = nt_read16(block->dmin) ^ 0x8000;
    nt_read_scale_and_minimum(block->scales, part, &staged->part_scale[0][r], &staged->part_minimum[0][r]);
    const uint8_t *nibbles = block->nibbles + 32 * (part / 2);
    const int shift = 4 * (part % 2);
    for (int i = 0; i < NT_BLOCK_COLUMNS; i++) staged->levels[r][i] = (nibbles[i] >> shift) & 15;
}

static void stage_Q5_K(const void *source, int part, int r, nt_staged_block *staged) {
    const nt_block_q5_k *block = source;
    staged->scale[r] = nt_read16(block->d);
    staged->minimum[r] = nt_read16(block->dmin) ^ 0x8000;
    nt_read_scale_and_minimum(block->scales, part, &staged->part_scale[0][r], &staged->part_minimum[0][r]);
    const uint8_t *nibbles = block->nibbles + 32 * (part / 2);
    const int shift = 4 * (part % 2);
    for (int i = 0; i < NT_BLOCK_COLUMNS; i++) {
        staged->levels[r][i] = (uint8_t)(((nibbles[i] >> shift) & 15) | (((block->high[i] >> part) & 1) << 4));
    }
}

static void stage_Q6_K(const void *source, int part, int r, nt_staged_block *staged) {
    const nt_block_q6_k *block = source;
    staged->scale[r] = nt_read16(block->d);
    for (int half = 0; half < 2; half++) staged->part_scale[half][r] = (uint8_t)block->scales[2 * part + half];
    const int quarter = part % 4;
    const uint8_t *nibbles = block->nibbles + 64 * (part / 4) + 32 * (quarter % 2);
    const uint8_t *crumbs = block->crumbs + 32 * (part / 4);
    const int nibble_shift = 4 * (quarter / 2), crumb_shift = 2 * quarter;
    for (int i = 0; i < NT_BLOCK_COLUMNS; i++) {
        staged->levels[r][i] =
            (uint8_t)(((nibbles[i] >> nibble_shift) & 15) | (((crumbs[i] >> crumb_shift) & 3) << 4));
    }
}

static void stage_IQ4_NL(const void *source, int part, int r, nt_staged_block *staged) {
    (void)part;
    const nt_block_iq4_nl *block = source;
    staged->scale[r] = nt_read16(block->d);
    stage_nibbles(block->nibbles, staged->levels[r]);
}

static void stage_IQ4_XS(const void *source, int part, int r, nt_staged_block *staged) {
    const nt_block_iq4_xs *block = source;
    staged->scale[r] = nt_read16(block->d);
    staged->part_scale[0][r] = (uint8_t)nt_read_scale_iq4_xs(block, part);
    stage_nibbles(block->nibbles + 16 * part, staged->levels[r]);
}

static void stage_MXFP4(const void *source, int part, int r, nt_staged_block *staged) {
    (void)part;
    const nt_block_mxfp4 *block = source;
    staged->exponent[r] = block->exponent;
    stage_nibbles(block->nibbles, staged->levels[r]);
}

#define ENTRY(name, ...) [NT_##name] = stage_##name,

nt_stage_function nt_stage_function_for(nt_format format) {
    static const nt_stage_function functions[NT_FORMAT_LIMIT] = {NT_LAYOUTS(ENTRY)};
    return functions[format];
}
