#pragma once

// Products of rows in 16 bits. Included by matmul_avx512.c, whose target attribute holds here too.
//
// A block takes 16 `vpdpbusd` and two multiplications, or three where weights have a minimum. As two rows of 8 bits it
// takes 16 and six, or eight.

/// Joins the sums of high and low levels and adds them, scaled, to the outputs.
INLINE void add_scaled(
    int rows, int vectors, __m512i dots[4][2], const nt_fine_block *x, const __m512 scale[2], __m512 sums[2][2]) {
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
            const __m512i dot = _mm512_add_epi32(_mm512_slli_epi32(dots[2 * r][v], 8), dots[2 * r + 1][v]);
            const __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(dot), _mm512_set1_ps(x->scale[r]));
            sums[r][v] = _mm512_fmadd_ps(scaled, scale[v], sums[r][v]);
        }
    }
}

/// Adds one block to the sums; `accumulate_fine_block` in matmul_scalar.c defines the order of operations.
INLINE void accumulate_fine_block(
    nt_layout layout, int rows, int vectors, const uint8_t *const block[2], const super_factors super[2],
    const nt_fine_block *x, __m512 sums[2][2]) {
    factors f[2];
    planes p[2];
    for (int v = 0; v < vectors; v++) {
        f[v] = load_factors(layout, block[v], super[v]);
        p[v] = planes_of(layout, block[v]);
    }
    // Of each row the sum of the high levels' products, then that of the low ones'.
    __m512i dots[4][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) {
        if (i == 0 || (i == 4 && layout.part_length == 16)) {
            for (int r = 0; r < rows; r++) {
                int32_t level_sum = x->negative_level_sum[i / 4][r];
                if (layout.part_length != 16) level_sum += x->negative_level_sum[1][r];
                for (int v = 0; v < vectors; v++) {
                    dots[2 * r][v] = _mm512_setzero_si512();
                    dots[2 * r + 1][v] = layout.offset_shift == 0
                        ? _mm512_setzero_si512()
                        : _mm512_slli_epi32(_mm512_set1_epi32(level_sum), (unsigned)layout.offset_shift);
                }
            }
        }
        __m512i w[2];
        for (int v = 0; v < vectors; v++) w[v] = levels(layout, p[v], i);
        for (int r = 0; r < 2 * rows; r++) {
            int32_t four;
            memcpy(&four, x->levels[i][r / 2][r % 2], sizeof four);
            const __m512i broadcast = _mm512_set1_epi32(four);
            for (int v = 0; v < vectors; v++) dots[r][v] = _mm512_dpbusd_epi32(dots[r][v], w[v], broadcast);
        }
        finish(2 * rows, vectors, dots);
        if (i == 7 || (i == 3 && layout.part_length == 16)) {
            const int half = layout.part_length == 16 ? i / 4 : 0;
            const __m512 scale[2] = {f[0].scale[half], f[vectors - 1].scale[half]};
            add_scaled(rows, vectors, dots, x, scale, sums);
        }
    }
    if (!layout.has_minimum) return;
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
            if (layout.part_length == 16) {
                sums[r][v] = _mm512_fmadd_ps(f[v].minimum[0], _mm512_set1_ps(x->sum[0][r]), sums[r][v]);
                sums[r][v] = _mm512_fmadd_ps(f[v].minimum[1], _mm512_set1_ps(x->sum[1][r]), sums[r][v]);
            } else {
                sums[r][v] = _mm512_fmadd_ps(f[v].minimum[0], _mm512_set1_ps(x->total[r]), sums[r][v]);
            }
        }
    }
}
