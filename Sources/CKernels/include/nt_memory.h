#pragma once

#include <stdbool.h>
#include <stddef.h>

/// Makes the kernel provide the pages of a memory range, which is aligned to a page, mapped privately and writable.
///
/// What is in the memory stays as it is, and others may read and write it meanwhile. Returns false, without harm, where
/// the kernel cannot.
bool nt_prefault_now(void *memory, size_t byte_count);

/// A thread that makes the kernel provide the pages of a memory range before anybody touches them.
typedef struct nt_prefault nt_prefault;

/// Starts to do the same in the background, while the machine has nothing else to do.
///
/// Returns NULL, and does nothing, when there is no thread to be had.
nt_prefault *nt_prefault_start(void *memory, size_t byte_count);

/// Ends the thread, wherever it is, and returns when it is gone. NULL is fine.
void nt_prefault_stop(nt_prefault *prefault);
