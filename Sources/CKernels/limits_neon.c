#include "limits_tables.h"

#if defined(__aarch64__)
#include <arm_neon.h>

// Sums in flight: up to four instructions per cycle of three or four cycles each.
enum { SUMS = 16 };

static uint64_t read_bytes(const uint8_t *bytes, size_t byte_count) {
    uint8x16_t all[8];
    for (int v = 0; v < 8; v++) all[v] = vdupq_n_u8(0);
    for (size_t i = 0; i < byte_count; i += sizeof all) {
        for (int v = 0; v < 8; v++) all[v] = vorrq_u8(all[v], vld1q_u8(bytes + i + 16 * (size_t)v));
    }
    for (int v = 1; v < 8; v++) all[0] = vorrq_u8(all[0], all[v]);
    return vmaxvq_u8(all[0]);
}

static uint64_t sum_of_integers(const int32x4_t sums[SUMS]) {
    uint64_t sum = 0;
    for (int s = 0; s < SUMS; s++) sum += vaddlvq_u32(vreinterpretq_u32_s32(sums[s]));
    return sum;
}

static uint64_t multiply_floats(size_t round_count) {
    enum { PER_TURN = SUMS * 4 };
    const float32x4_t w = vdupq_n_f32(1);
    float32x4_t x = w, sums[SUMS];
    for (int s = 0; s < SUMS; s++) sums[s] = vdupq_n_f32(0);
    for (size_t i = 0; i < round_count * (NT_LIMITS_ROUND / PER_TURN); i++) {
        NT_LIMITS_OPAQUE(x, "w");
        for (int s = 0; s < SUMS; s++) sums[s] = vfmaq_f32(sums[s], w, x);
    }
    double sum = 0;
    for (int s = 0; s < SUMS; s++) sum += (double)vaddvq_f32(sums[s]);
    return (uint64_t)sum;
}

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

static uint64_t multiply_integers_sdot(size_t round_count) {
    enum { PER_TURN = SUMS * 16 };
    const int8x16_t w = vdupq_n_s8(1);
    int8x16_t x = w;
    int32x4_t sums[SUMS];
    for (int s = 0; s < SUMS; s++) sums[s] = vdupq_n_s32(0);
    for (size_t i = 0; i < round_count * (NT_LIMITS_ROUND / PER_TURN); i++) {
        NT_LIMITS_OPAQUE(x, "w");
        for (int s = 0; s < SUMS; s++) sums[s] = vdotq_s32(sums[s], w, x);
    }
    return sum_of_integers(sums);
}

#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)

static uint64_t multiply_integers_usmmla(size_t round_count) {
    enum { PER_TURN = SUMS * 32 };
    const uint8x16_t w = vdupq_n_u8(1);
    int8x16_t x = vdupq_n_s8(1);
    int32x4_t sums[SUMS];
    for (int s = 0; s < SUMS; s++) sums[s] = vdupq_n_s32(0);
    for (size_t i = 0; i < round_count * (NT_LIMITS_ROUND / PER_TURN); i++) {
        NT_LIMITS_OPAQUE(x, "w");
        for (int s = 0; s < SUMS; s++) sums[s] = vusmmlaq_s32(sums[s], w, x);
    }
    return sum_of_integers(sums);
}

#pragma clang attribute pop

const nt_limits nt_limits_neondot = {
    .integer_instructions = "sdot",
    .read = read_bytes,
    .multiply_integers = multiply_integers_sdot,
    .multiply_floats = multiply_floats,
};

const nt_limits nt_limits_neoni8mm = {
    .integer_instructions = "usmmla",
    .read = read_bytes,
    .multiply_integers = multiply_integers_usmmla,
    .multiply_floats = multiply_floats,
};
#endif
