#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int failures = 0;

void fail(const char *format, ...) {
    enum { SHOWN = 20 };
    failures += 1;
    if (failures > SHOWN) return;
    va_list arguments;
    va_start(arguments, format);
    fputs("FAILED: ", stdout);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
}

int failure_count(void) { return failures; }

bool is_close(double actual, double expected, double tolerance) {
    return fabs(actual - expected) <= tolerance * fmax(1, fabs(expected));
}

bool is_same(float a, float b) {
    if (isnan(a) && isnan(b)) return true;
    return memcmp(&a, &b, sizeof a) == 0;
}

uint64_t next_bits(random_source *source) {
    source->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = source->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

float next_float(random_source *source) {
    float sum = 0;
    for (int i = 0; i < 4; i++) sum += (float)(next_bits(source) >> 40) / (float)(1 << 24) - 0.5f;
    return sum * 1.7f;
}

void fill_random(random_source *source, float *values, int64_t count, float scale) {
    for (int64_t i = 0; i < count; i++) values[i] = next_float(source) * scale;
}

guarded guarded_memory(size_t byte_count, size_t alignment) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t used = (byte_count + alignment - 1) / alignment * alignment;
    const size_t pages = (used + page - 1) / page * page;
    uint8_t *mapping = mmap(NULL, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED || mprotect(mapping + pages, page, PROT_NONE) != 0) {
        perror("memory for the test");
        exit(2);
    }
    return (guarded){.bytes = mapping + pages - used, .mapping = mapping, .mapped_byte_count = pages + page};
}

void release(guarded memory) { munmap(memory.mapping, memory.mapped_byte_count); }
