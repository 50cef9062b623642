#include "matmul_layout.h"

// Rows of activations in bfloat16, a quarter of the rounding error of 8 bits and none of their scales: for matrices
// whose products are limited by the processor and not by memory.
//
//     group    [pairs of columns][4 rows][2 columns]

bool nt_has_brain_rows(const nt_kernel_table *kernels) { return kernels->brain_four != NULL; }

size_t nt_brain_rows_byte_count(size_t row_count, size_t column_count) {
    const size_t groups = (row_count + NT_GROUP_ROWS - 1) / NT_GROUP_ROWS;
    return groups * column_count * NT_GROUP_ROWS * sizeof(uint16_t);
}

void nt_round_brain_columns(
    const nt_kernel_table *kernels, const float *values, size_t stride, size_t first_column, size_t count,
    size_t column_count, size_t row, size_t row_count, uint8_t *image) {
    const size_t group_bytes = nt_brain_rows_byte_count(1, column_count);
    const size_t row_end = row + row_count;
    while (row < row_end) {
        uint16_t(*group)[NT_GROUP_ROWS][2] = (void *)(image + row / NT_GROUP_ROWS * group_bytes);
        const size_t lane = row % NT_GROUP_ROWS, left = row_end - row;
        const size_t done = left < NT_GROUP_ROWS - lane ? left : NT_GROUP_ROWS - lane;
        kernels->round_brains(values, stride, done, count, lane, group + first_column / 2);
        row += done;
        values += done * stride;
    }
}
