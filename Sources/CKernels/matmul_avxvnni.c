#include "matmul_layout.h"

#if defined(__x86_64__)
#include <immintrin.h>

// clang-format off: blocks and the dot step come before the tiles that use them.
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)
#include "matmul_256_blocks.h"

/// The integer dot products of 16 columns (half `half` of a block) of 16 weight rows with `rows` activation rows.
INLINE void dot_products(
    nt_layout layout, int rows, const uint8_t *planes, const nt_activation_block *x, int half,
    __m256i dots[4][SIDES]) {
    UNROLL
    for (int r = 0; r < rows; r++) {
        for (int s = 0; s < SIDES; s++) dots[r][s] = dot_start(layout, x, half, r);
    }
    UNROLL
    for (int i = 4 * half; i < 4 * half + 4; i++) {
        __m256i w[SIDES];
        for (int s = 0; s < SIDES; s++) w[s] = levels(layout, planes + 32 * s, i);
        UNROLL
        for (int r = 0; r < rows; r++) {
            int32_t four;
            memcpy(&four, x->levels[i][r], sizeof four);
            const __m256i broadcast = _mm256_set1_epi32(four);
            for (int s = 0; s < SIDES; s++) dots[r][s] = _mm256_dpbusd_avx_epi32(dots[r][s], w[s], broadcast);
        }
    }
}

#include "matmul_256.h"
#pragma clang attribute pop

const nt_kernel_table nt_kernels_avxvnni = NT_MATMUL_TABLE("avxvnni");
#endif
