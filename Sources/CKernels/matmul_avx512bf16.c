#include "matmul_avx512bf16.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))

// Products of BF16 matrices with rows of bfloat16: `vdpbf16ps` multiplies pairs of columns of 16 rows of the matrix with
// a pair of one row of activations, and adds both products to a float.

#include "matmul_avx512_store.h"

/// Rows come from groups of four.
INLINE void brain_tile(int rows, int vectors, const nt_tile *tile) {
    enum { pair_bytes = 2 * sizeof(uint16_t), group_pair_bytes = NT_GROUP_ROWS * pair_bytes };
    const size_t group_bytes = tile->block_count * group_pair_bytes;
    // A tile at the edge reads its only panel twice.
    const bool is_wide = tile->column_count > NT_PANEL_ROWS;
    const uint8_t *panel[2] = {tile->panels, is_wide ? tile->panels + tile->panel_byte_count : tile->panels};
    __m512 sums[8][2];
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) sums[r][v] = _mm512_setzero_ps();
    }
    const uint8_t *x = tile->activations;
    for (size_t k = 0; k < tile->block_count; k++, x += group_pair_bytes) {
        if (nt_tile_fetches(tile, k)) {
            // Into the second level: beside these panels and the activations the first has no room for the next.
            // PERF: with weights out of the last level 166 -> 180 G multiply-adds a second on one core of Zen 5.
            for (int v = 0; v < vectors; v++) _mm_prefetch(panel[v] + 64 * k + tile->prefetch_bytes, _MM_HINT_T1);
        }
        __m512bh w[2];
        for (int v = 0; v < vectors; v++) w[v] = (__m512bh)_mm512_loadu_si512(panel[v] + 64 * k);
        for (int r = 0; r < rows; r++) {
            int32_t pair;
            memcpy(&pair, x + (size_t)(r / NT_GROUP_ROWS) * group_bytes + r % NT_GROUP_ROWS * pair_bytes, sizeof pair);
            const __m512bh broadcast = (__m512bh)_mm512_set1_epi32(pair);
            for (int v = 0; v < vectors; v++) sums[r][v] = _mm512_dpbf16_ps(sums[r][v], broadcast, w[v]);
        }
    }
    store(tile, rows, vectors, sums);
}

void nt_avx512_brain_one(const nt_tile *tile) { brain_tile(1, 1, tile); }
void nt_avx512_brain_four(const nt_tile *tile) { brain_tile(4, 2, tile); }
void nt_avx512_brain_eight(const nt_tile *tile) { brain_tile(8, 2, tile); }

/// 32 columns of a row in bfloat16.
INLINE __m512i round_columns(const float *row) {
    return (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(row + 16), _mm512_loadu_ps(row));
}

/// 16 pairs of each of four rows, to [16 pairs][4 rows].
INLINE void interleave(const __m512i rows[4], uint16_t (*group)[NT_GROUP_ROWS][2]) {
    const __m512i ab = _mm512_unpacklo_epi32(rows[0], rows[1]), ab2 = _mm512_unpackhi_epi32(rows[0], rows[1]);
    const __m512i cd = _mm512_unpacklo_epi32(rows[2], rows[3]), cd2 = _mm512_unpackhi_epi32(rows[2], rows[3]);
    // Quarter q of vector i has pair 4 q + i.
    const __m512i p0 = _mm512_unpacklo_epi64(ab, cd), p1 = _mm512_unpackhi_epi64(ab, cd);
    const __m512i p2 = _mm512_unpacklo_epi64(ab2, cd2), p3 = _mm512_unpackhi_epi64(ab2, cd2);
    const __m512i even = _mm512_shuffle_i32x4(p0, p1, 0x88), odd = _mm512_shuffle_i32x4(p0, p1, 0xdd);
    const __m512i even2 = _mm512_shuffle_i32x4(p2, p3, 0x88), odd2 = _mm512_shuffle_i32x4(p2, p3, 0xdd);
    // `even` has quarters 0 and 2 of pairs 0 and 1, `odd` has 1 and 3.
    _mm512_storeu_si512(group, _mm512_shuffle_i32x4(even, even2, 0x88));
    _mm512_storeu_si512(group + 4, _mm512_shuffle_i32x4(odd, odd2, 0x88));
    _mm512_storeu_si512(group + 8, _mm512_shuffle_i32x4(even, even2, 0xdd));
    _mm512_storeu_si512(group + 12, _mm512_shuffle_i32x4(odd, odd2, 0xdd));
}

void nt_avx512_round_brains(
    const float *rows, size_t stride, size_t row_count, size_t count, size_t lane,
    uint16_t (*group)[NT_GROUP_ROWS][2]) {
    for (size_t k = 0; k < count; k += 32, rows += 32, group += 16) {
        if (row_count == NT_GROUP_ROWS) {
            const __m512i rounded[4] = {
                round_columns(rows), round_columns(rows + stride), round_columns(rows + 2 * stride),
                round_columns(rows + 3 * stride)};
            interleave(rounded, group);
            continue;
        }
        for (size_t r = 0; r < row_count; r++) {
            uint16_t rounded[16][2];
            _mm512_storeu_si512(rounded, round_columns(rows + r * stride));
            for (size_t p = 0; p < 16; p++) memcpy(group[p][lane + r], rounded[p], sizeof rounded[p]);
        }
    }
}

#pragma clang attribute pop
#endif
