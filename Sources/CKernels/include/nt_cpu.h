#pragma once

#include <stdbool.h>

/// The kernels for one instruction set.
typedef struct nt_kernel_table nt_kernel_table;

/// An instruction set that kernels exist for, worst first.
typedef enum nt_instruction_set {
    NT_SCALAR = 0,
    /// x86-64.
    NT_AVX2 = 1,
    /// x86-64 with the dot product instructions for 256-bit registers.
    NT_AVXVNNI = 2,
    NT_AVX512VNNI = 3,
    /// The same, and dot products of bfloat16.
    NT_AVX512BF16 = 4,
    /// arm64 with the dot product instructions (Armv8.2 and later).
    NT_NEONDOT = 5,
    /// arm64 with the 8-bit matrix multiply extension as well (Armv8.6 and later).
    NT_NEONI8MM = 6,
} nt_instruction_set;

enum { NT_INSTRUCTION_SET_COUNT = 7 };

/// The kernels for an instruction set, or NULL when this processor or its operating system lacks it.
const nt_kernel_table *nt_kernels_for(nt_instruction_set set);

/// "scalar", "avx2", "avxvnni", "avx512vnni", "avx512bf16", "neondot" or "neoni8mm".
const char *nt_kernels_name(const nt_kernel_table *kernels);
