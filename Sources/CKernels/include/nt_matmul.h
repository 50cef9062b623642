#pragma once

#include "nt_cpu.h"
#include "nt_formats.h"

enum {
    /// Rows of a weight matrix (outputs) that are interleaved in one panel.
    NT_PANEL_ROWS = 16,
    /// Rows of activations (tokens) that are interleaved in one group.
    NT_GROUP_ROWS = 4,
};

/// A weight matrix in panels.
typedef struct nt_packed_matrix {
    nt_format format;
    /// Rows of the matrix, which are columns of a product.
    size_t output_count;
    /// Columns of the matrix: a multiple of the format's block length.
    size_t input_count;
    /// `nt_packed_byte_count` bytes, aligned to 64.
    const uint8_t *panels;
} nt_packed_matrix;

/// Where a product goes.
typedef struct nt_product_target {
    /// Output `column` of row `row` is at `values[row * stride + column]`.
    float *values;
    size_t stride;
    /// One value for each output, or NULL.
    const float *bias;
    /// Whether the product is added to what is there.
    bool accumulate;
} nt_product_target;

/// How many panels hold `output_count` rows; the last is filled up with zeros.
size_t nt_panel_count(size_t output_count);

/// Bytes of one panel.
size_t nt_panel_byte_count(nt_format format, size_t input_count);

/// Interleaves the rows of panels `begin ..< end` from a matrix as it stands in a file, values unchanged.
///
/// `panels` is the start of the whole packed matrix; panels may be packed in any order and on any thread.
void nt_pack_panels(
    nt_format format, const uint8_t *source, size_t output_count, size_t input_count, size_t begin, size_t end,
    uint8_t *panels);

/// Bytes of the quantised image of `row_count` rows of activations; the image is aligned to 64.
size_t nt_quantized_rows_byte_count(size_t row_count, size_t column_count);

/// Bytes of the float image of `row_count` rows of activations.
size_t nt_float_rows_byte_count(size_t row_count, size_t column_count);

/// Rounds `count` activations of each of `row_count` rows to 8 bits: columns from `first_column` of the rows of `image`
/// from `row` on. The rows of `values` are `stride` floats apart.
///
/// Columns come in multiples of 32, as does `column_count`, the length of a whole row. Neighbouring rows share cache
/// lines, in groups of `NT_GROUP_ROWS`; a whole group costs less than its rows one by one.
void nt_quantize_columns(
    const nt_kernel_table *kernels, const float *values, size_t stride, size_t first_column, size_t count,
    size_t column_count, size_t row, size_t row_count, uint8_t *image);

/// Copies `count` activations of one row to columns from `first_column` of row `row` of a float image.
void nt_interleave_columns(
    const float *values, size_t first_column, size_t count, size_t column_count, size_t row, uint8_t *image);

/// Multiplies `row_count` rows of activations by panels `begin ..< end` of a matrix.
///
/// `image` is quantised or float as `nt_format_is_quantized` says for the format. An output has the same bits however
/// many rows there are and however the panels are split over calls.
void nt_matmul(
    const nt_kernel_table *kernels, const nt_packed_matrix *matrix, const uint8_t *image, size_t row_count,
    size_t begin, size_t end, const nt_product_target *target);

// MARK: - Activations in bfloat16

/// Whether a table multiplies BF16 matrices by rows of bfloat16.
bool nt_has_brain_rows(const nt_kernel_table *kernels);

/// Bytes of the image of `row_count` rows of activations in bfloat16. Columns come in multiples of 32.
size_t nt_brain_rows_byte_count(size_t row_count, size_t column_count);

/// Rounds activations to bfloat16, to nearest with ties to even; the parameters are those of `nt_quantize_columns`.
///
/// What is subnormal as a float counts as zero.
void nt_round_brain_columns(
    const nt_kernel_table *kernels, const float *values, size_t stride, size_t first_column, size_t count,
    size_t column_count, size_t row, size_t row_count, uint8_t *image);

/// The same as `nt_matmul` for a BF16 matrix and rows of bfloat16. Products are summed as floats.
void nt_matmul_brain(
    const nt_kernel_table *kernels, const nt_packed_matrix *matrix, const uint8_t *image, size_t row_count,
    size_t begin, size_t end, const nt_product_target *target);

// MARK: - Activations in 16 bits

/// Whether products with rows of 16 bits exist for a quantised format.
bool nt_has_fine_rows(const nt_kernel_table *kernels, nt_format format);

/// Bytes of the image of `row_count` rows of activations in 16 bits: no more than twice as many rows take in 8.
size_t nt_fine_rows_byte_count(size_t row_count, size_t column_count);

/// Rounds a row of activations to 16 bits, 32 columns to a scale.
///
/// A block with a NaN or an infinity in it makes all its products NaN; one of magnitudes below 1e-30 counts as zero.
void nt_quantize_fine_row(const float *values, size_t column_count, size_t row, uint8_t *image);

/// The same as `nt_matmul` for rows of 16 bits.
void nt_matmul_fine(
    const nt_kernel_table *kernels, const nt_packed_matrix *matrix, const uint8_t *image, size_t row_count,
    size_t begin, size_t end, const nt_product_target *target);
