#pragma once

#include "nt_ops.h"

extern const nt_ops nt_ops_portable;
#if defined(__x86_64__)
extern const nt_ops nt_ops_avx2;
extern const nt_ops nt_ops_avx512;
#elif defined(__aarch64__)
extern const nt_ops nt_ops_neon;
#endif
