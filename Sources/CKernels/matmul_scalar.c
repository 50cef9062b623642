#include <math.h>

#include "half.h"
#include "matmul_layout.h"

// Plain C for any processor, and the definition of what the other instruction sets compute: the same integers, and
// the same floating-point operations in the same order for each output.

enum { DOT_VECTORS = 8 };

/// Level `byte` of dot vector `v` as it is in the planes at `planes`.
static inline uint8_t level_at(nt_layout layout, const uint8_t *planes, int v, int byte) {
    if (layout.bits == 8) return planes[64 * v + byte];
    if (layout.bits <= 3) {
        const uint8_t low = (planes[64 * (v / 4) + byte] >> (2 * (v % 4))) & 3;
        return layout.bits == 2 ? low : (uint8_t)(low | (((planes[128 + byte] >> v) & 1) << 2));
    }
    const uint8_t low = (planes[64 * (v / 2) + byte] >> (4 * (v % 2))) & 15;
    if (layout.bits == 5) return (uint8_t)(low | (((planes[256 + byte] >> v) & 1) << 4));
    if (layout.bits == 6) {
        return (uint8_t)(low | (((planes[256 + 64 * (v / 4) + byte] >> (2 * (v % 4))) & 3) << 4));
    }
    return low;
}

static void read_levels(nt_layout layout, const uint8_t *planes, uint8_t levels[DOT_VECTORS][64]) {
    const int8_t *codebook = nt_codebook_levels[layout.codebook];
    for (int v = 0; v < DOT_VECTORS; v++) {
        for (int byte = 0; byte < 64; byte++) {
            const uint8_t level = level_at(layout, planes, v, byte);
            levels[v][byte] = layout.codebook == NT_CODEBOOK_NONE
                ? level
                : (uint8_t)(codebook[level] + (1 << layout.offset_shift));
        }
    }
}

/// The scale and minimum of each half of a block, for 16 rows.
typedef struct {
    float scale[2][NT_PANEL_ROWS], minimum[2][NT_PANEL_ROWS];
} factors;

static float half_at(const uint8_t *halves, int index) {
    return nt_float_from_half((uint16_t)(halves[2 * index] | (halves[2 * index + 1] << 8)));
}

static void read_factors(nt_layout layout, const uint8_t *block, const uint8_t *super, factors *result) {
    const int parts = layout.part_length == 0 ? 1 : NT_BLOCK_COLUMNS / layout.part_length;
    for (int half = 0; half < 2; half++) {
        const uint8_t *scales = block + (half < parts ? NT_PANEL_ROWS * half : 0);
        const uint8_t *minima = scales + NT_PANEL_ROWS * parts;
        for (int r = 0; r < NT_PANEL_ROWS; r++) {
            if (layout.part_length == 0) {
                result->scale[half][r] =
                    layout.has_exponent_scale ? nt_float_from_exponent(block[r]) : half_at(block, r);
                result->minimum[half][r] = layout.has_minimum ? half_at(block + NT_HALF_VECTOR_BYTES, r) : 0;
                continue;
            }
            const int scale = layout.has_signed_scale ? (int8_t)scales[r] : scales[r];
            result->scale[half][r] = half_at(super, r) * (float)scale;
            result->minimum[half][r] =
                layout.has_minimum ? half_at(super + NT_HALF_VECTOR_BYTES, r) * (float)minima[r] : 0;
        }
    }
}

/// Adds one block of one row to the sums of 16 outputs.
static void accumulate_block(
    nt_layout layout, uint8_t levels[DOT_VECTORS][64], const factors *f, const nt_activation_block *x, int lane,
    float sums[NT_PANEL_ROWS]) {
    int32_t dots[2][NT_PANEL_ROWS];
    for (int half = 0; half < 2; half++) {
        const int32_t offset = layout.offset_shift == 0 ? 0 : 1 << layout.offset_shift;
        for (int r = 0; r < NT_PANEL_ROWS; r++) dots[half][r] = offset * x->negative_level_sum[half][lane];
        for (int v = 4 * half; v < 4 * half + 4; v++) {
            const int8_t *a = x->levels[v][lane];
            for (int r = 0; r < NT_PANEL_ROWS; r++) {
                const uint8_t *w = levels[v] + 4 * r;
                dots[half][r] += w[0] * a[0] + w[1] * a[1] + w[2] * a[2] + w[3] * a[3];
            }
        }
    }
    for (int r = 0; r < NT_PANEL_ROWS; r++) {
        const float first = (float)dots[0][r] * x->scale[0][lane];
        if (layout.part_length == 16) {
            sums[r] = fmaf(first, f->scale[0][r], sums[r]);
            sums[r] = fmaf((float)dots[1][r] * x->scale[1][lane], f->scale[1][r], sums[r]);
            if (!layout.has_minimum) continue;
            sums[r] = fmaf(f->minimum[0][r], x->sum[0][lane], sums[r]);
            sums[r] = fmaf(f->minimum[1][r], x->sum[1][lane], sums[r]);
        } else {
            sums[r] = fmaf(fmaf((float)dots[1][r], x->scale[1][lane], first), f->scale[0][r], sums[r]);
            if (layout.has_minimum) sums[r] = fmaf(f->minimum[0][r], x->total[lane], sums[r]);
        }
    }
}

/// Adds one block of one row in 16 bits to the sums of 16 outputs.
static void accumulate_fine_block(
    nt_layout layout, uint8_t levels[DOT_VECTORS][64], const factors *f, const nt_fine_block *x, int lane,
    float sums[NT_PANEL_ROWS]) {
    const int32_t offset = layout.offset_shift == 0 ? 0 : 1 << layout.offset_shift;
    for (int r = 0; r < NT_PANEL_ROWS; r++) {
        int32_t dots[2];
        for (int half = 0; half < 2; half++) {
            dots[half] = offset * x->negative_level_sum[half][lane];
            for (int v = 4 * half; v < 4 * half + 4; v++) {
                for (int i = 0; i < 4; i++) {
                    const int32_t a = 256 * x->levels[v][lane][0][i] + x->levels[v][lane][1][i];
                    dots[half] += levels[v][4 * r + i] * a;
                }
            }
        }
        if (layout.part_length == 16) {
            for (int half = 0; half < 2; half++) {
                sums[r] = fmaf((float)dots[half] * x->scale[lane], f->scale[half][r], sums[r]);
            }
            if (!layout.has_minimum) continue;
            sums[r] = fmaf(f->minimum[0][r], x->sum[0][lane], sums[r]);
            sums[r] = fmaf(f->minimum[1][r], x->sum[1][lane], sums[r]);
        } else {
            sums[r] = fmaf((float)(dots[0] + dots[1]) * x->scale[lane], f->scale[0][r], sums[r]);
            if (layout.has_minimum) sums[r] = fmaf(f->minimum[0][r], x->total[lane], sums[r]);
        }
    }
}

static void store(const nt_tile *tile, int panel, int row, const float sums[NT_PANEL_ROWS]) {
    const int first = NT_PANEL_ROWS * panel;
    float *output = tile->output + (size_t)row * tile->output_stride + first;
    for (int c = 0; c < NT_PANEL_ROWS && first + c < tile->column_count; c++) {
        float value = sums[c];
        if (tile->bias) value += tile->bias[first + c];
        if (tile->accumulate) value += output[c];
        output[c] = value;
    }
}

static int panel_count(const nt_tile *tile) {
    return (tile->column_count + NT_PANEL_ROWS - 1) / NT_PANEL_ROWS;
}

static void quantized_tile(nt_layout layout, bool is_fine, const nt_tile *tile) {
    const size_t super_bytes = nt_layout_superblock_header_bytes(layout);
    for (int panel = 0; panel < panel_count(tile); panel++) {
        const uint8_t *block = tile->panels + (size_t)panel * tile->panel_byte_count, *super = block;
        float sums[NT_GROUP_ROWS][NT_PANEL_ROWS] = {0};
        for (size_t b = 0; b < tile->block_count; b++, block += nt_layout_block_bytes(layout)) {
            if (super_bytes != 0 && b % NT_BLOCKS_PER_SUPERBLOCK == 0) {
                super = block;
                block += super_bytes;
            }
            factors f;
            uint8_t levels[DOT_VECTORS][64];
            read_factors(layout, block, super, &f);
            read_levels(layout, block + nt_layout_header_bytes(layout), levels);
            for (int row = 0; row < tile->row_count; row++) {
                if (is_fine) {
                    const nt_fine_block *x = (const nt_fine_block *)(const void *)tile->activations + b;
                    accumulate_fine_block(layout, levels, &f, x, row, sums[row]);
                } else {
                    const nt_activation_block *x = (const nt_activation_block *)(const void *)tile->activations + b;
                    accumulate_block(layout, levels, &f, x, row, sums[row]);
                }
            }
        }
        for (int row = 0; row < tile->row_count; row++) store(tile, panel, row, sums[row]);
    }
}

static float float_at(nt_format format, const uint8_t *panel, size_t column, size_t row) {
    const size_t in_pairs = 2 * (NT_PANEL_ROWS * (column / 2) + row) + column % 2;
    const size_t index = format == NT_BF16 ? in_pairs : NT_PANEL_ROWS * column + row;
    if (format == NT_F32) {
        float value;
        memcpy(&value, panel + 4 * index, sizeof value);
        return value;
    }
    const uint16_t narrow = (uint16_t)(panel[2 * index] | (panel[2 * index + 1] << 8));
    return format == NT_F16 ? nt_float_from_half(narrow) : nt_float_from_brain(narrow);
}

static void float_tile(nt_format format, const nt_tile *tile) {
    for (int panel = 0; panel < panel_count(tile); panel++) {
        const float *x = (const float *)(const void *)tile->activations;
        const uint8_t *source = tile->panels + (size_t)panel * tile->panel_byte_count;
        float sums[NT_GROUP_ROWS][NT_PANEL_ROWS] = {0};
        for (size_t k = 0; k < tile->block_count; k++, x += NT_GROUP_ROWS) {
            float w[NT_PANEL_ROWS];
            for (size_t c = 0; c < NT_PANEL_ROWS; c++) w[c] = float_at(format, source, k, c);
            for (int row = 0; row < tile->row_count; row++) {
                // Not fused: a fused multiply-add is a function call on the x86-64 baseline, for each element.
                for (int c = 0; c < NT_PANEL_ROWS; c++) sums[row][c] += w[c] * x[row];
            }
        }
        for (int row = 0; row < tile->row_count; row++) store(tile, panel, row, sums[row]);
    }
}

static void quantize_row(const float *row, size_t column_count, size_t lane, nt_activation_block *group) {
    for (size_t k = 0; k < column_count; k += 16) {
        nt_activation_block *block = group + k / NT_BLOCK_COLUMNS;
        const size_t half = (k / 16) % 2;
        uint32_t largest = 0;
        for (size_t i = 0; i < 16; i++) {
            uint32_t bits;
            memcpy(&bits, row + k + i, sizeof bits);
            bits &= 0x7FFFFFFFu;
            largest = bits > largest ? bits : largest;
        }
        const nt_activation_scale scale = nt_activation_scale_for(largest);
        int32_t level_sum = 0;
        for (size_t i = 0; i < 16; i++) {
            // Adding 1.5 x 2^23 rounds to the nearest integer, ties to even, and leaves it in the low bits. Unlike a
            // conversion this is defined for NaN, which becomes level 0.
            const float shifted = row[k + i] * scale.inverse + 12582912.0f;
            uint32_t bits;
            memcpy(&bits, &shifted, sizeof bits);
            const int8_t level = (int8_t)(bits & 0xFFu);
            block->levels[4 * half + i / 4][lane][i % 4] = level;
            level_sum += level;
        }
        nt_set_activation_factors(block, half, lane, scale.value, level_sum);
    }
}

#define TILE(name, ...)                                                                                  \
    static void tile_##name(const nt_tile *tile) { quantized_tile((nt_layout){__VA_ARGS__}, false, tile); } \
    static void fine_##name(const nt_tile *tile) { quantized_tile((nt_layout){__VA_ARGS__}, true, tile); }
NT_LAYOUTS(TILE)
static void tile_F32(const nt_tile *tile) { float_tile(NT_F32, tile); }
static void tile_F16(const nt_tile *tile) { float_tile(NT_F16, tile); }
static void tile_BF16(const nt_tile *tile) { float_tile(NT_BF16, tile); }

#define ENTRY(name, ...) [NT_##name] = tile_##name,
#define FINE(name, ...) [NT_##name] = fine_##name,

const nt_kernel_table nt_kernels_scalar = {
    .name = "scalar",
    .one = {NT_LAYOUTS(ENTRY) ENTRY(F32) ENTRY(F16) ENTRY(BF16)},
    .four = {NT_LAYOUTS(ENTRY) ENTRY(F32) ENTRY(F16) ENTRY(BF16)},
    .fine_one = {NT_LAYOUTS(FINE)},
    .fine_two = {NT_LAYOUTS(FINE)},
    .quantize_row = quantize_row,
};
