#include "formats.h"
#include "half.h"
#include "matmul_layout.h"

// One function for each format: the block at `source` to 32 or 256 floats at `row`.

static void dequantize_Q4_0(const void *source, float *row) {
    const nt_block_q4_0 *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    for (int i = 0; i < 16; i++) {
        row[i] = d * (float)((block->nibbles[i] & 15) - 8);
        row[i + 16] = d * (float)((block->nibbles[i] >> 4) - 8);
    }
}

static void dequantize_Q4_1(const void *source, float *row) {
    const nt_block_q4_1 *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    const float minimum = nt_float_from_half(nt_read16(block->minimum));
    for (int i = 0; i < 16; i++) {
        row[i] = d * (float)(block->nibbles[i] & 15) + minimum;
        row[i + 16] = d * (float)(block->nibbles[i] >> 4) + minimum;
    }
}

/// The fifth bit of element `i` (0 ..< 32), in its place.
static inline int fifth_bit(const uint8_t high[4], int i) {
    return ((high[i >> 3] >> (i & 7)) & 1) << 4;
}

static void dequantize_Q5_0(const void *source, float *row) {
    const nt_block_q5_0 *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    for (int i = 0; i < 16; i++) {
        row[i] = d * (float)(((block->nibbles[i] & 15) | fifth_bit(block->high, i)) - 16);
        row[i + 16] = d * (float)(((block->nibbles[i] >> 4) | fifth_bit(block->high, i + 16)) - 16);
    }
}

static void dequantize_Q5_1(const void *source, float *row) {
    const nt_block_q5_1 *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    const float minimum = nt_float_from_half(nt_read16(block->minimum));
    for (int i = 0; i < 16; i++) {
        row[i] = d * (float)((block->nibbles[i] & 15) | fifth_bit(block->high, i)) + minimum;
        row[i + 16] = d * (float)((block->nibbles[i] >> 4) | fifth_bit(block->high, i + 16)) + minimum;
    }
}

static void dequantize_Q8_0(const void *source, float *row) {
    const nt_block_q8_0 *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    for (int i = 0; i < 32; i++) row[i] = d * (float)block->levels[i];
}

static void dequantize_Q2_K(const void *source, float *row) {
    const nt_block_q2_k *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    const float dmin = nt_float_from_half(nt_read16(block->dmin));
    for (int i = 0; i < 256; i++) {
        const uint8_t scales = block->scales[i / 16];
        const int level = (block->crumbs[32 * (i / 128) + i % 32] >> (2 * ((i / 32) % 4))) & 3;
        row[i] = d * (float)(scales & 15) * (float)level - dmin * (float)(scales >> 4);
    }
}

static void dequantize_Q3_K(const void *source, float *row) {
    const nt_block_q3_k *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    for (int i = 0; i < 256; i++) {
        const int low = (block->crumbs[32 * (i / 128) + i % 32] >> (2 * ((i / 32) % 4))) & 3;
        const int high = (block->high[i % 32] >> (i / 32)) & 1;
        row[i] = d * (float)nt_read_signed_scale(block->scales, i / 16) * (float)((low | (high << 2)) - 4);
    }
}

static void dequantize_Q4_K(const void *source, float *row) {
    const nt_block_q4_k *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    const float dmin = nt_float_from_half(nt_read16(block->dmin));
    for (int part = 0; part < 8; part++) {
        uint8_t scale, minimum;
        nt_read_scale_and_minimum(block->scales, part, &scale, &minimum);
        const uint8_t *nibbles = block->nibbles + 32 * (part / 2);
        for (int i = 0; i < 32; i++) {
            const int level = (nibbles[i] >> (4 * (part & 1))) & 15;
            row[32 * part + i] = d * (float)scale * (float)level - dmin * (float)minimum;
        }
    }
}

static void dequantize_Q5_K(const void *source, float *row) {
    const nt_block_q5_k *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    const float dmin = nt_float_from_half(nt_read16(block->dmin));
    for (int part = 0; part < 8; part++) {
        uint8_t scale, minimum;
        nt_read_scale_and_minimum(block->scales, part, &scale, &minimum);
        const uint8_t *nibbles = block->nibbles + 32 * (part / 2);
        for (int i = 0; i < 32; i++) {
            const int level = ((nibbles[i] >> (4 * (part & 1))) & 15) | (((block->high[i] >> part) & 1) << 4);
            row[32 * part + i] = d * (float)scale * (float)level - dmin * (float)minimum;
        }
    }
}

static void dequantize_Q6_K(const void *source, float *row) {
    const nt_block_q6_k *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    for (int i = 0; i < 256; i++) {
        const int half = i / 128, quarter = (i / 32) % 4;
        const int low = (block->nibbles[64 * half + 32 * (quarter & 1) + i % 32] >> (4 * (quarter >> 1))) & 15;
        const int high = (block->crumbs[32 * half + i % 32] >> (2 * quarter)) & 3;
        row[i] = d * (float)block->scales[i / 16] * (float)((low | (high << 4)) - 32);
    }
}

static void dequantize_IQ4_NL(const void *source, float *row) {
    const nt_block_iq4_nl *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    const int8_t *levels = nt_codebook_levels[NT_CODEBOOK_IQ4];
    for (int i = 0; i < 16; i++) {
        row[i] = d * (float)levels[block->nibbles[i] & 15];
        row[i + 16] = d * (float)levels[block->nibbles[i] >> 4];
    }
}

static void dequantize_IQ4_XS(const void *source, float *row) {
    const nt_block_iq4_xs *block = source;
    const float d = nt_float_from_half(nt_read16(block->d));
    const int8_t *levels = nt_codebook_levels[NT_CODEBOOK_IQ4];
    for (int part = 0; part < 8; part++, row += 32) {
        const float scale = d * (float)nt_read_scale_iq4_xs(block, part);
        const uint8_t *nibbles = block->nibbles + 16 * part;
        for (int i = 0; i < 16; i++) {
            row[i] = scale * (float)levels[nibbles[i] & 15];
            row[i + 16] = scale * (float)levels[nibbles[i] >> 4];
        }
    }
}

static void dequantize_MXFP4(const void *source, float *row) {
    const nt_block_mxfp4 *block = source;
    const float scale = nt_float_from_exponent(block->exponent);
    const int8_t *levels = nt_codebook_levels[NT_CODEBOOK_FP4];
    for (int i = 0; i < 16; i++) {
        row[i] = scale * (float)levels[block->nibbles[i] & 15];
        row[i + 16] = scale * (float)levels[block->nibbles[i] >> 4];
    }
}

typedef void (*dequantize_block)(const void *source, float *row);

#define ENTRY(name, ...) [NT_##name] = dequantize_##name,

static const dequantize_block functions[NT_FORMAT_LIMIT] = {NT_LAYOUTS(ENTRY)};

void nt_dequantize_row(nt_format format, const uint8_t *source, size_t element_count, float *row) {
    if (format == NT_F32) {
        memcpy(row, source, element_count * sizeof(float));
    } else if (format == NT_F16) {
        for (size_t i = 0; i < element_count; i++) row[i] = nt_float_from_half(nt_read16(source + 2 * i));
    } else if (format == NT_BF16) {
        for (size_t i = 0; i < element_count; i++) row[i] = nt_float_from_brain(nt_read16(source + 2 * i));
    } else {
        const size_t length = nt_format_block_length(format), byte_count = nt_format_block_byte_count(format);
        for (size_t i = 0; i + length <= element_count; i += length, source += byte_count) {
            functions[format](source, row + i);
        }
    }
}
