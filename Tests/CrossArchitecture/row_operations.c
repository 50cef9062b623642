#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

// Each operation on rows against its definition in double precision, on lengths around the borders of vectors, with
// memory that ends where a row does.

static const int64_t lengths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 67, 576};

enum { MOST = 576, ROPE_HEADS = 3 };

/// Random rows, and the same for the definition.
typedef struct {
    const nt_ops *ops;
    const char *name;
    int64_t count;
    guarded memory[4];
    float *out, *in, *weight, *bias;
    double expected[MOST];
} rows;

static void compare(const rows *r, const char *operation, double tolerance) {
    for (int64_t i = 0; i < r->count; i++) {
        if (is_close((double)r->out[i], r->expected[i], tolerance)) continue;
        fail("%s: %s of %d: element %d is %g, expected %g", r->name, operation, (int)r->count, (int)i,
             (double)r->out[i], r->expected[i]);
        return;
    }
}

static void check_norms(rows *r) {
    double mean = 0, squares = 0, variance = 0;
    const double count = (double)r->count;
    for (int64_t i = 0; i < r->count; i++) {
        mean += (double)r->in[i] / count;
        squares += (double)r->in[i] * (double)r->in[i] / count;
    }
    for (int64_t i = 0; i < r->count; i++) variance += pow((double)r->in[i] - mean, 2) / count;

    r->ops->rms_norm(r->out, r->in, r->weight, r->count, 1e-5f);
    for (int64_t i = 0; i < r->count; i++) {
        r->expected[i] = (double)r->in[i] * (double)r->weight[i] / sqrt(squares + 1e-5);
    }
    compare(r, "rms_norm", 2e-6);

    // Of a single element nothing but rounding is left, divided by almost nothing.
    const double tolerance = r->count == 1 ? 2e-3 : 2e-5;
    for (int has_bias = 0; has_bias < 2; has_bias++) {
        r->ops->layer_norm(r->out, r->in, r->weight, has_bias ? r->bias : NULL, r->count, 1e-5f);
        for (int64_t i = 0; i < r->count; i++) {
            r->expected[i] = ((double)r->in[i] - mean) / sqrt(variance + 1e-5) * (double)r->weight[i];
            if (has_bias) r->expected[i] += (double)r->bias[i];
        }
        compare(r, "layer_norm", tolerance);
    }
}

static void check_arithmetic(rows *r) {
    const size_t bytes = (size_t)r->count * sizeof(float);
    memcpy(r->out, r->in, bytes);
    r->ops->add(r->out, r->bias, r->count);
    for (int64_t i = 0; i < r->count; i++) r->expected[i] = (double)(r->in[i] + r->bias[i]);
    compare(r, "add", 0);
    memcpy(r->out, r->in, bytes);
    r->ops->scale(r->out, 0.37f, r->count);
    for (int64_t i = 0; i < r->count; i++) r->expected[i] = (double)(r->in[i] * 0.37f);
    compare(r, "scale", 0);
    memcpy(r->out, r->in, bytes);
    r->ops->soft_cap(r->out, 2.5f, r->count);
    for (int64_t i = 0; i < r->count; i++) r->expected[i] = 2.5 * tanh((double)r->in[i] / 2.5);
    compare(r, "soft_cap", 1e-6);
}

static double activated(double x, nt_activation activation) {
    if (activation == NT_SILU) return x / (1 + exp(-x));
    return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

static void check_activation(rows *r, nt_activation activation) {
    r->ops->activate(r->out, r->in, r->count, activation);
    for (int64_t i = 0; i < r->count; i++) r->expected[i] = activated((double)r->in[i], activation);
    compare(r, "activate", 5e-7);
    r->ops->gated(r->out, r->in, r->bias, r->count, activation);
    for (int64_t i = 0; i < r->count; i++) r->expected[i] *= (double)r->bias[i];
    compare(r, "gated", 5e-7);
}

static void check_rope(rows *r, nt_rope_layout layout) {
    const int64_t head_length = r->count / ROPE_HEADS, dims = head_length / 2 * 2, half = dims / 2;
    if (half == 0) return;
    float frequencies[MOST], angles[2 * MOST];
    for (int64_t i = 0; i < half; i++) frequencies[i] = powf(10000, -(float)i / (float)half);
    nt_rope_fill(angles, 1234, frequencies, dims, 1, layout);
    for (int64_t i = 0; i < r->count; i++) {
        r->out[i] = r->in[i];
        r->expected[i] = (double)r->in[i];
    }
    for (int64_t pair = 0; pair < ROPE_HEADS * half; pair++) {
        const int64_t head = pair / half * head_length, i = pair % half;
        const int64_t first = head + (layout == NT_ROPE_ADJACENT ? 2 * i : i);
        const int64_t second = first + (layout == NT_ROPE_ADJACENT ? 1 : half);
        const double angle = (double)(1234 * frequencies[i]), x = r->expected[first], y = r->expected[second];
        r->expected[first] = x * cos(angle) - y * sin(angle);
        r->expected[second] = y * cos(angle) + x * sin(angle);
    }
    r->ops->rope(r->out, angles, ROPE_HEADS, head_length, dims, layout);
    compare(r, "rope", 1e-6);
}

/// exp through silu at the ends of its range: nothing overflows.
static void check_extremes(const nt_ops *ops, const char *name) {
    const float x[] = {-1e30f, -200, -88.5f, -87, -0.0f, 0, 87, 88.5f, 200, 1e30f};
    enum { COUNT = sizeof x / sizeof x[0] };
    float out[COUNT];
    ops->activate(out, x, COUNT, NT_SILU);
    for (int i = 0; i < COUNT; i++) {
        const double wanted = fmax(0, (double)x[i]);
        if (!(fabs((double)out[i] - wanted) <= 1e-6 * fabs((double)x[i]))) {
            fail("%s: silu(%g) is %g", name, (double)x[i], (double)out[i]);
        }
    }
}

static void check_length(rows *r, int64_t count) {
    random_source source = {.state = (uint64_t)count};
    r->count = count;
    float **pointers[4] = {&r->out, &r->in, &r->weight, &r->bias};
    for (int i = 0; i < 4; i++) {
        r->memory[i] = guarded_memory((size_t)count * sizeof(float), sizeof(float));
        *pointers[i] = r->memory[i].bytes;
    }
    fill_random(&source, r->in, count, 3);
    for (int64_t i = 0; i < count; i++) r->in[i] += 2;
    fill_random(&source, r->weight, count, 1);
    fill_random(&source, r->bias, count, 1);
    check_norms(r);
    check_arithmetic(r);
    check_activation(r, NT_SILU);
    check_activation(r, NT_GELU_TANH);
    check_rope(r, NT_ROPE_ADJACENT);
    check_rope(r, NT_ROPE_HALVES);
    for (int i = 0; i < 4; i++) release(r->memory[i]);
}

void check_row_operations(void) {
    static rows r;
    for (int set = 0; set < NT_INSTRUCTION_SET_COUNT; set++) {
        if (tables[set] == NULL) continue;
        r.ops = nt_ops_for((nt_instruction_set)set);
        r.name = nt_kernels_name(tables[set]);
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) check_length(&r, lengths[i]);
        check_extremes(r.ops, r.name);
    }
}
