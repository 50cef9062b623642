#pragma once

#include "nt_ops.h"

// Where things lie in the part of a cache block that belongs to one key-value head. Keys and values are integers with
// scales: value = integer x scale.
//
//     key scales    float [groups][32]              one for each position and group of dimensions
//     value scales  float [groups][32]
//     keys          integer [stride / 2][32][2]     pairs of dimensions of 32 positions
//     values        integer [16][stride][2]         pairs of positions, by dimension
//
// The pairs are what the processors' 16-bit dot products add up. A score sums over dimensions, with vectors along
// positions; an output sums over positions, with vectors along dimensions: neither needs a sum across lanes.

typedef struct {
    /// The head dimension, padded.
    int64_t stride;
    /// Dimensions that share a scale, and the number of such groups.
    int64_t group_dims, groups;
    /// Bytes of one integer.
    int64_t size;
    /// Where the parts begin, and their end, in bytes.
    int64_t value_scales, keys, values, bytes;
} nt_block_layout;

static inline int64_t nt_padded(int64_t count) {
    return (count + NT_HEAD_ALIGNMENT - 1) / NT_HEAD_ALIGNMENT * NT_HEAD_ALIGNMENT;
}

static inline nt_block_layout nt_layout(nt_cache_type type, int64_t head_dim) {
    nt_block_layout layout = {.stride = nt_padded(head_dim), .size = type == NT_CACHE_8 ? 1 : 2};
    layout.group_dims = type == NT_CACHE_8 ? NT_SCALE_GROUP : layout.stride;
    layout.groups = (layout.stride + layout.group_dims - 1) / layout.group_dims;
    layout.value_scales = layout.groups * NT_BLOCK_LENGTH * (int64_t)sizeof(float);
    layout.keys = 2 * layout.value_scales;
    layout.values = layout.keys + layout.stride * NT_BLOCK_LENGTH * layout.size;
    layout.bytes = layout.values + layout.stride * NT_BLOCK_LENGTH * layout.size;
    return layout;
}
