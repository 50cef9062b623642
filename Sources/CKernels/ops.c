#include <math.h>
#include <stddef.h>

#include "ops_tables.h"
#include "ops_row_workspace.h"

const nt_ops *nt_ops_for(nt_instruction_set set) {
    if (nt_kernels_for(set) == NULL) return NULL;
    switch (set) {
    case NT_SCALAR:
        return &nt_ops_portable;
#if defined(__x86_64__)
    case NT_AVX2:
    case NT_AVXVNNI:
        return &nt_ops_avx2;
    case NT_AVX512VNNI:
    case NT_AVX512BF16:
        return &nt_ops_avx512;
#elif defined(__aarch64__)
    case NT_NEONDOT:
    case NT_NEONI8MM:
        return &nt_ops_neon;
#endif
    default:
        return NULL;
    }
}

void nt_rope_fill(
    float *angles, int64_t position, const float *inverse_frequencies, int64_t dims, float magnitude,
    nt_rope_layout layout) {
    float *cosines = angles, *sines = angles + dims;
    const int64_t half = dims / 2;
    for (int64_t i = 0; i < half; i++) {
        // The product is rounded to float because the models were trained on angles rounded so.
        const double angle = (double)((float)position * inverse_frequencies[i]);
        const float cosine = (float)cos(angle) * magnitude, sine = (float)sin(angle) * magnitude;
        const int64_t first = layout == NT_ROPE_ADJACENT ? 2 * i : i;
        const int64_t second = layout == NT_ROPE_ADJACENT ? 2 * i + 1 : half + i;
        cosines[first] = cosines[second] = cosine;
        sines[first] = -sine;
        sines[second] = sine;
    }
}

int64_t nt_cache_block_bytes(nt_cache_type type, int64_t head_dim) { return 2 * nt_layout(type, head_dim).step; }

int64_t nt_attention_partial_floats(int64_t rows, int64_t head_dim) {
    return rows * nt_padded(head_dim) + 2 * nt_padded(rows);
}

int64_t nt_attention_row_workspace_floats(int64_t rows, int64_t head_dim) {
    return (nt_padded(head_dim) + NT_ROWS_AT_ONCE) * NT_ROW_RANGE +
           nt_padded(nt_attention_partial_floats(rows, head_dim));
}

int64_t nt_attention_workspace_floats(nt_cache_type type, int64_t rows, int64_t head_dim) {
    const nt_block_layout layout = nt_layout(type, head_dim);
    const int64_t queries = rows * layout.stride / 2, weights = rows * layout.groups * NT_ATTENTION_RANGE / 2;
    const int64_t scores = rows * NT_ATTENTION_RANGE, scales = layout.groups * nt_padded(rows);
    return nt_padded(queries) + nt_padded(weights) + scores + 5 * nt_padded(rows) + scales +
           nt_padded(nt_attention_partial_floats(rows, head_dim));
}
