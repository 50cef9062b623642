#include <float.h>
#include <math.h>
#include <string.h>

#include "check.h"

// How activations are rounded, seen through a product with the identity: output k of a row is activation k as a
// kernel sees it.

enum { COLUMNS = 64, BLOCK_BYTES = 34, PARTS = COLUMNS / 32, PANELS = COLUMNS / 16 };

/// The identity in Q8_0.
static void pack_identity(uint8_t *panels) {
    static uint8_t rows[COLUMNS * PARTS * BLOCK_BYTES];
    for (int row = 0; row < COLUMNS; row++) {
        for (int part = 0; part < PARTS; part++) {
            uint8_t *block = rows + (row * PARTS + part) * BLOCK_BYTES;
            block[0] = 0x00;
            block[1] = 0x3C;
            if (row / 32 == part) block[2 + row % 32] = 1;
        }
    }
    nt_pack_panels(NT_Q8_0, rows, COLUMNS, COLUMNS, 0, PANELS, panels);
}

static void round_row(const nt_kernel_table *table, const uint8_t *panels, const float *row, float *rounded) {
    const guarded values = guarded_memory(COLUMNS * sizeof(float), sizeof(float));
    const guarded image = guarded_memory(nt_quantized_rows_byte_count(1, COLUMNS), 64);
    memcpy(values.bytes, row, COLUMNS * sizeof(float));
    nt_quantize_columns(table, values.bytes, COLUMNS, 0, COLUMNS, COLUMNS, 0, 1, image.bytes);
    const nt_packed_matrix matrix = {NT_Q8_0, COLUMNS, COLUMNS, panels};
    const nt_product_target target = {.values = rounded, .stride = COLUMNS};
    nt_matmul(table, &matrix, image.bytes, 1, 0, PANELS, &target);
    release(values);
    release(image);
}

static void check_row(const uint8_t *panels, const char *what, const float *row) {
    float expected[COLUMNS], rounded[COLUMNS];
    round_row(tables[NT_SCALAR], panels, row, expected);
    for (int set = 0; set < NT_INSTRUCTION_SET_COUNT; set++) {
        if (tables[set] == NULL) continue;
        round_row(tables[set], panels, row, rounded);
        for (int k = 0; k < COLUMNS; k++) {
            if (is_same(rounded[k], expected[k])) continue;
            fail("%s: %s: activation %d, %a, becomes %a, expected %a", nt_kernels_name(tables[set]), what, k,
                 (double)row[k], (double)rounded[k], (double)expected[k]);
            break;
        }
    }
}

/// Scalar rounding against its definition: the nearest of 255 steps between plus and minus the largest of 16.
static void check_error(const uint8_t *panels, const float *row) {
    float rounded[COLUMNS];
    round_row(tables[NT_SCALAR], panels, row, rounded);
    for (int k = 0; k < COLUMNS; k++) {
        float largest = 0;
        for (int i = k - k % 16; i < k - k % 16 + 16; i++) largest = fmaxf(largest, fabsf(row[i]));
        const double error = fabs((double)rounded[k] - (double)row[k]);
        if (error <= (double)largest / 127 * 0.50001) continue;
        fail("activation %d: %g becomes %g", k, (double)row[k], (double)rounded[k]);
    }
}

void check_activations(void) {
    const guarded panels = guarded_memory(PANELS * nt_panel_byte_count(NT_Q8_0, COLUMNS), 64);
    pack_identity(panels.bytes);
    random_source source = {.state = 2};
    float row[COLUMNS];
    for (int round = 0; round < 200; round++) {
        fill_random(&source, row, COLUMNS, exp2f((float)(round % 60) - 30));
        check_error(panels.bytes, row);
        check_row(panels.bytes, "random", row);
    }
    // A largest magnitude of 127 makes the scale 1, so halves are ties.
    for (int k = 0; k < COLUMNS; k++) row[k] = k % 16 == 3 ? -127 : (float)(k - 32) + 0.5f;
    check_row(panels.bytes, "ties", row);
    static const float extremes[] = {
        0, -0.0f, 0x1p-149f, 9.9e-31f, 1e-30f, 1.1e-30f, 0x1p-126f, FLT_MAX, -FLT_MAX, NAN, INFINITY, -INFINITY,
    };
    for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++) {
        for (int is_alone = 0; is_alone < 2; is_alone++) {
            fill_random(&source, row, COLUMNS, is_alone ? 0 : 1);
            row[5 + 4 * (i % 8)] = extremes[i];
            check_row(panels.bytes, is_alone ? "extreme among zeros" : "extreme", row);
        }
    }
    release(panels);
}
