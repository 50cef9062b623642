#include "formats.h"

typedef struct {
    size_t block_length;
    size_t block_byte_count;
} format_shape;

static const format_shape shapes[NT_FORMAT_LIMIT] = {
    [NT_F32] = {1, 4},
    [NT_F16] = {1, 2},
    [NT_BF16] = {1, 2},
    [NT_Q4_0] = {32, sizeof(nt_block_q4_0)},
    [NT_Q4_1] = {32, sizeof(nt_block_q4_1)},
    [NT_Q5_0] = {32, sizeof(nt_block_q5_0)},
    [NT_Q5_1] = {32, sizeof(nt_block_q5_1)},
    [NT_Q8_0] = {32, sizeof(nt_block_q8_0)},
    [NT_Q2_K] = {256, sizeof(nt_block_q2_k)},
    [NT_Q3_K] = {256, sizeof(nt_block_q3_k)},
    [NT_Q4_K] = {256, sizeof(nt_block_q4_k)},
    [NT_Q5_K] = {256, sizeof(nt_block_q5_k)},
    [NT_Q6_K] = {256, sizeof(nt_block_q6_k)},
    [NT_IQ4_NL] = {32, sizeof(nt_block_iq4_nl)},
    [NT_IQ4_XS] = {256, sizeof(nt_block_iq4_xs)},
    [NT_MXFP4] = {32, sizeof(nt_block_mxfp4)},
};

size_t nt_format_block_length(nt_format format) {
    return (unsigned)format < NT_FORMAT_LIMIT ? shapes[format].block_length : 0;
}

size_t nt_format_block_byte_count(nt_format format) {
    return (unsigned)format < NT_FORMAT_LIMIT ? shapes[format].block_byte_count : 0;
}

bool nt_format_is_quantized(nt_format format) {
    return nt_format_block_length(format) > 1;
}
