#pragma once

#include <stdbool.h>

/// The kernels for one instruction set.
typedef struct nt_kernel_table nt_kernel_table;

/// An instruction set that kernels exist for, worst first.
typedef enum nt_instruction_set {
    NT_SCALAR = 0,
    NT_AVX2 = 1,
    NT_AVX512VNNI = 2,
} nt_instruction_set;

enum { NT_INSTRUCTION_SET_COUNT = 3 };

/// The kernels for an instruction set, or NULL when this processor or its operating system lacks it.
const nt_kernel_table *nt_kernels_for(nt_instruction_set set);

/// "scalar", "avx2" or "avx512vnni".
const char *nt_kernels_name(const nt_kernel_table *kernels);
