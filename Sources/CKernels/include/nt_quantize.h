#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nt_formats.h"

/// Whether rows of floats can be written in this format.
bool nt_format_is_writable(nt_format format);

/// Writes `element_count` floats, a whole number of blocks, in a format.
///
/// Each block is fitted by itself, so the bytes depend on nothing but its numbers: not on the instruction set, on the
/// rows beside it or on the thread. False when a number isn't finite or is too large for the format, and then what has
/// been written is of no use. `target` needs no alignment.
bool nt_quantize_row(nt_format format, const float *row, size_t element_count, uint8_t *target);

/// The same without the instructions that only some processors have; for tests.
bool nt_quantize_row_portable(nt_format format, const float *row, size_t element_count, uint8_t *target);
