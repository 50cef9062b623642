#include "matmul_layout.h"

// Rows of activations in 16 bits: for the matrix where rounding to 8 costs most.

bool nt_has_fine_rows(const nt_kernel_table *kernels, nt_format format) { return kernels->fine_two[format] != NULL; }

size_t nt_fine_rows_byte_count(size_t row_count, size_t column_count) {
    const size_t groups = (row_count + NT_FINE_GROUP_ROWS - 1) / NT_FINE_GROUP_ROWS;
    return groups * (column_count / NT_BLOCK_COLUMNS) * sizeof(nt_fine_block);
}

/// The bits of the largest magnitude: a NaN is larger than everything.
static uint32_t largest_magnitude(const float *values) {
    uint32_t largest = 0;
    for (size_t i = 0; i < NT_BLOCK_COLUMNS; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        bits &= 0x7FFFFFFFu;
        largest = bits > largest ? bits : largest;
    }
    return largest;
}

/// Rounds a block to 16 bits whose high and low byte are both -127 ... 127.
static void round_block(const float *values, float inverse, int32_t levels[NT_BLOCK_COLUMNS]) {
    for (size_t i = 0; i < NT_BLOCK_COLUMNS; i++) {
        // Adding 1.5 x 2^23 rounds to the nearest integer and leaves it in the low bits, which is defined for NaN too.
        const float shifted = values[i] * inverse + 12582912.0f;
        uint32_t bits;
        memcpy(&bits, &shifted, sizeof bits);
        const int32_t level = (int16_t)(uint16_t)bits;
        // A low byte of -128 becomes -127.
        levels[i] = level + ((level & 0xFF) == 0x80);
    }
}

static void store_block(const int32_t levels[NT_BLOCK_COLUMNS], float scale, size_t lane, nt_fine_block *block) {
    int32_t sums[2] = {0};
    for (size_t i = 0; i < NT_BLOCK_COLUMNS; i++) {
        const int8_t low = (int8_t)(levels[i] & 0xFF);
        block->levels[i / 4][lane][0][i % 4] = (int8_t)((levels[i] - low) >> 8);
        block->levels[i / 4][lane][1][i % 4] = low;
        sums[i / 16] += levels[i];
    }
    block->scale[lane] = scale;
    for (size_t half = 0; half < 2; half++) {
        block->sum[half][lane] = scale * (float)sums[half];
        block->negative_level_sum[half][lane] = -sums[half];
    }
    block->total[lane] = scale * (float)(sums[0] + sums[1]);
}

void nt_quantize_fine_row(const float *values, size_t column_count, size_t row, uint8_t *image) {
    // 127 * 256: up to here the high byte is 127 at most, whatever the low one is.
    const float full = 32512.0f;
    nt_fine_block *block = (nt_fine_block *)(void *)(
        image + row / NT_FINE_GROUP_ROWS * nt_fine_rows_byte_count(1, column_count));
    for (size_t k = 0; k < column_count; k += NT_BLOCK_COLUMNS, block++) {
        const uint32_t bits = largest_magnitude(values + k);
        float magnitude;
        memcpy(&magnitude, &bits, sizeof magnitude);
        int32_t levels[NT_BLOCK_COLUMNS] = {0};
        float scale = 0;
        if (bits >= 0x7F800000u) {
            // All levels zero: zero times this scale is NaN.
            scale = magnitude;
        } else if (magnitude >= 1e-30f) {
            scale = magnitude / full;
            round_block(values + k, full / magnitude, levels);
        }
        store_block(levels, scale, row % NT_FINE_GROUP_ROWS, block);
    }
}
