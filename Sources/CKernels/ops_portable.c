#include "ops_tables.h"

// clang-format off: the vocabulary comes before the kernels that use it.
#include "ops_vector_portable.h"
#include "ops_rows.h"
#include "ops_attention.h"

const nt_ops nt_ops_portable = NT_OPS_TABLE;
