#include "limits_tables.h"

#include <string.h>

const nt_limits *nt_limits_for(nt_instruction_set set) {
    // The kernels know what the processor can do.
    if (nt_kernels_for(set) == NULL) return NULL;
    switch (set) {
    case NT_SCALAR:
        return &nt_limits_scalar;
#if defined(__x86_64__)
    case NT_AVX2:
        return &nt_limits_avx2;
    case NT_AVXVNNI:
        return &nt_limits_avxvnni;
    case NT_AVX512VNNI:
    case NT_AVX512BF16:
        return &nt_limits_avx512vnni;
#elif defined(__aarch64__)
    case NT_NEONDOT:
        return &nt_limits_neondot;
    case NT_NEONI8MM:
        return &nt_limits_neoni8mm;
#endif
    default:
        return NULL;
    }
}

// MARK: - Plain C, which the compiler turns into whatever every processor of the architecture has

enum {
    LANES = 64,
    /// Few enough for the sums to stay in registers.
    FLOAT_LANES = 32,
};

static uint64_t read_bytes(const uint8_t *bytes, size_t byte_count) {
    uint64_t all[8] = {0};
    for (size_t i = 0; i < byte_count; i += sizeof all) {
        uint64_t words[8];
        memcpy(words, bytes + i, sizeof words);
        for (int w = 0; w < 8; w++) all[w] |= words[w];
    }
    return all[0] | all[1] | all[2] | all[3] | all[4] | all[5] | all[6] | all[7];
}

static uint64_t multiply_integers(size_t round_count) {
    int8_t a[LANES], b[LANES];
    memset(a, 1, sizeof a);
    memset(b, 1, sizeof b);
    uint64_t sum = 0;
    for (size_t i = 0; i < round_count * (NT_LIMITS_ROUND / LANES); i++) {
        // The arrays might have changed, so they are read and multiplied again.
        __asm__ volatile("" : : "r"(a), "r"(b) : "memory");
        int32_t dot = 0;
        for (int lane = 0; lane < LANES; lane++) dot += a[lane] * b[lane];
        sum += (uint32_t)dot;
    }
    return sum;
}

static uint64_t multiply_floats(size_t round_count) {
    float a[FLOAT_LANES], sums[FLOAT_LANES] = {0}, factor = 1;
    for (int lane = 0; lane < FLOAT_LANES; lane++) a[lane] = 1;
    for (size_t i = 0; i < round_count * (NT_LIMITS_ROUND / FLOAT_LANES); i++) {
        __asm__ volatile("" : "+m"(factor) : "r"(a) : "memory");
        for (int lane = 0; lane < FLOAT_LANES; lane++) sums[lane] += a[lane] * factor;
    }
    double total = 0;
    for (int lane = 0; lane < FLOAT_LANES; lane++) total += sums[lane];
    return (uint64_t)total;
}

const nt_limits nt_limits_scalar = {
    .integer_instructions = "plain C",
    .read = read_bytes,
    .multiply_integers = multiply_integers,
    .multiply_floats = multiply_floats,
};
