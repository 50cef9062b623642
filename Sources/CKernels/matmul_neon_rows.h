#pragma once

// What the arm64 tables have in common beside quantised products: float products, and the rounding of activations.

// MARK: - The product of float matrices

/// One column of the four rows from `row` on.
INLINE float32x4_t load_floats(nt_format format, const uint8_t *panel, size_t column, size_t row) {
    const size_t index = NT_PANEL_ROWS * column + row;
    switch (format) {
    case NT_F32:
        return vld1q_f32((const float *)(const void *)(panel + 4 * index));
    case NT_F16:
        return load_halves(panel + 2 * index);
    default: {
        const uint32x4_t pairs = vreinterpretq_u32_u8(vld1q_u8(panel + 64 * (column / 2) + 4 * row));
        return vreinterpretq_f32_u32(
            column % 2 == 0 ? vshlq_n_u32(pairs, 16) : vandq_u32(pairs, vdupq_n_u32(0xFFFF0000u)));
    }
    }
}

/// Up to 4 rows x 16 columns: 16 vectors of sums, four of weights and one of activations.
INLINE void float_panel(nt_format format, int rows, const nt_tile *tile, int first) {
    const float *x = (const float *)(const void *)tile->activations;
    const uint8_t *panel = tile->panels + (size_t)(first / NT_PANEL_ROWS) * tile->panel_byte_count;
    const size_t vector_bytes = format == NT_F32 ? 64 : 32;
    float32x4_t sums[NT_GROUP_ROWS][QUADS_OF_PANEL];
    for (int r = 0; r < rows; r++) {
        for (int q = 0; q < QUADS_OF_PANEL; q++) sums[r][q] = vdupq_n_f32(0);
    }
    // Which half of a pair a column is, the compiler knows of two together.
#pragma clang loop unroll_count(2)
    for (size_t k = 0; k < tile->block_count; k++, x += NT_GROUP_ROWS) {
        if (nt_tile_fetches(tile, k)) prefetch(panel + vector_bytes * k + tile->prefetch_bytes, 1);
        const float32x4_t row_values = vld1q_f32(x);
        float32x4_t w[QUADS_OF_PANEL];
        for (int q = 0; q < QUADS_OF_PANEL; q++) w[q] = load_floats(format, panel, k, (size_t)(QUAD * q));
        for (int r = 0; r < rows; r++) {
            for (int q = 0; q < QUADS_OF_PANEL; q++) sums[r][q] = plus_times_lane(sums[r][q], w[q], row_values, r);
        }
    }
    for (int r = 0; r < rows && r < tile->row_count; r++) {
        for (int q = 0; q < QUADS_OF_PANEL && first + QUAD * q < tile->column_count; q++) {
            store_quad(tile, r, first + QUAD * q, sums[r][q]);
        }
    }
}

INLINE void float_tile(nt_format format, int rows, const nt_tile *tile) {
    for (int first = 0; first < tile->column_count; first += NT_PANEL_ROWS) float_panel(format, rows, tile, first);
}

// MARK: - Activations

/// Four activations as levels, 0 where they are not numbers.
INLINE int32x4_t round_levels(float32x4_t values, float inverse) {
    return vcvtnq_s32_f32(vmulq_n_f32(values, inverse));
}

static void quantize_row(const float *row, size_t column_count, size_t lane, nt_activation_block *group) {
    for (size_t k = 0; k < column_count; k += 16) {
        nt_activation_block *block = group + k / NT_BLOCK_COLUMNS;
        const size_t half = (k / 16) % 2;
        float32x4_t values[4];
        uint32x4_t largest = vdupq_n_u32(0);
        for (int i = 0; i < 4; i++) {
            values[i] = vld1q_f32(row + k + 4 * i);
            // Compared as integers: a NaN is larger than everything and ends up in the scale.
            largest = vmaxq_u32(largest, vreinterpretq_u32_f32(vabsq_f32(values[i])));
        }
        const nt_activation_scale scale = nt_activation_scale_for(vmaxvq_u32(largest));
        int16x4_t words[4];
        for (int i = 0; i < 4; i++) words[i] = vmovn_s32(round_levels(values[i], scale.inverse));
        const int8x16_t bytes = vcombine_s8(
            vmovn_s16(vcombine_s16(words[0], words[1])), vmovn_s16(vcombine_s16(words[2], words[3])));
        store_levels(block, half, lane, bytes);
        nt_set_activation_factors(block, half, lane, scale.value, vaddlvq_s8(bytes));
    }
}

// MARK: - The table

#define TILES(name, ...)                                                                                    \
    static void one_##name(const nt_tile *tile) { quantized_tile((nt_layout){__VA_ARGS__}, 1, tile); }      \
    static void four_##name(const nt_tile *tile) { quantized_tile((nt_layout){__VA_ARGS__}, 4, tile); }     \
    static void eight_##name(const nt_tile *tile) { quantized_tile((nt_layout){__VA_ARGS__}, 8, tile); }
NT_LAYOUTS(TILES)

#define FLOAT_TILES(name)                                                           \
    static void one_##name(const nt_tile *tile) { float_tile(NT_##name, 1, tile); } \
    static void four_##name(const nt_tile *tile) { float_tile(NT_##name, 4, tile); }
FLOAT_TILES(F32)
FLOAT_TILES(F16)
FLOAT_TILES(BF16)

#define ONE(name, ...) [NT_##name] = one_##name,
#define FOUR(name, ...) [NT_##name] = four_##name,
#define EIGHT(name, ...) [NT_##name] = eight_##name,

#define NT_NEON_TABLE(table_name)                                       \
    {                                                                   \
        .name = table_name,                                             \
        .one = {NT_LAYOUTS(ONE) ONE(F32) ONE(F16) ONE(BF16)},           \
        .four = {NT_LAYOUTS(FOUR) FOUR(F32) FOUR(F16) FOUR(BF16)},      \
        .eight = {NT_LAYOUTS(EIGHT)},                                   \
        .quantize_row = quantize_row,                                   \
    }
