#pragma once

#include <stddef.h>
#include <stdint.h>

#include "nt_cpu.h"

/// Loops that do one thing as fast as an instruction set lets one thread do it: what the kernels are measured against.
///
/// They compute nothing useful. Each returns a number that depends on all its work, so that no compiler leaves any out
/// and a test can tell that it was done.
typedef struct nt_limits {
    /// The instructions that multiply integers, such as "vpdpbusd".
    const char *integer_instructions;
    /// Reads `byte_count` bytes, a multiple of `NT_LIMITS_READ_UNIT`, once and in order; 0 when all are zero.
    uint64_t (*read)(const uint8_t *bytes, size_t byte_count);
    /// Adds up `round_count` times `NT_LIMITS_ROUND` products of ones, 8-bit integers, in lanes of 32 bits.
    uint64_t (*multiply_integers)(size_t round_count);
    /// As `multiply_integers`, with 32-bit floats, which count exactly up to 2^24 in a lane.
    uint64_t (*multiply_floats)(size_t round_count);
} nt_limits;

enum {
    /// Reads are a multiple of so many bytes.
    NT_LIMITS_READ_UNIT = 512,
    /// Multiply-adds of one round: whole turns of every loop.
    NT_LIMITS_ROUND = 3 << 13,
};

/// The loops for an instruction set, or NULL when this processor or its operating system lacks it.
const nt_limits *nt_limits_for(nt_instruction_set set);
