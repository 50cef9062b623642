#include "matmul_layout.h"

#if defined(__x86_64__)
#include <immintrin.h>

// clang-format off: blocks and the dot step come before the tiles that use them.
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "matmul_256_blocks.h"

/// The integer dot products of 16 columns (half `half` of a block) of 16 weight rows with `rows` activation rows.
///
/// `vpmaddubsw` adds two products into 16 bits with saturation, so what may be added up before the step to 32 bits
/// depends on the width of a level: with |activation| <= 127, four sums of 5-bit pairs reach 31,496 and two of 6-bit
/// pairs 32,004. 8-bit levels are given back their sign, which moves to the activation: 2 x 128 x 127 = 32,512.
INLINE void dot_products(
    nt_layout layout, int rows, const uint8_t *planes, const nt_activation_block *x, int half,
    __m256i dots[4][SIDES]) {
    const __m256i ones = _mm256_set1_epi16(1);
    const int bits = nt_layout_level_bits(layout);
    const int depth = bits == 8 ? 1 : bits == 6 ? 2 : 4;
    __m256i narrow[4][SIDES];
    UNROLL
    for (int i = 0; i < 4; i++) {
        __m256i w[SIDES], magnitude[SIDES];
        UNROLL
        for (int s = 0; s < SIDES; s++) {
            const __m256i raw = levels(layout, planes + 32 * s, 4 * half + i);
            w[s] = bits == 8 ? _mm256_xor_si256(raw, _mm256_set1_epi8((char)0x80)) : raw;
            magnitude[s] = bits == 8 ? _mm256_abs_epi8(w[s]) : w[s];
        }
        UNROLL
        for (int r = 0; r < rows; r++) {
            int32_t four;
            memcpy(&four, x->levels[4 * half + i][r], sizeof four);
            const __m256i broadcast = _mm256_set1_epi32(four);
            UNROLL
            for (int s = 0; s < SIDES; s++) {
                const __m256i signed_x = bits == 8 ? _mm256_sign_epi8(broadcast, w[s]) : broadcast;
                const __m256i pairs = _mm256_maddubs_epi16(magnitude[s], signed_x);
                narrow[r][s] = i % depth == 0 ? pairs : _mm256_add_epi16(narrow[r][s], pairs);
                if (i % depth != depth - 1) continue;
                const __m256i wide = _mm256_madd_epi16(narrow[r][s], ones);
                const __m256i sum =
                    i != depth - 1 ? dots[r][s] : bits == 8 ? _mm256_setzero_si256() : dot_start(layout, x, half, r);
                dots[r][s] = _mm256_add_epi32(sum, wide);
            }
        }
    }
}

#include "matmul_256.h"
#pragma clang attribute pop

const nt_kernel_table nt_kernels_avx2 = NT_MATMUL_TABLE("avx2");
#endif
