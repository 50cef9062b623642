#include "include/nt_cpu.h"
#include "include/nt_quantize.h"

#include <string.h>

#include "formats.h"
#include "half_write.h"
#include "quantize_tables.h"

/// Whether all numbers are finite and none is larger than `most`.
static bool in_range(const float *row, size_t element_count, float most) {
    bool result = true;
    for (size_t i = 0; i < element_count; i++) result &= row[i] <= most && row[i] >= -most;
    return result;
}

static bool quantize_row(
    const nt_quantize_block *quantizers, nt_format format, const float *row, size_t element_count, uint8_t *target) {
    switch (format) {
        case NT_F32:
            memcpy(target, row, element_count * sizeof(float));
            return true;
        case NT_F16:
            for (size_t i = 0; i < element_count; i++) nt_write16(target + 2 * i, nt_half_from_float(row[i]));
            return in_range(row, element_count, 65504);
        case NT_BF16:
            for (size_t i = 0; i < element_count; i++) nt_write16(target + 2 * i, nt_brain_from_float(row[i]));
            return in_range(row, element_count, 0x1.FEp127f);
        default: break;
    }
    // Scales and offsets are half-precision numbers; a block of numbers within their range can be fitted.
    if (!nt_format_is_writable(format) || !in_range(row, element_count, 65504)) return false;
    const size_t length = nt_format_block_length(format), byte_count = nt_format_block_byte_count(format);
    for (size_t i = 0; i + length <= element_count; i += length, target += byte_count) {
        quantizers[format](row + i, target);
    }
    return true;
}

bool nt_format_is_writable(nt_format format) {
    if (format == NT_F32 || format == NT_F16 || format == NT_BF16) return true;
    return (unsigned)format < NT_FORMAT_LIMIT && nt_quantizers_portable[format] != NULL;
}

bool nt_quantize_row(nt_format format, const float *row, size_t element_count, uint8_t *target) {
#if defined(__x86_64__)
    if (nt_kernels_for(NT_AVX2) != NULL) {
        return quantize_row(nt_quantizers_avx2, format, row, element_count, target);
    }
#endif
    return quantize_row(nt_quantizers_portable, format, row, element_count, target);
}

bool nt_quantize_row_portable(nt_format format, const float *row, size_t element_count, uint8_t *target) {
    return quantize_row(nt_quantizers_portable, format, row, element_count, target);
}
