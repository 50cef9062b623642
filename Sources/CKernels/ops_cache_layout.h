#pragma once

#include "nt_ops.h"

// Where things lie on a shelf of cache blocks, in the part that belongs to one layer and key-value head. Keys and values
// are integers with scales: value = integer x scale. The keys of all blocks come first, then the values of all blocks: a
// range of positions reads several blocks' keys, then their values, and each time the memory is one stretch.
//
//     for each block:
//         key scales    float [groups][32]              one for each position and group of dimensions
//         keys          integer [stride / 2][32][2]     pairs of dimensions of 32 positions
//     for each block:
//         value scales  float [groups][32]
//         values        integer [16][stride][2]         pairs of positions, by dimension
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
    /// Bytes from one block's keys to the next one's.
    int64_t step;
    /// Where the parts are, in bytes from the key scales.
    int64_t keys, value_scales, values;
} nt_block_layout;

/// Where block `block` is, see `nt_attention.cache`.
static inline int64_t nt_block_offset(const nt_block_layout *layout, int64_t shelf_stride, int64_t block) {
    return block / NT_SHELF_BLOCKS * shelf_stride + block % NT_SHELF_BLOCKS * layout->step;
}

static inline int64_t nt_padded(int64_t count) {
    return (count + NT_HEAD_ALIGNMENT - 1) / NT_HEAD_ALIGNMENT * NT_HEAD_ALIGNMENT;
}

static inline nt_block_layout nt_layout(nt_cache_type type, int64_t head_dim) {
    nt_block_layout layout = {.stride = nt_padded(head_dim), .size = type == NT_CACHE_8 ? 1 : 2};
    layout.group_dims = type == NT_CACHE_8 ? NT_SCALE_GROUP : layout.stride;
    layout.groups = (layout.stride + layout.group_dims - 1) / layout.group_dims;
    layout.keys = layout.groups * NT_BLOCK_LENGTH * (int64_t)sizeof(float);
    layout.step = layout.keys + layout.stride * NT_BLOCK_LENGTH * layout.size;
    layout.value_scales = NT_SHELF_BLOCKS * layout.step;
    layout.values = layout.value_scales + layout.keys;
    return layout;
}
