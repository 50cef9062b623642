#pragma once

#include "check.h"

/// The formats that matrices come in, and how many there are.
extern const nt_format formats[];
extern const int format_count;

/// Fills `element_count` elements of a format: every bit random but the factors, which are of
/// ordinary size and now and then subnormal.
void fill_weights(random_source *source, nt_format format, uint8_t *bytes, size_t element_count);
