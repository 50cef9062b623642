#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "nt_cpu.h"

// Float operations on rows, and attention. Every function computes one row (or one tile of query rows) on the
// calling thread. The result for a row depends on that row alone: not on its neighbours, nor on how rows are
// grouped into tiles. So a sequence gets bit-identical numbers alone and in a batch.

enum {
    /// Positions in one block of the key-value cache. Two AVX-512 vectors of scores.
    NT_BLOCK_LENGTH = 32,
    /// Neighbouring blocks of the cache that lie together for each layer and head, so that reading a long context is
    /// reading long stretches of memory, as hardware prefetchers like it.
    NT_SHELF_BLOCKS = 16,
    /// Head dimensions are padded to a multiple of this inside the cache and the workspace.
    NT_HEAD_ALIGNMENT = 16,
    /// Dimensions that share a scale in the 8-bit cache.
    NT_SCALE_GROUP = 32,
    /// The largest head dimension.
    NT_MAX_HEAD_DIM = 1024,
    /// Positions per range: each range has a softmax of its own and ranges merge in order, so a long context can be
    /// shared among workers and still gives the same bits.
    NT_ATTENTION_RANGE = 128,
    /// The most query rows (positions x heads of a group) of one attention tile.
    NT_ATTENTION_MAX_ROWS = 64,
};

/// The activation of a feed-forward.
typedef enum {
    NT_SILU = 0,
    NT_GELU_TANH = 1,
    /// x times the normal distribution's integral up to x.
    NT_GELU = 2,
    /// x * sigmoid(1.702 x).
    NT_QUICK_GELU = 3,
    NT_RELU = 4,
    NT_TANH = 5,
} nt_activation;

/// Which elements of a head a rotation pairs.
typedef enum {
    /// 2i with 2i + 1: GGUF files of the llama family.
    NT_ROPE_ADJACENT = 0,
    /// i with i + dims / 2: the "NeoX" layout.
    NT_ROPE_HALVES = 1,
} nt_rope_layout;

/// How keys and values are kept, see ops_cache_layout.h.
typedef enum {
    /// 16-bit integers, one scale for each position and head.
    NT_CACHE_16 = 0,
    /// 8-bit integers, one scale for each position and NT_SCALE_GROUP dimensions.
    NT_CACHE_8 = 1,
} nt_cache_type;

/// Keys and values of consecutive positions of one sequence and one key-value head, to be stored.
typedef struct {
    nt_cache_type type;
    int32_t head_dim;
    /// As in `nt_attention`.
    void *cache;
    int64_t shelf_stride;
    const int32_t *block_table;
    int64_t first_position;
    int64_t position_count;
    /// Positions are `stride` floats apart.
    const float *keys;
    const float *values;
    int64_t stride;
} nt_cache_run;

/// Consecutive positions of one sequence, for all query heads that share one key-value head.
///
/// Query row `r` is position `first_position + r / group`, head `r % group` of the group.
typedef struct {
    /// Element (position p, head h of the group, dimension d) is at `p * query_stride + h * head_dim + d`.
    const float *queries;
    int64_t query_stride;
    /// As `queries`.
    float *output;
    int64_t output_stride;
    int32_t position_count;
    int32_t group;
    int32_t head_dim;
    int64_t first_position;

    /// The cache of one layer and key-value head. Blocks stand side by side on shelves of `NT_SHELF_BLOCKS`, which are
    /// `shelf_stride` bytes apart.
    nt_cache_type type;
    const void *cache;
    int64_t shelf_stride;
    /// Entry i is the block of positions `i * NT_BLOCK_LENGTH ..< (i + 1) * NT_BLOCK_LENGTH`.
    const int32_t *block_table;
    /// For `attend_rows`, which reads no cache: the key and value of position 0, as floats; positions are `row_stride` floats
    /// apart.
    const float *keys, *values;
    int64_t row_stride;

    /// A position sees itself and those before it; otherwise all `length` positions.
    bool is_causal;
    int64_t length;
    /// A position sees those that are less than this away, itself included, to one side or both; 0 means all.
    int64_t window;
    /// Multiplies the product of query and key.
    float scale;
    /// Scores become `soft_cap * tanh(score / soft_cap)`; 0 means they stay.
    float soft_cap;
    /// Per head of the group, what is taken off the score per position of distance (ALiBi), or NULL.
    const float *slopes;
    /// Per head of the group, `bias_stride` floats apart, what is added to the score of a position that is `d` after the
    /// query's, at index `d`, for each `d` between positions of the sequence and up to the end of its last block; or NULL.
    const float *biases;
    int64_t bias_stride;
} nt_attention;

/// The float kernels of one instruction set.
typedef struct {
    /// out = in / sqrt(mean(in^2) + epsilon) * weight. `out` may be `in`.
    void (*rms_norm)(float *out, const float *in, const float *weight, int64_t width, float epsilon);
    /// out = (in - mean) / sqrt(variance + epsilon) * weight + bias. `bias` may be NULL, `out` may be `in`.
    void (*layer_norm)(float *out, const float *in, const float *weight, const float *bias, int64_t width,
                       float epsilon);
    /// out += in.
    void (*add)(float *out, const float *in, int64_t width);
    /// out *= factor.
    void (*scale)(float *out, float factor, int64_t width);
    /// out = activation(gate) * up. `out` may be `gate`.
    void (*gated)(float *out, const float *gate, const float *up, int64_t width, nt_activation activation);
    /// out = activation(in). `out` may be `in`.
    void (*activate)(float *out, const float *in, int64_t width, nt_activation activation);
    /// row = row held between -limit and limit.
    void (*clamp)(float *row, float limit, int64_t width);
    /// row = exp(row - max) / sum(exp(row - max)).
    void (*softmax)(float *row, int64_t width);
    /// row = soft_cap * tanh(row / soft_cap).
    void (*soft_cap)(float *row, float soft_cap, int64_t width);
    /// Rotates the first `dims` elements of each of `heads` heads, `head_dim` elements apart, by the angles of one
    /// row of `nt_rope_fill`.
    void (*rope)(float *row, const float *angles, int64_t heads, int64_t head_dim, int64_t dims, nt_rope_layout layout);
    /// Writes a run of positions to the cache. Each position's numbers are the same whatever the run.
    void (*store_run)(const nt_cache_run *run);
    /// All positions of a tile, start to finish.
    void (*attend)(const nt_attention *tile, float *workspace);
    /// The same for a text whose keys and values are all there as floats, and not in a cache.
    void (*attend_rows)(const nt_attention *tile, float *workspace);
    /// The parts of a tile that come from the positions of ranges `first ..< first + count` (NT_ATTENTION_RANGE positions
    /// each), unnormalised, one after the other to `partials` (`nt_attention_partial_floats` floats each).
    void (*attend_ranges)(
        const nt_attention *tile, int64_t first, int64_t count, float *partials, float *workspace);
    /// Merges the partials of ranges 0 ..< count, one after the other in `partials`, and writes the output.
    void (*attend_merge)(const nt_attention *tile, int64_t count, const float *partials, float *workspace);
} nt_ops;

/// The kernels of an instruction set, or NULL when the processor does not have it.
const nt_ops *nt_ops_for(nt_instruction_set set);

/// Fills the angles of one position for `nt_ops.rope`: `2 * dims` floats, cosines then sines.
///
/// `inverse_frequencies` has `dims / 2` elements, radians per position; `magnitude` multiplies cosines and sines: 1,
/// unless the model scales them (yarn).
void nt_rope_fill(float *angles, int64_t position, const float *inverse_frequencies, int64_t dims, float magnitude,
                  nt_rope_layout layout);

/// Bytes of the keys and values of one block and key-value head: a multiple of 64.
int64_t nt_cache_block_bytes(nt_cache_type type, int64_t head_dim);

/// Floats of workspace that the attention functions need for a tile of `rows` rows.
int64_t nt_attention_workspace_floats(nt_cache_type type, int64_t rows, int64_t head_dim);

/// Floats of workspace that `attend_rows` needs for a tile of `rows` rows.
int64_t nt_attention_row_workspace_floats(int64_t rows, int64_t head_dim);

/// Floats of one partial result of a tile of `rows` rows.
int64_t nt_attention_partial_floats(int64_t rows, int64_t head_dim);
