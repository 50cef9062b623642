#include "platform.h"

#if defined(__GLIBC__) || defined(__linux__)
#include <malloc.h>
#endif

void nt_platform_return_large_blocks(void) {
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
#endif
}
