#pragma once

#include "nt_limits.h"

extern const nt_limits nt_limits_scalar;
#if defined(__x86_64__)
extern const nt_limits nt_limits_avx2;
extern const nt_limits nt_limits_avxvnni;
extern const nt_limits nt_limits_avx512vnni;
#elif defined(__aarch64__)
extern const nt_limits nt_limits_neondot;
extern const nt_limits nt_limits_neoni8mm;
#endif

/// Makes the compiler believe that a vector register has changed, so that nothing is taken out of a loop.
#define NT_LIMITS_OPAQUE(value, register_class) __asm__ volatile("" : "+" register_class(value))
