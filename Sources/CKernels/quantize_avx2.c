#include "quantize_tables.h"

#if defined(__x86_64__)
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// Without fused multiply-adds: the bytes must be those of every other processor.
// clang-format off: the vocabulary comes before what uses it.
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#include "quantize_superblocks.h"
#pragma clang attribute pop

const nt_quantize_block nt_quantizers_avx2[NT_FORMAT_LIMIT] = NT_QUANTIZERS;
#endif
