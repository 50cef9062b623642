#include "nt_cpu.h"

#include <stddef.h>

#include "matmul_layout.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdint.h>

typedef struct {
    uint32_t eax, ebx, ecx, edx;
} cpuid_registers;

static cpuid_registers cpuid(uint32_t leaf, uint32_t subleaf) {
    cpuid_registers registers = {0};
    __get_cpuid_count(leaf, subleaf, &registers.eax, &registers.ebx, &registers.ecx, &registers.edx);
    return registers;
}

static bool has_bits(uint32_t value, uint32_t bits) {
    return (value & bits) == bits;
}

/// Which register files the operating system saves (XCR0); 0 when it does not say.
static uint32_t saved_state(void) {
    enum { OSXSAVE = 1u << 27 };
    if (!has_bits(cpuid(1, 0).ecx, OSXSAVE)) return 0;
    uint32_t low, high;
    // The instruction is spelled out because its intrinsic needs a target feature of its own.
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static bool has_avx2(void) {
    const uint32_t leaf1 = (1u << 12) | (1u << 28) | (1u << 29);  // FMA, AVX, F16C
    const uint32_t leaf7 = 1u << 5;                               // AVX2
    const uint32_t state = (1u << 1) | (1u << 2);                 // XMM, YMM
    return has_bits(saved_state(), state) && has_bits(cpuid(1, 0).ecx, leaf1) && has_bits(cpuid(7, 0).ebx, leaf7);
}

static bool has_avxvnni(void) {
    const uint32_t eax = 1u << 4;
    // Leaf 7 says in subleaf 0 how many more it has; one that is not there answers with another's bits.
    return has_avx2() && cpuid(7, 0).eax >= 1 && has_bits(cpuid(7, 1).eax, eax);
}

static bool has_avx512vnni(void) {
    const uint32_t ebx = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);  // F, DQ, BW, VL
    const uint32_t ecx = 1u << 11;                                           // VNNI
    const uint32_t state = (1u << 5) | (1u << 6) | (1u << 7);                // mask, upper ZMM, ZMM 16-31
    const cpuid_registers leaf7 = cpuid(7, 0);
    return has_avx2() && has_bits(saved_state(), state) && has_bits(leaf7.ebx, ebx) && has_bits(leaf7.ecx, ecx);
}

static bool has_avx512bf16(void) {
    const uint32_t eax = 1u << 5;
    return has_avx512vnni() && cpuid(7, 0).eax >= 1 && has_bits(cpuid(7, 1).eax, eax);
}
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>

// Headers older than Linux 5.10 do not name it.
#ifndef HWCAP2_I8MM
#define HWCAP2_I8MM (1 << 13)
#endif

// The kernel reports what the processor has and what it saves the registers of. Vectors are part of arm64.

static bool has_neondot(void) {
    return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
}

static bool has_neoni8mm(void) {
    return has_neondot() && (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
}
#endif

const nt_kernel_table *nt_kernels_for(nt_instruction_set set) {
    switch (set) {
    case NT_SCALAR:
        return &nt_kernels_scalar;
#if defined(__x86_64__)
    case NT_AVX2:
        return has_avx2() ? &nt_kernels_avx2 : NULL;
    case NT_AVXVNNI:
        return has_avxvnni() ? &nt_kernels_avxvnni : NULL;
    case NT_AVX512VNNI:
        return has_avx512vnni() ? &nt_kernels_avx512vnni : NULL;
    case NT_AVX512BF16:
        return has_avx512bf16() ? &nt_kernels_avx512bf16 : NULL;
#elif defined(__aarch64__)
    case NT_NEONDOT:
        return has_neondot() ? &nt_kernels_neondot : NULL;
    case NT_NEONI8MM:
        return has_neoni8mm() ? &nt_kernels_neoni8mm : NULL;
#endif
    default:
        return NULL;
    }
}

const char *nt_kernels_name(const nt_kernel_table *kernels) {
    return kernels->name;
}
