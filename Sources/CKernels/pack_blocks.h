#pragma once

#include "formats.h"
#include "matmul_layout.h"

/// One block of 32 columns of the 16 rows of a panel, on its way from a file to a panel.
typedef struct {
    uint8_t levels[NT_PANEL_ROWS][NT_BLOCK_COLUMNS];
    /// f16 bits: of the block, or of the superblock it begins.
    uint16_t scale[NT_PANEL_ROWS], minimum[NT_PANEL_ROWS];
    /// 8-bit factors of each part of the block.
    uint8_t part_scale[2][NT_PANEL_ROWS], part_minimum[2][NT_PANEL_ROWS];
    /// The scale of the block where it is an exponent byte.
    uint8_t exponent[NT_PANEL_ROWS];
} nt_staged_block;

/// Reads 32 columns of row `r` of a panel. `part` counts them inside the file's block at `source`.
typedef void (*nt_stage_function)(const void *source, int part, int r, nt_staged_block *staged);

/// The function for a quantised format.
nt_stage_function nt_stage_function_for(nt_format format);
