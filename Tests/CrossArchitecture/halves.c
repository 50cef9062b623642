#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

// Conversions between f16 and f32, against arithmetic in double precision.

enum { HALVES = 1 << 16, LARGEST = 0x7BFF };

/// The value of a finite f16.
static double value_of(uint16_t half) {
    const int exponent = (half >> 10) & 31, fraction = half & 1023;
    const double magnitude = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
    return half & 0x8000 ? -magnitude : magnitude;
}

static void check_widening(const nt_ops *ops, const char *name) {
    const guarded halves = guarded_memory(HALVES * sizeof(uint16_t), 1);
    const guarded floats = guarded_memory(HALVES * sizeof(float), 1);
    uint16_t *in = halves.bytes;
    float *out = floats.bytes;
    for (int i = 0; i < HALVES; i++) in[i] = (uint16_t)i;
    ops->f16_to_f32(out, in, HALVES);
    for (int i = 0; i < HALVES; i++) {
        const bool is_finite = (i & 0x7C00) != 0x7C00, is_nan = !is_finite && (i & 0x3FF) != 0;
        const double wanted = is_finite ? value_of((uint16_t)i) : is_nan ? NAN : i & 0x8000 ? -INFINITY : INFINITY;
        if (!is_same(out[i], (float)wanted)) fail("%s: f16 %04x is %a", name, i, (double)out[i]);
    }
    uint16_t *back = calloc(HALVES, sizeof *back);
    ops->f32_to_f16(back, out, HALVES);
    for (int i = 0; i < HALVES; i++) {
        if ((i & 0x7C00) != 0x7C00 && back[i] != i) fail("%s: f16 %04x comes back as %04x", name, i, back[i]);
        if ((i & 0x7FFF) > 0x7C00 && (back[i] & 0x7FFF) <= 0x7C00) fail("%s: a NaN becomes %04x", name, back[i]);
    }
    free(back);
    release(halves);
    release(floats);
}

/// Whether `half` is the nearest f16 to `value`, ties to even, and the largest for what is larger.
static bool is_nearest(uint16_t half, float value) {
    const uint16_t magnitude = half & 0x7FFF;
    if (magnitude > LARGEST || (half >> 15) != (signbit(value) != 0)) return false;
    const double x = fmin(fabs((double)value), 65504), error = fabs(value_of(magnitude) - x);
    const double below = magnitude > 0 ? fabs(value_of(magnitude - 1) - x) : INFINITY;
    const double above = magnitude < LARGEST ? fabs(value_of(magnitude + 1) - x) : INFINITY;
    if (error > below || error > above) return false;
    return (error < below && error < above) || magnitude % 2 == 0;
}

static void check_rounding(const nt_ops *ops, const char *name) {
    enum { COUNT = 20003 };
    const float special[] = {
        65504, 65519, 65520, -65520, 1e9f, -INFINITY, INFINITY, 0x1p-24f, 0x1p-25f, 0x1.8p-25f, -0x1p-26f, 0, -0.0f,
    };
    const guarded floats = guarded_memory(COUNT * sizeof(float), 1);
    const guarded halves = guarded_memory(COUNT * sizeof(uint16_t), 1);
    float *in = floats.bytes;
    uint16_t *out = halves.bytes;
    random_source source = {.state = 6};
    for (int i = 0; i < COUNT; i++) {
        // Exponents about those of f16; one in four is the middle between two of them.
        const uint64_t random = next_bits(&source);
        const uint32_t exponent = 127 - 28 + (uint32_t)(random >> 40) % 46;
        uint32_t bits = ((uint32_t)random & 0x807FFFFF) | exponent << 23;
        if (i % 4 == 0) bits = (bits & 0xFFFFF000) | 0x1000;
        memcpy(&in[i], &bits, sizeof bits);
    }
    memcpy(in, special, sizeof special);
    ops->f32_to_f16(out, in, COUNT);
    for (int i = 0; i < COUNT; i++) {
        if (!is_nearest(out[i], in[i])) fail("%s: %a rounds to f16 %04x", name, (double)in[i], out[i]);
    }
    release(floats);
    release(halves);
}

void check_halves(void) {
    for (int set = 0; set < NT_INSTRUCTION_SET_COUNT; set++) {
        if (tables[set] == NULL) continue;
        const nt_ops *ops = nt_ops_for((nt_instruction_set)set);
        check_widening(ops, nt_kernels_name(tables[set]));
        check_rounding(ops, nt_kernels_name(tables[set]));
    }
}
