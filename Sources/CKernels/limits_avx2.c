#include "limits_tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

static uint64_t any_bit(__m256i value) {
    return (uint64_t)_mm256_extract_epi64(value, 0) | (uint64_t)_mm256_extract_epi64(value, 1)
        | (uint64_t)_mm256_extract_epi64(value, 2) | (uint64_t)_mm256_extract_epi64(value, 3);
}

static uint64_t read_bytes(const uint8_t *bytes, size_t byte_count) {
    __m256i all[8];
    for (int v = 0; v < 8; v++) all[v] = _mm256_setzero_si256();
    for (size_t i = 0; i < byte_count; i += sizeof all) {
        for (int v = 0; v < 8; v++) {
            const __m256i *vector = (const __m256i *)(const void *)(bytes + i + 32 * (size_t)v);
            all[v] = _mm256_or_si256(all[v], _mm256_loadu_si256(vector));
        }
    }
    for (int v = 1; v < 8; v++) all[0] = _mm256_or_si256(all[0], all[v]);
    return any_bit(all[0]);
}

static uint64_t sum_of_integers(__m256i value) {
    uint32_t lanes[8];
    _mm256_storeu_si256((__m256i *)(void *)lanes, value);
    uint64_t sum = 0;
    for (int lane = 0; lane < 8; lane++) sum += lanes[lane];
    return sum;
}

static double sum_of_floats(__m256 value) {
    float lanes[8];
    _mm256_storeu_ps(lanes, value);
    double sum = 0;
    for (int lane = 0; lane < 8; lane++) sum += lanes[lane];
    return sum;
}

/// As the kernels do it for levels of up to five bits, which take the fewest instructions: four products added in 16
/// bits, then widened.
static uint64_t multiply_integers(size_t round_count) {
    enum { DEPTH = 4, COUNT = 4, PER_TURN = COUNT * DEPTH * 32 };
    const __m256i ones = _mm256_set1_epi16(1), w = _mm256_set1_epi8(1);
    __m256i x = w, sums[COUNT];
    for (int s = 0; s < COUNT; s++) sums[s] = _mm256_setzero_si256();
    for (size_t i = 0; i < round_count * (NT_LIMITS_ROUND / PER_TURN); i++) {
        for (int s = 0; s < COUNT; s++) {
            __m256i narrow = _mm256_setzero_si256();
            for (int d = 0; d < DEPTH; d++) {
                NT_LIMITS_OPAQUE(x, "x");
                const __m256i pairs = _mm256_maddubs_epi16(w, x);
                narrow = d == 0 ? pairs : _mm256_add_epi16(narrow, pairs);
            }
            sums[s] = _mm256_add_epi32(sums[s], _mm256_madd_epi16(narrow, ones));
        }
    }
    uint64_t sum = 0;
    for (int s = 0; s < COUNT; s++) sum += sum_of_integers(sums[s]);
    return sum;
}

static uint64_t multiply_floats(size_t round_count) {
    // Two instructions per cycle of up to five cycles each, in 16 registers.
    enum { COUNT = 12, PER_TURN = COUNT * 8 };
    const __m256 w = _mm256_set1_ps(1);
    __m256 x = w, sums[COUNT];
    for (int s = 0; s < COUNT; s++) sums[s] = _mm256_setzero_ps();
    for (size_t i = 0; i < round_count * (NT_LIMITS_ROUND / PER_TURN); i++) {
        NT_LIMITS_OPAQUE(x, "x");
        for (int s = 0; s < COUNT; s++) sums[s] = _mm256_fmadd_ps(w, x, sums[s]);
    }
    double sum = 0;
    for (int s = 0; s < COUNT; s++) sum += sum_of_floats(sums[s]);
    return (uint64_t)sum;
}

#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)

static uint64_t multiply_integers_vnni(size_t round_count) {
    enum { COUNT = 12, PER_TURN = COUNT * 32 };
    const __m256i w = _mm256_set1_epi8(1);
    __m256i x = w, sums[COUNT];
    for (int s = 0; s < COUNT; s++) sums[s] = _mm256_setzero_si256();
    for (size_t i = 0; i < round_count * (NT_LIMITS_ROUND / PER_TURN); i++) {
        NT_LIMITS_OPAQUE(x, "x");
        for (int s = 0; s < COUNT; s++) sums[s] = _mm256_dpbusd_avx_epi32(sums[s], w, x);
    }
    uint64_t sum = 0;
    for (int s = 0; s < COUNT; s++) sum += sum_of_integers(sums[s]);
    return sum;
}

#pragma clang attribute pop

const nt_limits nt_limits_avxvnni = {
    .integer_instructions = "vpdpbusd, 256 bits",
    .read = read_bytes,
    .multiply_integers = multiply_integers_vnni,
    .multiply_floats = multiply_floats,
};

const nt_limits nt_limits_avx2 = {
    .integer_instructions = "vpmaddubsw, vpmaddwd",
    .read = read_bytes,
    .multiply_integers = multiply_integers,
    .multiply_floats = multiply_floats,
};
#endif
