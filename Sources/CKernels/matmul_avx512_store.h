#pragma once

// Include it inside a region with AVX-512 targets.

/// Writes the accumulators of a tile to its output.
INLINE void store(const nt_tile *tile, int rows, int vectors, __m512 (*sums)[2]) {
    for (int v = 0; v < vectors; v++) {
        const int columns = tile->column_count - NT_PANEL_ROWS * v;
        if (columns <= 0) return;
        const __mmask16 mask = columns >= NT_PANEL_ROWS ? 0xFFFF : (__mmask16)((1u << columns) - 1);
        const __m512 bias =
            tile->bias ? _mm512_maskz_loadu_ps(mask, tile->bias + NT_PANEL_ROWS * v) : _mm512_setzero_ps();
        for (int r = 0; r < rows && r < tile->row_count; r++) {
            float *output = tile->output + (size_t)r * tile->output_stride + NT_PANEL_ROWS * v;
            __m512 value = sums[r][v];
            if (tile->bias) value = _mm512_add_ps(value, bias);
            if (tile->accumulate) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, output));
            _mm512_mask_storeu_ps(output, mask, value);
        }
    }
}
