#include "matmul_layout.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("i8mm"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))

// The vocabulary of matmul_neon.h with the 8-bit matrix multiply extension: unsigned levels by signed activations, and
// 2 x 2 products at once. For those, the activations of a block lie in pairs of dot vectors, eight columns of each row
// together: byte `32 p + 8 r + i` of `levels` is row r, column `8 p + i`.

enum { SIGNED_LEVELS = 0 };
#define PAIRS_ROWS 1

INLINE int32x4_t dot4(int32x4_t sum, uint8x16_t levels, int8x16_t x, int lane) {
    switch (lane) {
    case 0: return vusdotq_laneq_s32(sum, levels, x, 0);
    case 1: return vusdotq_laneq_s32(sum, levels, x, 1);
    case 2: return vusdotq_laneq_s32(sum, levels, x, 2);
    default: return vusdotq_laneq_s32(sum, levels, x, 3);
    }
}

INLINE int32x4_t dot8(int32x4_t sum, uint8x16_t levels, int8x16_t x) { return vusmmlaq_s32(sum, levels, x); }

INLINE const int8_t *level_pair(const nt_activation_block *x, int v) { return x->levels[v - v % 2][0]; }

/// Rows 0 and 1 of the pair of dot vectors that `v` is one of.
INLINE int8x16_t row_levels(const nt_activation_block *x, int v) { return vld1q_s8(level_pair(x, v)); }

/// For rows 0 and 1; only tiles of a single row use it.
INLINE int row_lane(int v, int r) { return 2 * r + v % 2; }

/// Rows `2 i` and `2 i + 1` for dot vectors `v`, which is even, and `v + 1`.
INLINE int8x16_t pair_levels(const nt_activation_block *x, int v, int i) { return vld1q_s8(level_pair(x, v) + 16 * i); }

INLINE void store_levels(nt_activation_block *block, size_t half, size_t lane, int8x16_t levels) {
    int8_t *first = block->levels[4 * half][0] + 8 * lane;
    vst1_s8(first, vget_low_s8(levels));
    vst1_s8(first + 32, vget_high_s8(levels));
}

// clang-format off: the vocabulary comes before the kernels that use it.
#include "matmul_neon.h"
#include "matmul_neon_rows.h"

#pragma clang attribute pop

const nt_kernel_table nt_kernels_neoni8mm = NT_NEON_TABLE("neoni8mm");
#endif
