#pragma once

#include "check.h"

/// The formats that matrices come in, and how many there are.
extern const nt_format formats[];
extern const int format_count;

/// Fills `element_count` elements of a format: every bit random but the factors of blocks.
///
/// Those are of ordinary size; or all subnormal, as f16 or, for an exponent, as a float, which a sum with others hides.
void fill_weights(random_source *source, nt_format format, bool is_subnormal, uint8_t *bytes, size_t element_count);
