#include "ops_tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "ops_workspace.h"

// clang-format off: the vocabulary comes before the kernels that use it.
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"))), apply_to = function)
#include "ops_vector_avx512.h"
#include "ops_rows.h"
#include "ops_attention.h"
#pragma clang attribute pop

const nt_ops nt_ops_avx512 = NT_OPS_TABLE;
#endif
