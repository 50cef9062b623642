#include "quantize_superblocks.h"
#include "quantize_tables.h"

const nt_quantize_block nt_quantizers_portable[NT_FORMAT_LIMIT] = NT_QUANTIZERS;
