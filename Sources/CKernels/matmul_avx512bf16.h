#pragma once

#include "matmul_layout.h"

// What the table `avx512bf16` has more than `avx512vnni`.

#if defined(__x86_64__)
void nt_avx512_brain_one(const nt_tile *tile);
void nt_avx512_brain_four(const nt_tile *tile);
void nt_avx512_brain_eight(const nt_tile *tile);
void nt_avx512_round_brains(
    const float *rows, size_t stride, size_t row_count, size_t count, size_t lane,
    uint16_t (*group)[NT_GROUP_ROWS][2]);
#endif
