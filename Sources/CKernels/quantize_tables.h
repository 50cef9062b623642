#pragma once

#include "nt_formats.h"

/// Writes one block of a format.
typedef void (*nt_quantize_block)(const float *row, void *target);

/// By format; NULL where there is none.
extern const nt_quantize_block nt_quantizers_portable[NT_FORMAT_LIMIT];
#if defined(__x86_64__)
extern const nt_quantize_block nt_quantizers_avx2[NT_FORMAT_LIMIT];
#endif

#define NT_QUANTIZERS                                                                                            \
    {                                                                                                            \
        [NT_Q4_0] = quantize_Q4_0, [NT_Q4_1] = quantize_Q4_1, [NT_Q5_0] = quantize_Q5_0,                          \
        [NT_Q5_1] = quantize_Q5_1, [NT_Q8_0] = quantize_Q8_0, [NT_Q4_K] = quantize_Q4_K,                          \
        [NT_Q5_K] = quantize_Q5_K, [NT_Q6_K] = quantize_Q6_K,                                                     \
    }
