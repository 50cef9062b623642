#include <string.h>

#include "check.h"

// The loops that limits are measured with do all the work that they are said to do.

static void check_counts(const nt_limits *limits, const char *name) {
    for (size_t rounds = 0; rounds < 4; rounds++) {
        const uint64_t expected = rounds * NT_LIMITS_ROUND;
        if (limits->multiply_integers(rounds) != expected) fail("%s: integer products of %zu rounds", name, rounds);
        if (limits->multiply_floats(rounds) != expected) fail("%s: float products of %zu rounds", name, rounds);
    }
}

static void check_reads(const nt_limits *limits, const char *name) {
    const size_t byte_count = 3 * NT_LIMITS_READ_UNIT;
    const guarded memory = guarded_memory(byte_count, 64);
    uint8_t *bytes = memory.bytes;
    memset(bytes, 0, byte_count);
    if (limits->read(bytes, byte_count) != 0) fail("%s: zeros were read as something else", name);
    for (size_t i = 0; i < byte_count; i++) {
        bytes[i] = (uint8_t)(1u << i % 8);
        if (limits->read(bytes, byte_count) == 0) fail("%s: byte %zu was not read", name, i);
        bytes[i] = 0;
    }
    release(memory);
}

void check_limits(void) {
    for (int set = 0; set < NT_INSTRUCTION_SET_COUNT; set++) {
        const nt_limits *limits = nt_limits_for((nt_instruction_set)set);
        if ((limits == NULL) != (tables[set] == NULL)) fail("limits of instruction set %d", set);
        if (limits == NULL) continue;
        check_counts(limits, nt_kernels_name(tables[set]));
        check_reads(limits, nt_kernels_name(tables[set]));
    }
}
