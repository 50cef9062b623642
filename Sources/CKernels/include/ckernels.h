#pragma once

#include "nt_cpu.h"
#include "nt_formats.h"
#include "nt_limits.h"
#include "nt_matmul.h"
#include "nt_memory.h"
#include "nt_ops.h"
#include "nt_pool.h"
#include "nt_quantize.h"
