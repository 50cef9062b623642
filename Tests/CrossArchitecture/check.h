#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ckernels.h"

// What every check of this program uses: failures, random numbers, and memory that ends at a page nobody may touch.

/// Counts a failure and prints it; after 20 only counts.
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// How many failures there have been.
int failure_count(void);

/// Whether `actual` is within `tolerance` of `expected`, relative to the larger of 1 and the expected value.
bool is_close(double actual, double expected, double tolerance);

/// The same bits, or both not a number.
bool is_same(float a, float b);

/// Random numbers from a fixed seed (SplitMix64).
typedef struct {
    uint64_t state;
} random_source;

uint64_t next_bits(random_source *source);
/// About normal.
float next_float(random_source *source);
void fill_random(random_source *source, float *values, int64_t count, float scale);

/// `byte_count` bytes that end, up to `alignment`, where a page begins that may not be touched.
typedef struct {
    void *bytes;
    void *mapping;
    size_t mapped_byte_count;
} guarded;

guarded guarded_memory(size_t byte_count, size_t alignment);
void release(guarded memory);

/// The tables of this processor, `nt_instruction_set` by `nt_instruction_set`; NULL where there is none.
extern const nt_kernel_table *tables[NT_INSTRUCTION_SET_COUNT];

// The checks. Each goes over all tables.
void check_products(void);
void check_activations(void);
void check_row_operations(void);
void check_attention(void);
void check_pool(void);
void check_limits(void);
