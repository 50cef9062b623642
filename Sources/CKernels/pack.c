#include "pack_blocks.h"

#define ENTRY(name, ...) [NT_##name] = {__VA_ARGS__},

static const nt_layout layouts[NT_FORMAT_LIMIT] = {NT_LAYOUTS(ENTRY)};

nt_layout nt_layout_of(nt_format format) {
    return layouts[format];
}

size_t nt_panel_count(size_t output_count) {
    return (output_count + NT_PANEL_ROWS - 1) / NT_PANEL_ROWS;
}

size_t nt_panel_byte_count(nt_format format, size_t input_count) {
    if (!nt_format_is_quantized(format)) {
        if (format == NT_BF16) input_count += input_count % 2;
        return input_count * NT_PANEL_ROWS * nt_format_block_byte_count(format);
    }
    const nt_layout layout = layouts[format];
    const size_t blocks = input_count / NT_BLOCK_COLUMNS;
    return blocks * nt_layout_block_bytes(layout)
        + blocks / NT_BLOCKS_PER_SUPERBLOCK * nt_layout_superblock_header_bytes(layout);
}

// MARK: - Quantised panels

/// Interleaves the levels of 16 rows into dot vectors.
static void interleave(const nt_staged_block *staged, uint8_t vectors[8][64]) {
    for (int r = 0; r < NT_PANEL_ROWS; r++) {
        for (int v = 0; v < 8; v++) memcpy(&vectors[v][4 * r], &staged->levels[r][4 * v], 4);
    }
}

/// Writes `1 << log2_count` consecutive dot vectors into one plane of 64 bytes, beside each other in each byte.
static void write_plane(uint8_t (*vectors)[64], int log2_count, int drop, uint8_t *plane) {
    const int width = 8 >> log2_count, mask = (1 << width) - 1;
    memset(plane, 0, 64);
    for (int i = 0; i < 1 << log2_count; i++) {
        for (int byte = 0; byte < 64; byte++) {
            plane[byte] |= (uint8_t)(((vectors[i][byte] >> drop) & mask) << (width * i));
        }
    }
}

/// Splits the dot vectors of a block over its planes; see `nt_layout`.
static void write_planes(int bits, uint8_t vectors[8][64], uint8_t *planes) {
    if (bits == 8) {
        memcpy(planes, vectors, 512);
    } else if (bits <= 3) {
        for (int p = 0; p < 2; p++) write_plane(vectors + 4 * p, 2, 0, planes + 64 * p);
        if (bits == 3) write_plane(vectors, 3, 2, planes + 128);
    } else {
        for (int p = 0; p < 4; p++) write_plane(vectors + 2 * p, 1, 0, planes + 64 * p);
        if (bits == 5) write_plane(vectors, 3, 4, planes + 256);
        if (bits == 6) {
            for (int p = 0; p < 2; p++) write_plane(vectors + 4 * p, 2, 4, planes + 256 + 64 * p);
        }
    }
}

static uint8_t *write_bytes(const void *source, size_t count, uint8_t *output) {
    memcpy(output, source, count);
    return output + count;
}

/// Writes the f16 scales, and minima if there are any, of a block or a superblock.
static uint8_t *write_factors(nt_layout layout, const nt_staged_block *staged, uint8_t *output) {
    output = write_bytes(staged->scale, NT_HALF_VECTOR_BYTES, output);
    return layout.has_minimum ? write_bytes(staged->minimum, NT_HALF_VECTOR_BYTES, output) : output;
}

static uint8_t *write_block(nt_layout layout, const nt_staged_block *staged, bool begins_superblock, uint8_t *output) {
    if (layout.has_exponent_scale) {
        output = write_bytes(staged->exponent, NT_PANEL_ROWS, output);
    } else if (layout.part_length == 0) {
        output = write_factors(layout, staged, output);
    } else {
        const size_t bytes = NT_PANEL_ROWS * (NT_BLOCK_COLUMNS / (size_t)layout.part_length);
        if (begins_superblock) output = write_factors(layout, staged, output);
        output = write_bytes(staged->part_scale, bytes, output);
        if (layout.has_minimum) output = write_bytes(staged->part_minimum, bytes, output);
    }
    uint8_t vectors[8][64];
    interleave(staged, vectors);
    write_planes(layout.bits, vectors, output);
    return output + 64 * layout.bits;
}

static void pack_quantized_panel(
    nt_format format, const uint8_t *source, size_t row_count, size_t input_count, uint8_t *panel) {
    const nt_layout layout = layouts[format];
    const nt_stage_function stage = nt_stage_function_for(format);
    const size_t block_bytes = nt_format_block_byte_count(format);
    const size_t parts = nt_format_block_length(format) / NT_BLOCK_COLUMNS;
    const size_t row_bytes = input_count / nt_format_block_length(format) * block_bytes;
    // Rows beyond the matrix stay zero: their scales make every product zero.
    nt_staged_block staged = {0};
    for (size_t b = 0; b < input_count / NT_BLOCK_COLUMNS; b++) {
        for (size_t r = 0; r < row_count; r++) {
            stage(source + r * row_bytes + b / parts * block_bytes, (int)(b % parts), (int)r, &staged);
        }
        panel = write_block(layout, &staged, b % parts == 0, panel);
    }
}

// MARK: - Float panels

/// A float panel is its 16 rows transposed: for each column, 16 elements as they are in the file. BF16 goes by pairs of
/// columns, which dot products of bfloat16 take: for each pair, two elements of each of the 16 rows.
static void pack_float_panel(
    nt_format format, const uint8_t *source, size_t row_count, size_t input_count, uint8_t *panel) {
    const size_t element_bytes = nt_format_block_byte_count(format);
    memset(panel, 0, nt_panel_byte_count(format, input_count));
    for (size_t r = 0; r < row_count; r++) {
        const uint8_t *row = source + r * input_count * element_bytes;
        uint8_t *lane = panel + r * element_bytes;
        if (format == NT_F32) {
            for (size_t k = 0; k < input_count; k++) memcpy(lane + 64 * k, row + 4 * k, 4);
        } else if (format == NT_BF16) {
            lane += r * element_bytes;
            for (size_t k = 0; k + 1 < input_count; k += 2) memcpy(lane + 32 * k, row + 2 * k, 4);
            if (input_count % 2 != 0) memcpy(lane + 32 * (input_count - 1), row + 2 * (input_count - 1), 2);
        } else {
            for (size_t k = 0; k < input_count; k++) memcpy(lane + 32 * k, row + 2 * k, 2);
        }
    }
}

void nt_pack_panels(
    nt_format format, const uint8_t *source, size_t output_count, size_t input_count, size_t begin, size_t end,
    uint8_t *panels) {
    const size_t block_bytes = nt_format_block_byte_count(format);
    const size_t row_bytes = input_count / nt_format_block_length(format) * block_bytes;
    const size_t panel_bytes = nt_panel_byte_count(format, input_count);
    for (size_t panel = begin; panel < end; panel++) {
        const size_t first = panel * NT_PANEL_ROWS;
        const size_t row_count = output_count - first < NT_PANEL_ROWS ? output_count - first : NT_PANEL_ROWS;
        const uint8_t *rows = source + first * row_bytes;
        if (nt_format_is_quantized(format)) {
            pack_quantized_panel(format, rows, row_count, input_count, panels + panel * panel_bytes);
        } else {
            pack_float_panel(format, rows, row_count, input_count, panels + panel * panel_bytes);
        }
    }
}
