#include "ops_tables.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "ops_workspace.h"

// clang-format off: the vocabulary comes before the kernels that use it.
#include "ops_vector_neon.h"
#include "ops_rows.h"
#include "ops_attention.h"

const nt_ops nt_ops_neon = NT_OPS_TABLE;
#endif
