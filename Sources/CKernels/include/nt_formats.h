#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How the elements of a weight matrix are stored in a model file. The values are the tensor type ids of GGUF.
typedef enum nt_format {
    NT_F32 = 0,
    NT_F16 = 1,
    NT_Q4_0 = 2,
    NT_Q4_1 = 3,
    NT_Q5_0 = 6,
    NT_Q5_1 = 7,
    NT_Q8_0 = 8,
    NT_Q2_K = 10,
    NT_Q3_K = 11,
    NT_Q4_K = 12,
    NT_Q5_K = 13,
    NT_Q6_K = 14,
    NT_IQ4_NL = 20,
    NT_IQ4_XS = 23,
    NT_BF16 = 30,
    NT_MXFP4 = 39,
} nt_format;

/// One more than the largest value of `nt_format`: the length of tables indexed by it.
enum { NT_FORMAT_LIMIT = 40 };

/// How many consecutive elements of a row share one block; 0 for a value that is not a format.
size_t nt_format_block_length(nt_format format);

/// How many bytes one block takes in a file; 0 for a value that is not a format.
size_t nt_format_block_byte_count(nt_format format);

/// Whether products with this format round the activations to 8 bits. F32, F16 and BF16 keep them as floats.
bool nt_format_is_quantized(nt_format format);

/// Writes `element_count` elements, a whole number of blocks, as floats.
///
/// This is the definition of each format, and what every kernel is measured against. `source` needs no alignment.
void nt_dequantize_row(nt_format format, const uint8_t *source, size_t element_count, float *row);
