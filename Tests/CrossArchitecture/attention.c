#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

// Attention of one key-value head against its definition in double precision, and its bits in tiles of every length.

typedef struct {
    int32_t group, head_length;
    int64_t length;
    int64_t window;
    float soft_cap;
    bool is_causal, has_slopes;
} attention_case;

static const attention_case cases[] = {
    {.group = 1, .head_length = 64, .length = 1, .is_causal = true},
    {.group = 3, .head_length = 64, .length = 33, .is_causal = true},
    {.group = 7, .head_length = 20, .length = 64, .is_causal = true},
    {.group = 1, .head_length = 6, .length = 40, .is_causal = true},
    {.group = 2, .head_length = 80, .length = 97, .is_causal = true, .window = 35},
    {.group = 4, .head_length = 32, .length = 45, .is_causal = true, .soft_cap = 3},
    {.group = 2, .head_length = 32, .length = 60, .is_causal = true, .has_slopes = true},
    {.group = 2, .head_length = 48, .length = 45, .is_causal = false},
    {.group = 1, .head_length = 512, .length = 5, .is_causal = true},
    {.group = 3, .head_length = 16, .length = 1060, .is_causal = true},
    {.group = 2, .head_length = 16, .length = 1060, .is_causal = true, .window = 540},
};

static const float slopes[] = {0.25f, 0.0625f};

/// A case with its numbers: queries and output are [position][head][dimension], keys and values [position][dimension].
typedef struct {
    attention_case c;
    const nt_ops *ops;
    const char *name;
    nt_cache_type type;
    float *queries, *keys, *values;
    char *cache;
    int64_t block_bytes;
    int32_t *block_table;
} sample;

static float *random_floats(random_source *source, int64_t count) {
    float *values = malloc((size_t)count * sizeof *values);
    fill_random(source, values, count, 1);
    return values;
}

/// Whole shelves for three times the blocks that the length takes.
static int64_t cache_blocks(const sample *s) {
    const int64_t blocks = 3 * ((s->c.length + NT_BLOCK_LENGTH - 1) / NT_BLOCK_LENGTH);
    return (blocks + NT_SHELF_BLOCKS - 1) / NT_SHELF_BLOCKS * NT_SHELF_BLOCKS;
}

/// Blocks lie in a shuffled order, and scales that no position has stored are no numbers, as freed blocks may hold.
/// Positions are stored in runs of `run_length`.
static void fill_cache(sample *s, int64_t run_length) {
    const int64_t blocks = (s->c.length + NT_BLOCK_LENGTH - 1) / NT_BLOCK_LENGTH, n = s->c.head_length;
    s->block_bytes = nt_cache_block_bytes(s->type, n);
    s->block_table = malloc((size_t)blocks * sizeof *s->block_table);
    s->cache = aligned_alloc(64, (size_t)(cache_blocks(s) * s->block_bytes));
    memset(s->cache, 0xFF, (size_t)(cache_blocks(s) * s->block_bytes));
    for (int64_t i = 0; i < blocks; i++) s->block_table[i] = (int32_t)((blocks - 1 - i) * 3 + i % 3);
    for (int64_t p = 0; p < s->c.length; p += run_length) {
        const nt_cache_run run = {
            .type = s->type, .head_dim = (int32_t)n, .cache = s->cache, .shelf_stride = NT_SHELF_BLOCKS * s->block_bytes,
            .block_table = s->block_table, .first_position = p,
            .position_count = s->c.length - p < run_length ? s->c.length - p : run_length,
            .keys = s->keys + p * n, .values = s->values + p * n, .stride = n,
        };
        s->ops->store_run(&run);
    }
}

static sample make_sample(attention_case c, nt_instruction_set set, nt_cache_type type) {
    random_source source = {.state = 7};
    sample s = {.c = c, .ops = nt_ops_for(set), .name = nt_kernels_name(tables[set]), .type = type};
    s.queries = random_floats(&source, c.length * c.group * c.head_length);
    s.keys = random_floats(&source, c.length * c.head_length);
    s.values = random_floats(&source, c.length * c.head_length);
    fill_cache(&s, c.length);
    return s;
}

/// Whether positions stored one by one leave the same bytes.
static void check_runs(const sample *s) {
    sample other = *s;
    fill_cache(&other, 1);
    if (memcmp(s->cache, other.cache, (size_t)(cache_blocks(s) * s->block_bytes)) != 0) {
        fail("%s: %d positions stored together and one by one differ", s->name, (int)s->c.length);
    }
    free(other.cache);
    free(other.block_table);
}

static void release_sample(sample s) {
    free(s.queries);
    free(s.keys);
    free(s.values);
    free(s.cache);
    free(s.block_table);
}

static float *nan_floats(int64_t count) {
    float *floats = malloc((size_t)count * sizeof *floats);
    for (int64_t i = 0; i < count; i++) floats[i] = NAN;
    return floats;
}

static void attend_in_ranges(const sample *s, const nt_attention *tile, float *workspace) {
    const int64_t ranges = (s->c.length + NT_ATTENTION_RANGE - 1) / NT_ATTENTION_RANGE;
    const int64_t floats = nt_attention_partial_floats((int64_t)tile->position_count * tile->group, tile->head_dim);
    float *partials = nan_floats(ranges * floats);
    for (int64_t range = ranges - 1; range >= 0; range--) {
        s->ops->attend_ranges(tile, range, 1, partials + range * floats, workspace);
    }
    s->ops->attend_merge(tile, ranges, partials, workspace);
    free(partials);
}

/// How attention of a tile is computed.
typedef enum {
    WHOLE,
    /// In ranges, which are merged.
    SPLIT,
    /// From keys and values where they are, without a cache.
    IN_ROWS,
} attention_way;

/// The output of all positions, in tiles of `tile_length`.
static float *attend(const sample *s, int32_t tile_length, attention_way way) {
    const int64_t stride = (int64_t)s->c.group * s->c.head_length;
    float *output = nan_floats(s->c.length * stride);
    float *workspace = nan_floats(
        way == IN_ROWS ? nt_attention_row_workspace_floats(NT_ATTENTION_MAX_ROWS, s->c.head_length)
                       : nt_attention_workspace_floats(s->type, NT_ATTENTION_MAX_ROWS, s->c.head_length));
    for (int64_t first = 0; first < s->c.length; first += tile_length) {
        const int64_t left = s->c.length - first;
        const nt_attention tile = {
            .queries = s->queries + first * stride, .query_stride = stride,
            .output = output + first * stride, .output_stride = stride,
            .position_count = left < tile_length ? (int32_t)left : tile_length,
            .group = s->c.group, .head_dim = s->c.head_length, .first_position = first,
            .type = s->type, .cache = s->cache, .shelf_stride = NT_SHELF_BLOCKS * s->block_bytes,
            .block_table = s->block_table, .keys = s->keys, .values = s->values, .row_stride = s->c.head_length,
            .is_causal = s->c.is_causal, .length = s->c.length,
            .window = s->c.window, .scale = 1 / sqrtf((float)s->c.head_length), .soft_cap = s->c.soft_cap,
            .slopes = s->c.has_slopes ? slopes : NULL,
        };
        switch (way) {
        case WHOLE: s->ops->attend(&tile, workspace); break;
        case SPLIT: attend_in_ranges(s, &tile, workspace); break;
        case IN_ROWS: s->ops->attend_rows(&tile, workspace); break;
        }
    }
    free(workspace);
    return output;
}

static double score(const sample *s, int64_t position, int32_t head, int64_t other) {
    const int64_t n = s->c.head_length;
    const float *query = s->queries + (position * s->c.group + head) * n;
    double sum = 0;
    for (int64_t d = 0; d < n; d++) sum += (double)query[d] * (double)s->keys[other * n + d];
    sum /= sqrt((double)n);
    if (s->c.soft_cap > 0) sum = (double)s->c.soft_cap * tanh(sum / (double)s->c.soft_cap);
    return s->c.has_slopes ? sum + (double)slopes[head] * (double)(other - position) : sum;
}

static void check_row(const sample *s, const float *output, int64_t position, int32_t head, double tolerance) {
    const int64_t n = s->c.head_length, window = s->c.window > 0 ? s->c.window : s->c.length;
    const int64_t begin = s->c.is_causal && position >= window ? position - window + 1 : 0;
    const int64_t end = s->c.is_causal ? position + 1 : s->c.length;
    double highest = -INFINITY, sum = 0, expected[NT_MAX_HEAD_DIM] = {0}, scores[1100];
    for (int64_t p = begin; p < end; p++) highest = fmax(highest, scores[p] = score(s, position, head, p));
    for (int64_t p = begin; p < end; p++) {
        const double weight = exp(scores[p] - highest);
        sum += weight;
        for (int64_t d = 0; d < n; d++) expected[d] += weight * (double)s->values[p * n + d];
    }
    const float *row = output + (position * s->c.group + head) * n;
    for (int64_t d = 0; d < n; d++) {
        if (is_close((double)row[d], expected[d] / sum, tolerance)) continue;
        fail("%s: attention over %d positions: position %d head %d dimension %d is %g, expected %g", s->name,
             (int)s->c.length, (int)position, (int)head, (int)d, (double)row[d], expected[d] / sum);
        return;
    }
}

static void check_rows(const sample *s, const float *output, double tolerance) {
    // All positions of a short context; those about the borders of ranges of a long one.
    const int64_t step = s->c.length > 200 ? 73 : 1;
    for (int64_t position = 0; position < s->c.length; position += step) {
        for (int32_t head = 0; head < s->c.group; head++) check_row(s, output, position, head, tolerance);
    }
}

static void check_case(attention_case c, nt_instruction_set set, nt_cache_type type) {
    sample s = make_sample(c, set, type);
    check_runs(&s);
    float *output = attend(&s, 1, WHOLE);
    check_rows(&s, output, type == NT_CACHE_16 ? 6e-4 : 2e-2);
    const size_t bytes = (size_t)(c.length * c.group * c.head_length) * sizeof(float);
    const int32_t tile_lengths[] = {5, NT_ATTENTION_MAX_ROWS / c.group};
    for (int i = 0; i < 3; i++) {
        const int32_t tile_length = tile_lengths[i % 2];
        float *other = attend(&s, tile_length, i == 2 ? SPLIT : WHOLE);
        if (memcmp(other, output, bytes) != 0) fail("%s: tiles of %d positions differ", s.name, (int)tile_length);
        free(other);
    }
    free(output);
    release_sample(s);
}

/// The same without a cache.
static void check_case_in_rows(attention_case c, nt_instruction_set set) {
    sample s = make_sample(c, set, NT_CACHE_16);
    float *output = attend(&s, 1, IN_ROWS);
    check_rows(&s, output, 1e-5);
    const size_t bytes = (size_t)(c.length * c.group * c.head_length) * sizeof(float);
    const int32_t tile_length = NT_ATTENTION_MAX_ROWS / c.group;
    float *other = attend(&s, tile_length, IN_ROWS);
    if (memcmp(other, output, bytes) != 0) fail("%s: tiles of %d rows differ", s.name, (int)tile_length);
    free(other);
    free(output);
    release_sample(s);
}

void check_attention(void) {
    for (int set = 0; set < NT_INSTRUCTION_SET_COUNT; set++) {
        if (tables[set] == NULL) continue;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            check_case(cases[i], (nt_instruction_set)set, NT_CACHE_16);
            check_case(cases[i], (nt_instruction_set)set, NT_CACHE_8);
            check_case_in_rows(cases[i], (nt_instruction_set)set);
        }
    }
}
