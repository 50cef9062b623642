#pragma once

/// Makes the allocator give large blocks back to the system when they are freed.
///
/// glibc raises the size from which blocks are mapped on their own each time one of them is freed, up to 32 MiB; from
/// then on request bodies of megabytes come from its heaps, which keep their pages when the requests are over. A fixed
/// threshold keeps them out of the heaps. Does nothing with other C libraries.
void nt_platform_return_large_blocks(void);
