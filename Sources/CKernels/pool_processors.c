#define _GNU_SOURCE
#include "nt_pool.h"

#include <sched.h>
#include <stdlib.h>

int32_t nt_pool_allowed_processors(void) {
    // The kernel refuses a set smaller than its own; doubling finds a size it accepts.
    for (int processors = 1024; processors <= 1 << 20; processors *= 2) {
        cpu_set_t *set = CPU_ALLOC(processors);
        if (set == NULL) return 0;
        const size_t bytes = CPU_ALLOC_SIZE(processors);
        const int count = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
        CPU_FREE(set);
        if (count > 0) return count;
    }
    return 0;
}
