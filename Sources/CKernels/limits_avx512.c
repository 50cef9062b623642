#include "limits_tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), apply_to = function)

enum {
    /// Sums in flight: two instructions per cycle of up to five cycles each.
    SUMS = 16,
};

static uint64_t read_bytes(const uint8_t *bytes, size_t byte_count) {
    __m512i all[8];
    for (int v = 0; v < 8; v++) all[v] = _mm512_setzero_si512();
    for (size_t i = 0; i < byte_count; i += sizeof all) {
        for (int v = 0; v < 8; v++) {
            all[v] = _mm512_or_si512(all[v], _mm512_loadu_si512(bytes + i + 64 * (size_t)v));
        }
    }
    for (int v = 1; v < 8; v++) all[0] = _mm512_or_si512(all[0], all[v]);
    return (uint64_t)_mm512_reduce_or_epi64(all[0]);
}

static uint64_t multiply_integers(size_t round_count) {
    enum { PER_TURN = SUMS * 64 };
    const __m512i w = _mm512_set1_epi8(1);
    __m512i x = w, sums[SUMS];
    for (int s = 0; s < SUMS; s++) sums[s] = _mm512_setzero_si512();
    for (size_t i = 0; i < round_count * (NT_LIMITS_ROUND / PER_TURN); i++) {
        NT_LIMITS_OPAQUE(x, "v");
        for (int s = 0; s < SUMS; s++) sums[s] = _mm512_dpbusd_epi32(sums[s], w, x);
    }
    uint32_t lanes[SUMS][16];
    uint64_t sum = 0;
    for (int s = 0; s < SUMS; s++) {
        _mm512_storeu_si512(lanes[s], sums[s]);
        for (int lane = 0; lane < 16; lane++) sum += lanes[s][lane];
    }
    return sum;
}

static uint64_t multiply_floats(size_t round_count) {
    enum { PER_TURN = SUMS * 16 };
    const __m512 w = _mm512_set1_ps(1);
    __m512 x = w, sums[SUMS];
    for (int s = 0; s < SUMS; s++) sums[s] = _mm512_setzero_ps();
    for (size_t i = 0; i < round_count * (NT_LIMITS_ROUND / PER_TURN); i++) {
        NT_LIMITS_OPAQUE(x, "v");
        for (int s = 0; s < SUMS; s++) sums[s] = _mm512_fmadd_ps(w, x, sums[s]);
    }
    float lanes[SUMS][16];
    double sum = 0;
    for (int s = 0; s < SUMS; s++) {
        _mm512_storeu_ps(lanes[s], sums[s]);
        for (int lane = 0; lane < 16; lane++) sum += lanes[s][lane];
    }
    return (uint64_t)sum;
}

#pragma clang attribute pop

const nt_limits nt_limits_avx512vnni = {
    .integer_instructions = "vpdpbusd",
    .read = read_bytes,
    .multiply_integers = multiply_integers,
    .multiply_floats = multiply_floats,
};
#endif
