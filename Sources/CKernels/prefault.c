#define _GNU_SOURCE
#include "nt_memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 // Linux 5.14
#endif

enum {
    // A large page of most machines: what one call takes on, and so what stopping may have to wait for.
    step_byte_count = 2 << 20,
};

struct nt_prefault {
    pthread_t thread;
    _Atomic bool is_stopping;
    char *memory;
    size_t byte_count;
};

bool nt_prefault_now(void *memory, size_t byte_count) {
    // An older kernel does not know how, and one without memory has none: then pages come in as they are touched.
    return madvise(memory, byte_count, MADV_POPULATE_WRITE) == 0;
}

static void *prefault(void *argument) {
    nt_prefault *self = argument;
    pthread_setname_np(pthread_self(), "prefault");
    // Only what nobody else wants of the processors. Where a page takes long, as in a virtual machine whose host has to
    // find it first, this thread would take a core from the requests for seconds.
    const struct sched_param none = {0};
    pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
    for (size_t offset = 0; offset < self->byte_count; offset += step_byte_count) {
        if (atomic_load_explicit(&self->is_stopping, memory_order_relaxed)) break;
        const size_t rest = self->byte_count - offset;
        const size_t count = rest < step_byte_count ? rest : step_byte_count;
        if (!nt_prefault_now(self->memory + offset, count)) break;
    }
    return NULL;
}

nt_prefault *nt_prefault_start(void *memory, size_t byte_count) {
    nt_prefault *self = malloc(sizeof *self);
    if (self == NULL) return NULL;
    atomic_init(&self->is_stopping, false);
    self->memory = memory;
    self->byte_count = byte_count;
    if (pthread_create(&self->thread, NULL, prefault, self) != 0) {
        free(self);
        return NULL;
    }
    return self;
}

void nt_prefault_stop(nt_prefault *self) {
    if (self == NULL) return;
    atomic_store_explicit(&self->is_stopping, true, memory_order_relaxed);
    pthread_join(self->thread, NULL);
    free(self);
}
