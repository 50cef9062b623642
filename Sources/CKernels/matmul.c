#include <stddef.h>

#include "matmul_layout.h"

size_t nt_quantized_rows_byte_count(size_t row_count, size_t column_count) {
    const size_t groups = (row_count + NT_GROUP_ROWS - 1) / NT_GROUP_ROWS;
    return groups * (column_count / NT_BLOCK_COLUMNS) * sizeof(nt_activation_block);
}

size_t nt_float_rows_byte_count(size_t row_count, size_t column_count) {
    const size_t groups = (row_count + NT_GROUP_ROWS - 1) / NT_GROUP_ROWS;
    return groups * column_count * NT_GROUP_ROWS * sizeof(float);
}

void nt_quantize_columns(
    const nt_kernel_table *kernels, const float *values, size_t stride, size_t first_column, size_t count,
    size_t column_count, size_t row, size_t row_count, uint8_t *image) {
    const size_t group_bytes = nt_quantized_rows_byte_count(1, column_count);
    const size_t row_end = row + row_count;
    while (row < row_end) {
        uint8_t *group = image + row / NT_GROUP_ROWS * group_bytes;
        nt_activation_block *blocks = (nt_activation_block *)(void *)group + first_column / NT_BLOCK_COLUMNS;
        const size_t lane = row % NT_GROUP_ROWS;
        size_t done = 1;
        if (kernels->quantize_group != NULL && lane == 0 && row_end - row >= NT_GROUP_ROWS) {
            kernels->quantize_group(values, stride, count, blocks);
            done = NT_GROUP_ROWS;
        } else {
            kernels->quantize_row(values, count, lane, blocks);
        }
        row += done;
        values += done * stride;
    }
}

void nt_interleave_columns(
    const float *values, size_t first_column, size_t count, size_t column_count, size_t row, uint8_t *image) {
    const size_t offset = row / NT_GROUP_ROWS * nt_float_rows_byte_count(1, column_count);
    float *lane = (float *)(void *)(image + offset) + NT_GROUP_ROWS * first_column + row % NT_GROUP_ROWS;
    for (size_t k = 0; k < count; k++) lane[NT_GROUP_ROWS * k] = values[k];
}

// MARK: - Splitting a product into tiles

enum {
    /// Bytes of activations that are multiplied by all panels before the next ones: small enough to stay in a level 2
    /// cache beside the weights of a tile.
    ROW_BLOCK_BYTES = 384 * 1024,
    /// Panels of a wide tile.
    TILE_PANELS = 2,
    /// How far ahead of itself a product with a single row fetches its weights.
    /// PERF: 2048 -> 4096: 36 -> 38 GB/s on one core of Zen 5, which is what its memory gives.
    STREAM_PREFETCH_BYTES = 4096,
};

typedef struct {
    const nt_packed_matrix *matrix;
    const uint8_t *image;
    const nt_product_target *target;
    nt_tile_function one, two, four, eight;
    size_t panel_bytes, group_bytes, group_rows;
    /// Of a tile.
    size_t block_count;
} product;

/// Rows that are multiplied by all panels before the next ones.
typedef struct {
    size_t begin, end;
} row_block;

/// The tile of panels from `panel` and rows from `row`, which is the first of a group.
///
/// Each tile of a block of rows fetches its share of the weights that come next.
static nt_tile tile_at(
    const product *p, row_block rows, size_t panel, size_t panel_count, size_t row, size_t row_count,
    size_t prefetch_bytes) {
    const size_t column = panel * NT_PANEL_ROWS;
    size_t column_count = p->matrix->output_count - column;
    if (column_count > panel_count * NT_PANEL_ROWS) column_count = panel_count * NT_PANEL_ROWS;
    const size_t block_count = p->block_count;
    const size_t height = rows.end - rows.begin, before = row - rows.begin;
    return (nt_tile){
        .panels = p->matrix->panels + panel * p->panel_bytes,
        .panel_byte_count = p->panel_bytes,
        .activations = p->image + row / p->group_rows * p->group_bytes,
        .block_count = block_count,
        .output = p->target->values + row * p->target->stride + column,
        .output_stride = p->target->stride,
        .bias = p->target->bias ? p->target->bias + column : NULL,
        .accumulate = p->target->accumulate,
        .row_count = (int)row_count,
        .column_count = (int)column_count,
        .prefetch_bytes = prefetch_bytes,
        .prefetch_begin = block_count * before / height,
        .prefetch_end = block_count * (before + row_count) / height,
    };
}

/// Multiplies one or two rows, the first of a group at `row`, panel by panel.
static void stream_panels(
    const product *p, row_block rows, nt_tile_function function, size_t panel, size_t panel_count, size_t row,
    size_t prefetch_bytes) {
    for (size_t i = 0; i < panel_count; i++) {
        const nt_tile tile = tile_at(p, rows, panel + i, 1, row, rows.end - row, prefetch_bytes);
        function(&tile);
    }
}

/// Multiplies a block of rows, which begins with a group, by one or two panels.
static void multiply_panels(const product *p, row_block rows, size_t panel, size_t panel_count) {
    const size_t count = rows.end - rows.begin;
    if (count == 1 || (count == 2 && p->two != NULL)) {
        stream_panels(p, rows, count == 1 ? p->one : p->two, panel, panel_count, rows.begin, STREAM_PREFETCH_BYTES);
        return;
    }
    const size_t prefetch_bytes = TILE_PANELS * p->panel_bytes;
    size_t row = rows.begin;
    while (rows.end - row > 1) {
        // Five rows are four and one.
        const bool is_tall = p->eight != NULL && rows.end - row > p->group_rows + 1;
        const size_t height = is_tall ? 2 * p->group_rows : p->group_rows;
        const size_t row_count = rows.end - row < height ? rows.end - row : height;
        const nt_tile tile = tile_at(p, rows, panel, panel_count, row, row_count, prefetch_bytes);
        (is_tall ? p->eight : p->four)(&tile);
        row += row_count;
    }
    if (row < rows.end) stream_panels(p, rows, p->one, panel, panel_count, row, prefetch_bytes);
}

static void multiply_rows(const product *p, size_t row_count, size_t begin, size_t end) {
    size_t rows_at_once = ROW_BLOCK_BYTES / (p->group_bytes + 1) * p->group_rows;
    if (rows_at_once < p->group_rows) rows_at_once = p->group_rows;
    for (size_t row = 0; row < row_count; row += rows_at_once) {
        const row_block rows = {row, row_count - row < rows_at_once ? row_count : row + rows_at_once};
        for (size_t panel = begin; panel < end; panel += TILE_PANELS) {
            const size_t count = end - panel < TILE_PANELS ? end - panel : TILE_PANELS;
            multiply_panels(p, rows, panel, count);
        }
    }
}

void nt_matmul(
    const nt_kernel_table *kernels, const nt_packed_matrix *matrix, const uint8_t *image, size_t row_count,
    size_t begin, size_t end, const nt_product_target *target) {
    const nt_format format = matrix->format;
    const bool is_quantized = nt_format_is_quantized(format);
    const product p = {
        .matrix = matrix,
        .image = image,
        .target = target,
        .one = kernels->one[format],
        .two = kernels->two[format],
        .four = kernels->four[format],
        .eight = kernels->eight[format],
        .panel_bytes = nt_panel_byte_count(format, matrix->input_count),
        .group_bytes = is_quantized ? nt_quantized_rows_byte_count(1, matrix->input_count)
                                    : nt_float_rows_byte_count(1, matrix->input_count),
        .group_rows = NT_GROUP_ROWS,
        .block_count = is_quantized ? matrix->input_count / NT_BLOCK_COLUMNS : matrix->input_count,
    };
    multiply_rows(&p, row_count, begin, end);
}

void nt_matmul_fine(
    const nt_kernel_table *kernels, const nt_packed_matrix *matrix, const uint8_t *image, size_t row_count,
    size_t begin, size_t end, const nt_product_target *target) {
    const nt_format format = matrix->format;
    const product p = {
        .matrix = matrix,
        .image = image,
        .target = target,
        .one = kernels->fine_one[format],
        .four = kernels->fine_two[format],
        .panel_bytes = nt_panel_byte_count(format, matrix->input_count),
        .group_bytes = nt_fine_rows_byte_count(1, matrix->input_count),
        .group_rows = NT_FINE_GROUP_ROWS,
        .block_count = matrix->input_count / NT_BLOCK_COLUMNS,
    };
    multiply_rows(&p, row_count, begin, end);
}

void nt_matmul_brain(
    const nt_kernel_table *kernels, const nt_packed_matrix *matrix, const uint8_t *image, size_t row_count,
    size_t begin, size_t end, const nt_product_target *target) {
    const product p = {
        .matrix = matrix,
        .image = image,
        .target = target,
        .one = kernels->brain_one,
        .four = kernels->brain_four,
        .eight = kernels->brain_eight,
        .panel_bytes = nt_panel_byte_count(NT_BF16, matrix->input_count),
        .group_bytes = nt_brain_rows_byte_count(1, matrix->input_count),
        .group_rows = NT_GROUP_ROWS,
        .block_count = matrix->input_count / 2,
    };
    multiply_rows(&p, row_count, begin, end);
}
