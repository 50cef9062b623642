#pragma once

#include <stddef.h>

/// A thread that makes the kernel provide the pages of a memory range before anybody touches them.
typedef struct nt_prefault nt_prefault;

/// Starts to bring in `byte_count` bytes at `memory`, which is aligned to a page, mapped privately and writable.
///
/// What is in the memory stays as it is, and others may read and write it meanwhile. Returns NULL, and does nothing,
/// when there is no thread to be had.
nt_prefault *nt_prefault_start(void *memory, size_t byte_count);

/// Ends the thread, wherever it is, and returns when it is gone. NULL is fine.
void nt_prefault_stop(nt_prefault *prefault);
