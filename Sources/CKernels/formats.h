#pragma once

#include "nt_formats.h"

// The blocks as they stand in a file. All members are bytes, so a block can be read at any address; 16-bit members
// are little endian and are read with `nt_read16`.

typedef struct { uint8_t d[2]; uint8_t nibbles[16]; } nt_block_q4_0;
typedef struct { uint8_t d[2], minimum[2]; uint8_t nibbles[16]; } nt_block_q4_1;
typedef struct { uint8_t d[2]; uint8_t high[4]; uint8_t nibbles[16]; } nt_block_q5_0;
typedef struct { uint8_t d[2], minimum[2]; uint8_t high[4]; uint8_t nibbles[16]; } nt_block_q5_1;
typedef struct { uint8_t d[2]; int8_t levels[32]; } nt_block_q8_0;
typedef struct { uint8_t d[2]; uint8_t nibbles[16]; } nt_block_iq4_nl;
typedef struct { uint8_t exponent; uint8_t nibbles[16]; } nt_block_mxfp4;

// Blocks of 256: eight parts of 32. `scales` holds the integers that `d` and `dmin` are multiplied by.
typedef struct { uint8_t scales[16]; uint8_t crumbs[64]; uint8_t d[2], dmin[2]; } nt_block_q2_k;
typedef struct { uint8_t high[32]; uint8_t crumbs[64]; uint8_t scales[12]; uint8_t d[2]; } nt_block_q3_k;
typedef struct { uint8_t d[2], dmin[2]; uint8_t scales[12]; uint8_t nibbles[128]; } nt_block_q4_k;
typedef struct { uint8_t d[2], dmin[2]; uint8_t scales[12]; uint8_t high[32]; uint8_t nibbles[128]; } nt_block_q5_k;
typedef struct { uint8_t nibbles[128]; uint8_t crumbs[64]; int8_t scales[16]; uint8_t d[2]; } nt_block_q6_k;
typedef struct { uint8_t d[2]; uint8_t scales_high[2]; uint8_t scales_low[4]; uint8_t nibbles[128]; } nt_block_iq4_xs;

_Static_assert(sizeof(nt_block_q4_0) == 18, "Q4_0");
_Static_assert(sizeof(nt_block_q4_1) == 20, "Q4_1");
_Static_assert(sizeof(nt_block_q5_0) == 22, "Q5_0");
_Static_assert(sizeof(nt_block_q5_1) == 24, "Q5_1");
_Static_assert(sizeof(nt_block_q8_0) == 34, "Q8_0");
_Static_assert(sizeof(nt_block_q2_k) == 84, "Q2_K");
_Static_assert(sizeof(nt_block_q3_k) == 110, "Q3_K");
_Static_assert(sizeof(nt_block_q4_k) == 144, "Q4_K");
_Static_assert(sizeof(nt_block_q5_k) == 176, "Q5_K");
_Static_assert(sizeof(nt_block_q6_k) == 210, "Q6_K");
_Static_assert(sizeof(nt_block_iq4_nl) == 18, "IQ4_NL");
_Static_assert(sizeof(nt_block_iq4_xs) == 136, "IQ4_XS");
_Static_assert(sizeof(nt_block_mxfp4) == 17, "MXFP4");

/// What the nibbles of a format stand for, when they are not numbers themselves.
typedef enum nt_codebook {
    NT_CODEBOOK_NONE = 0,
    /// Levels that lie closer around zero, as weights do: IQ4_NL, IQ4_XS.
    NT_CODEBOOK_IQ4 = 1,
    /// Twice the numbers of FP4 (one bit of sign, two of exponent, one of fraction): MXFP4.
    NT_CODEBOOK_FP4 = 2,
} nt_codebook;

/// The 16 levels of each codebook.
static const int8_t nt_codebook_levels[3][16] = {
    [NT_CODEBOOK_IQ4] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113},
    [NT_CODEBOOK_FP4] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12},
};

static inline uint16_t nt_read16(const uint8_t bytes[2]) {
    return (uint16_t)(bytes[0] | (bytes[1] << 8));
}

/// The 6-bit scale and minimum of part `part` (0 ..< 8) out of the 12 bytes of Q4_K and Q5_K.
///
/// Parts 0-3 have their six low bits in bytes 0-3 (scale) and 4-7 (minimum); parts 4-7 have four bits in bytes 8-11
/// and the upper two in the spare bits of bytes 0-7.
static inline void nt_read_scale_and_minimum(const uint8_t scales[12], int part, uint8_t *scale, uint8_t *minimum) {
    if (part < 4) {
        *scale = scales[part] & 63;
        *minimum = scales[part + 4] & 63;
    } else {
        *scale = (uint8_t)((scales[part + 4] & 15) | ((scales[part - 4] >> 6) << 4));
        *minimum = (uint8_t)((scales[part + 4] >> 4) | ((scales[part] >> 6) << 4));
    }
}

/// The signed 6-bit scale of part `part` (0 ..< 8) of IQ4_XS: four low bits in a nibble, two high bits side by side in
/// a 16-bit number, stored with 32 added.
static inline int8_t nt_read_scale_iq4_xs(const nt_block_iq4_xs *block, int part) {
    const int low = (block->scales_low[part / 2] >> (4 * (part % 2))) & 15;
    const int high = (nt_read16(block->scales_high) >> (2 * part)) & 3;
    return (int8_t)((low | (high << 4)) - 32);
}

/// The signed 6-bit scale of the 16 elements number `sixteenth` (0 ..< 16) out of the 12 bytes of Q3_K: four low bits
/// in the nibbles of bytes 0-7, two high bits in bytes 8-11, stored with 32 added.
static inline int8_t nt_read_signed_scale(const uint8_t scales[12], int sixteenth) {
    const uint8_t low = (uint8_t)(scales[sixteenth & 7] >> (4 * (sixteenth >> 3))) & 15;
    const uint8_t high = (uint8_t)(scales[8 + (sixteenth & 3)] >> (2 * (sixteenth >> 2))) & 3;
    return (int8_t)((low | (high << 4)) - 32);
}
