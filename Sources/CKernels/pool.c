#define _GNU_SOURCE
#include "nt_pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// How a loop runs. The caller writes the job, opens the gate and rings the bell. A worker that sees the gate open
// enters it (the gate counts who is inside), takes ranges from the counter until none is left, and leaves. The caller
// takes ranges as well; when none is left it closes the gate as soon as nobody is inside. A worker that comes too
// late finds the gate shut and has touched nothing, so a short loop never waits for a sleeping thread to wake.
//
// INVARIANT: `job` is only written while the gate is shut, and only read by the caller or by a worker inside.

enum {
    cache_line = 128,  // Two lines, because the adjacent-line prefetcher pairs them.
    spin_nanoseconds = 30000,
    worker_niceness = 2,
    worker_stack_bytes = 1 << 20,
};

typedef struct {
    nt_pool_body body;
    void *context;
    int64_t count;
    int64_t grain;
} job;

typedef struct {
    nt_pool *pool;
    pthread_t thread;
    int32_t number;
} worker;

struct nt_pool {
    /// Bit 63: open. Bits 32 ..< 63: number of the job. Bits 0 ..< 32: how many workers are inside.
    _Alignas(cache_line) _Atomic uint64_t gate;
    /// The next index nobody has taken.
    _Alignas(cache_line) _Atomic int64_t next;
    /// Changes whenever a parked worker has something to look at. A futex.
    _Alignas(cache_line) _Atomic uint32_t bell;
    _Atomic uint32_t parked_workers;
    _Atomic bool is_stopping;
    /// 1 while the caller sleeps until the last worker has left. A futex.
    _Alignas(cache_line) _Atomic uint32_t caller_is_parked;
    _Alignas(cache_line) job job;
    pthread_mutex_t one_loop_at_a_time;
    int32_t thread_count;
    worker *workers;
};

static const uint64_t gate_is_open = UINT64_C(1) << 63;
static const uint64_t gate_inside = UINT64_C(0xffffffff);

static _Thread_local bool is_inside = false;

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

static int64_t now_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void futex_wait(_Atomic uint32_t *word, uint32_t expected) {
    // EINTR, EAGAIN and a spurious wake all mean the same: look again. Every caller loops.
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word, uint32_t count) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

/// Takes ranges of the current job until none is left.
static void take_ranges(nt_pool *pool, int32_t number) {
    const job job = pool->job;
    is_inside = true;
    for (;;) {
        const int64_t begin = atomic_fetch_add_explicit(&pool->next, job.grain, memory_order_relaxed);
        if (begin >= job.count) break;
        const int64_t left = job.count - begin;
        job.body(job.context, begin, begin + (left < job.grain ? left : job.grain), number);
    }
    is_inside = false;
}

/// Enters the gate if it is open for a job this worker has not seen.
static bool enter(nt_pool *pool, uint64_t *last_job) {
    uint64_t gate = atomic_load_explicit(&pool->gate, memory_order_relaxed);
    for (;;) {
        if (!(gate & gate_is_open) || (gate & ~gate_inside) == *last_job) return false;
        if (atomic_compare_exchange_weak_explicit(
                &pool->gate, &gate, gate + 1, memory_order_acquire, memory_order_relaxed)) {
            *last_job = gate & ~gate_inside;
            return true;
        }
    }
}

static void leave(nt_pool *pool) {
    const uint64_t before = atomic_fetch_sub_explicit(&pool->gate, 1, memory_order_seq_cst);
    if ((before & gate_inside) != 1) return;
    if (atomic_load_explicit(&pool->caller_is_parked, memory_order_seq_cst) == 0) return;
    atomic_store_explicit(&pool->caller_is_parked, 0, memory_order_seq_cst);
    futex_wake(&pool->caller_is_parked, 1);
}

/// Waits until the bell has changed from `heard`: a short spin, as the next loop of a forward pass is microseconds
/// away, then sleep, so that an idle server uses no core.
static void wait_for_bell(nt_pool *pool, uint32_t heard) {
    const int64_t deadline = now_nanoseconds() + spin_nanoseconds;
    do {
        for (int i = 0; i < 16; i++) {
            if (atomic_load_explicit(&pool->bell, memory_order_acquire) != heard) return;
            relax();
        }
    } while (now_nanoseconds() < deadline);
    // The caller rings first and looks for sleepers second, a worker counts itself first and looks at the bell
    // second (inside the futex call): whichever comes later sees the other.
    atomic_fetch_add_explicit(&pool->parked_workers, 1, memory_order_seq_cst);
    while (atomic_load_explicit(&pool->bell, memory_order_seq_cst) == heard) futex_wait(&pool->bell, heard);
    atomic_fetch_sub_explicit(&pool->parked_workers, 1, memory_order_seq_cst);
}

static void *work(void *argument) {
    const worker *self = argument;
    nt_pool *pool = self->pool;
    char name[16];
    snprintf(name, sizeof name, "kernel-%d", (int)self->number);
    pthread_setname_np(pthread_self(), name);
    // Network threads come first on a full machine. Without permission to do so the kernels just compete.
    const id_t thread = (id_t)syscall(SYS_gettid);
    setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + worker_niceness);

    uint64_t last_job = 0;
    for (;;) {
        const uint32_t heard = atomic_load_explicit(&pool->bell, memory_order_acquire);
        if (atomic_load_explicit(&pool->is_stopping, memory_order_acquire)) return NULL;
        if (enter(pool, &last_job)) {
            take_ranges(pool, self->number);
            leave(pool);
        } else {
            wait_for_bell(pool, heard);
        }
    }
}

/// Shuts the gate, once nobody is inside.
static void close_gate(nt_pool *pool, uint64_t job_number) {
    const int64_t deadline = now_nanoseconds() + spin_nanoseconds;
    for (;;) {
        uint64_t alone = gate_is_open | job_number;
        for (int i = 0; i < 16; i++) {
            uint64_t expected = alone;
            if (atomic_compare_exchange_strong_explicit(
                    &pool->gate, &expected, job_number, memory_order_acq_rel, memory_order_relaxed)) return;
            relax();
        }
        if (now_nanoseconds() < deadline) continue;
        // A worker has lost its core: give it this one.
        atomic_store_explicit(&pool->caller_is_parked, 1, memory_order_seq_cst);
        if (atomic_load_explicit(&pool->gate, memory_order_seq_cst) != alone) futex_wait(&pool->caller_is_parked, 1);
        atomic_store_explicit(&pool->caller_is_parked, 0, memory_order_relaxed);
    }
}

void nt_pool_run(nt_pool *pool, int64_t count, int64_t grain, nt_pool_body body, void *context) {
    if (is_inside || grain <= 0) __builtin_trap();
    if (count <= 0) return;
    if (pool->thread_count == 1 || count <= grain) {
        is_inside = true;
        for (int64_t begin = 0; begin < count; begin += grain) {
            body(context, begin, count - begin < grain ? count : begin + grain, 0);
        }
        is_inside = false;
        return;
    }

    pthread_mutex_lock(&pool->one_loop_at_a_time);
    pool->job = (job){.body = body, .context = context, .count = count, .grain = grain};
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    const uint64_t previous = atomic_load_explicit(&pool->gate, memory_order_relaxed);
    const uint64_t job_number = (previous + (UINT64_C(1) << 32)) & ~gate_is_open;
    atomic_store_explicit(&pool->gate, gate_is_open | job_number, memory_order_release);
    atomic_fetch_add_explicit(&pool->bell, 1, memory_order_seq_cst);
    const uint32_t parked = atomic_load_explicit(&pool->parked_workers, memory_order_seq_cst);
    if (parked > 0) {
        const int64_t useful = (count - 1) / grain;
        futex_wake(&pool->bell, useful < (int64_t)parked ? (uint32_t)useful : parked);
    }
    take_ranges(pool, 0);
    close_gate(pool, job_number);
    pthread_mutex_unlock(&pool->one_loop_at_a_time);
}

bool nt_pool_is_inside(void) { return is_inside; }

int32_t nt_pool_thread_count(const nt_pool *pool) { return pool->thread_count; }

/// Starts one worker with all signals blocked, so that handlers run on the threads that expect them.
static bool start(worker *worker) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setstacksize(&attributes, worker_stack_bytes);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool has_started = pthread_create(&worker->thread, &attributes, work, worker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return has_started;
}

nt_pool *nt_pool_create(int32_t thread_count) {
    if (thread_count < 1) __builtin_trap();
    nt_pool *pool = aligned_alloc(cache_line, sizeof(nt_pool));
    if (pool == NULL) return NULL;
    *pool = (nt_pool){.thread_count = 1};
    pool->workers = calloc((size_t)thread_count, sizeof(worker));
    if (pool->workers == NULL) {
        free(pool);
        return NULL;
    }
    pthread_mutex_init(&pool->one_loop_at_a_time, NULL);
    while (pool->thread_count < thread_count) {
        worker *next = &pool->workers[pool->thread_count - 1];
        *next = (worker){.pool = pool, .number = pool->thread_count};
        if (!start(next)) break;
        pool->thread_count += 1;
    }
    return pool;
}

void nt_pool_destroy(nt_pool *pool) {
    atomic_store_explicit(&pool->is_stopping, true, memory_order_seq_cst);
    atomic_fetch_add_explicit(&pool->bell, 1, memory_order_seq_cst);
    futex_wake(&pool->bell, INT32_MAX);
    for (int32_t i = 0; i < pool->thread_count - 1; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_mutex_destroy(&pool->one_loop_at_a_time);
    free(pool->workers);
    free(pool);
}
