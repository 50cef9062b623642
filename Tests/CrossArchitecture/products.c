#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weights.h"

// Quantised products have the same bits in every table. Float products have those of a fused multiply-add for each
// column, in order; the scalar table multiplies and adds.

/// One product, with all memory it reads and writes.
typedef struct {
    nt_format format;
    size_t row_count, output_count, input_count, stride;
    bool has_bias, accumulate;
    guarded weights, activations, bias, panels, image, output, expected;
} product;

static const char *name_of(int set) { return nt_kernels_name(tables[set]); }

static product make_product(
    random_source *source, nt_format format, size_t row_count, size_t output_count, size_t input_count) {
    const uint64_t choice = next_bits(source) >> 32;
    const bool is_subnormal = (choice & 0x700) == 0;
    product p = {
        .format = format, .row_count = row_count, .output_count = output_count, .input_count = input_count,
        .stride = output_count + choice % 4,
        .has_bias = (choice & 8) != 0 && !is_subnormal,
        .accumulate = (choice & 16) != 0 && !is_subnormal,
    };
    const size_t weight_bytes =
        output_count * input_count / nt_format_block_length(format) * nt_format_block_byte_count(format);
    const size_t output_bytes = ((row_count - 1) * p.stride + output_count) * sizeof(float);
    p.weights = guarded_memory(weight_bytes, 1);
    p.activations = guarded_memory(row_count * input_count * sizeof(float), sizeof(float));
    p.bias = guarded_memory(output_count * sizeof(float), sizeof(float));
    p.panels = guarded_memory(nt_panel_count(output_count) * nt_panel_byte_count(format, input_count), 64);
    p.image = guarded_memory(
        nt_format_is_quantized(format) ? nt_quantized_rows_byte_count(row_count, input_count)
                                       : nt_float_rows_byte_count(row_count, input_count), 64);
    p.output = guarded_memory(output_bytes, sizeof(float));
    p.expected = guarded_memory(output_bytes, sizeof(float));
    fill_weights(source, format, is_subnormal, p.weights.bytes, output_count * input_count);
    fill_random(source, p.activations.bytes, (int64_t)(row_count * input_count), 1);
    fill_random(source, p.bias.bytes, (int64_t)output_count, 1);
    nt_pack_panels(format, p.weights.bytes, output_count, input_count, 0, nt_panel_count(output_count), p.panels.bytes);
    return p;
}

static void release_product(product p) {
    const guarded all[] = {p.weights, p.activations, p.bias, p.panels, p.image, p.output, p.expected};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) release(all[i]);
}

/// What stands in the output before the product.
static float before(size_t index) { return (float)(index % 7) - 3; }

static void multiply(const product *p, const nt_kernel_table *table, float *output) {
    const size_t floats = (p->row_count - 1) * p->stride + p->output_count;
    for (size_t i = 0; i < floats; i++) output[i] = before(i);
    const float *values = p->activations.bytes;
    const size_t count = p->input_count;
    if (nt_format_is_quantized(p->format)) {
        // The first row by itself when there are six or seven, so that a group is not whole.
        const size_t alone = p->row_count / 2 == 3 ? 1 : 0;
        nt_quantize_columns(table, values, count, 0, count, count, 0, alone, p->image.bytes);
        nt_quantize_columns(
            table, values + alone * count, count, 0, count, count, alone, p->row_count - alone, p->image.bytes);
    } else {
        for (size_t row = 0; row < p->row_count; row++) {
            nt_interleave_columns(values + row * count, 0, count, count, row, p->image.bytes);
        }
    }
    const nt_packed_matrix matrix = {
        .format = p->format, .output_count = p->output_count, .input_count = p->input_count, .panels = p->panels.bytes,
    };
    const nt_product_target target = {
        .values = output, .stride = p->stride, .bias = p->has_bias ? p->bias.bytes : NULL, .accumulate = p->accumulate,
    };
    // In two pieces, which makes the first panel of the second one odd or even.
    const size_t panels = nt_panel_count(p->output_count), middle = p->row_count % 2 == 0 ? panels / 2 : panels;
    nt_matmul(table, &matrix, p->image.bytes, p->row_count, 0, middle, &target);
    nt_matmul(table, &matrix, p->image.bytes, p->row_count, middle, panels, &target);
}

/// The product of a float format by the definition.
static void multiply_floats(const product *p, bool is_fused, float *expected) {
    const size_t row_bytes = p->input_count * nt_format_block_byte_count(p->format);
    float *w = malloc(p->input_count * sizeof *w);
    for (size_t column = 0; column < p->output_count; column++) {
        nt_dequantize_row(p->format, (const uint8_t *)p->weights.bytes + column * row_bytes, p->input_count, w);
        for (size_t row = 0; row < p->row_count; row++) {
            const float *x = (const float *)p->activations.bytes + row * p->input_count;
            float sum = 0;
            for (size_t k = 0; k < p->input_count; k++) sum = is_fused ? fmaf(w[k], x[k], sum) : sum + w[k] * x[k];
            const size_t index = row * p->stride + column;
            if (p->has_bias) sum += ((const float *)p->bias.bytes)[column];
            if (p->accumulate) sum += before(index);
            expected[index] = sum;
        }
    }
    free(w);
}

/// Whether an index of the output is past the columns of its row.
static bool is_gap(const product *p, size_t index) { return index % p->stride >= p->output_count; }

static void compare(const product *p, int set, const float *output, const float *expected) {
    const size_t floats = (p->row_count - 1) * p->stride + p->output_count;
    for (size_t i = 0; i < floats; i++) {
        const float wanted = is_gap(p, i) ? before(i) : expected[i];
        if (is_same(output[i], wanted)) continue;
        fail("%s: format %d, %zu rows, %zu outputs, %zu inputs: row %zu column %zu is %a, expected %a", name_of(set),
             (int)p->format, p->row_count, p->output_count, p->input_count, i / p->stride, i % p->stride,
             (double)output[i], (double)wanted);
        return;
    }
}

/// How far rounding to 8 bits may move each activation: half a step of 127 to the largest of its 16.
static float *rounding_errors(const product *p) {
    const size_t count = p->row_count * p->input_count;
    const float *x = p->activations.bytes;
    float *errors = malloc(count * sizeof *errors);
    for (size_t first = 0; first < count; first += 16) {
        float largest = 0;
        for (size_t i = first; i < first + 16; i++) largest = fmaxf(largest, fabsf(x[i]));
        for (size_t i = first; i < first + 16; i++) errors[i] = largest * 0.51f / 127 + 1e-5f;
    }
    return errors;
}

/// The scalar product against double precision, within what rounding the activations may do.
static void check_scalar(const product *p, const float *output) {
    const size_t length = nt_format_block_length(p->format);
    const size_t row_bytes = p->input_count / length * nt_format_block_byte_count(p->format);
    float *w = malloc(p->input_count * sizeof *w), *errors = rounding_errors(p);
    for (size_t column = 0; column < p->output_count; column++) {
        nt_dequantize_row(p->format, (const uint8_t *)p->weights.bytes + column * row_bytes, p->input_count, w);
        for (size_t row = 0; row < p->row_count; row++) {
            const float *x = (const float *)p->activations.bytes + row * p->input_count;
            const size_t index = row * p->stride + column;
            double sum = (p->has_bias ? (double)((const float *)p->bias.bytes)[column] : 0)
                + (p->accumulate ? (double)before(index) : 0);
            double slack = 1e-4;
            for (size_t k = 0; k < p->input_count; k++) {
                sum += (double)w[k] * (double)x[k];
                slack += fabs((double)w[k]) * (double)errors[row * p->input_count + k];
            }
            if (fabs((double)output[index] - sum) <= slack) continue;
            fail("scalar: format %d: %g, expected %g within %g", (int)p->format, (double)output[index], sum, slack);
        }
    }
    free(errors);
    free(w);
}

static void check_shape(
    random_source *source, nt_format format, size_t row_count, size_t output_count, size_t input_count) {
    product p = make_product(source, format, row_count, output_count, input_count);
    float *expected = p.expected.bytes, *output = p.output.bytes;
    if (nt_format_is_quantized(format)) {
        multiply(&p, tables[NT_SCALAR], expected);
        check_scalar(&p, expected);
    }
    for (int set = 0; set < NT_INSTRUCTION_SET_COUNT; set++) {
        if (tables[set] == NULL) continue;
        if (!nt_format_is_quantized(format)) multiply_floats(&p, set != NT_SCALAR, expected);
        multiply(&p, tables[set], output);
        compare(&p, set, output, expected);
    }
    release_product(p);
}

void check_products(void) {
    static const size_t outputs[] = {1, 5, 15, 16, 18, 31, 33, 49};
    random_source source = {.state = 1};
    for (int f = 0; f < format_count; f++) {
        const size_t length = nt_format_block_length(formats[f]);
        for (size_t row_count = 1; row_count <= 9; row_count++) {
            for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
                const size_t n = i + row_count, blocks = length == 1 ? 1 + 13 * n : length == 32 ? 1 + n % 6 : 1;
                check_shape(&source, formats[f], row_count, outputs[i], blocks * length);
            }
        }
        for (size_t row_count = 12; row_count <= 22; row_count += 5) {
            check_shape(&source, formats[f], row_count, 35, length == 1 ? 100 : 768);
        }
    }
}
