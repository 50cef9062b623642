#include "matmul_layout.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))

// The vocabulary of matmul_neon.h with the dot product of signed bytes.

enum { SIGNED_LEVELS = 1 };
#define PAIRS_ROWS 0

INLINE int32x4_t dot4(int32x4_t sum, uint8x16_t levels, int8x16_t x, int lane) {
    const int8x16_t w = vreinterpretq_s8_u8(levels);
    switch (lane) {
    case 0: return vdotq_laneq_s32(sum, w, x, 0);
    case 1: return vdotq_laneq_s32(sum, w, x, 1);
    case 2: return vdotq_laneq_s32(sum, w, x, 2);
    default: return vdotq_laneq_s32(sum, w, x, 3);
    }
}

INLINE int8x16_t row_levels(const nt_activation_block *x, int v) { return vld1q_s8(x->levels[v][0]); }

INLINE int row_lane(int v, int r) {
    (void)v;
    return r;
}

INLINE void store_levels(nt_activation_block *block, size_t half, size_t lane, int8x16_t levels) {
    int32_t fours[4];
    vst1q_s32(fours, vreinterpretq_s32_s8(levels));
    for (size_t i = 0; i < 4; i++) memcpy(block->levels[4 * half + i][lane], &fours[i], 4);
}

// clang-format off: the vocabulary comes before the kernels that use it.
#include "matmul_neon.h"
#include "matmul_neon_rows.h"

#pragma clang attribute pop

const nt_kernel_table nt_kernels_neondot = NT_NEON_TABLE("neondot");
#endif
