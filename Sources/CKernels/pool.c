#define _GNU_SOURCE
#include "pool_team.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// A decode step of a small model is some 150 loops of 3 to 15 microseconds each. So a step is one team from its first
// loop to its last: threads are called once, and between loops a cache line changes hands (pool_loops.c).
//
// A loop is complete when all its ranges are done, not when all members have come by. A member that has lost its core,
// or is slow to wake, keeps nobody waiting unless it is in the middle of a range; when it comes back it walks through the
// loops that are over, and touches nothing.

enum {
    /// Between the steps of a busy engine pass some 100 microseconds, for choosing tokens and sending them.
    spin_for_work_nanoseconds = 150000,
    worker_niceness = 2,
    worker_stack_bytes = 1 << 20,
};

static const uint64_t gate_is_open = UINT64_C(1) << 63;
static const uint64_t gate_inside = UINT64_C(0xffffffff);

static _Thread_local bool is_inside = false;

int64_t nt_now_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// MARK: - Events

void nt_event_wait(nt_event *event, uint32_t seen, int64_t spin_nanoseconds) {
    for (int i = 0; i < 64; i++) {
        if (atomic_load_explicit(&event->count, memory_order_acquire) != seen) return;
        nt_relax();
    }
    const int64_t deadline = nt_now_nanoseconds() + spin_nanoseconds;
    do {
        for (int i = 0; i < 16; i++) {
            if (atomic_load_explicit(&event->count, memory_order_acquire) != seen) return;
            nt_relax();
        }
    } while (nt_now_nanoseconds() < deadline);
    // Who signals counts first and looks for sleepers second, who waits counts itself first and looks at the count
    // second (inside the futex call): whichever comes later sees the other.
    atomic_fetch_add_explicit(&event->sleepers, 1, memory_order_seq_cst);
    while (atomic_load_explicit(&event->count, memory_order_seq_cst) == seen) {
        // EINTR, EAGAIN and a spurious wake all mean the same: look again.
        syscall(SYS_futex, &event->count, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    }
    atomic_fetch_sub_explicit(&event->sleepers, 1, memory_order_seq_cst);
}

void nt_event_signal(nt_event *event) {
    atomic_fetch_add_explicit(&event->count, 1, memory_order_seq_cst);
    if (atomic_load_explicit(&event->sleepers, memory_order_seq_cst) == 0) return;
    syscall(SYS_futex, &event->count, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

// MARK: - Turns

/// Waits for the caller's turn. Returns its ticket.
///
/// A mutex would go to whoever asks at the right moment, which is the thread that has just let go of it: of two engines
/// the one that needs less time between its steps would hold up the other.
static uint32_t enter_turnstile(nt_turnstile *turnstile) {
    const uint32_t ticket = atomic_fetch_add_explicit(&turnstile->next_ticket, 1, memory_order_seq_cst);
    for (;;) {
        const uint32_t turn = atomic_load_explicit(&turnstile->turn, memory_order_seq_cst);
        if (turn == ticket) return ticket;
        // EINTR, EAGAIN and a spurious wake all mean the same: look again.
        const uint32_t mine = UINT32_C(1) << (ticket & 31);
        syscall(SYS_futex, &turnstile->turn, FUTEX_WAIT_BITSET_PRIVATE, turn, NULL, NULL, mine);
    }
}

/// Lets the next caller through; wakes nobody else but those whose tickets have the same five last bits.
static void leave_turnstile(nt_turnstile *turnstile, uint32_t ticket) {
    const uint32_t next = ticket + 1;
    // Who leaves sets the turn first and looks for others second, who comes takes a ticket first and looks at the turn
    // second: whichever comes later sees the other.
    atomic_store_explicit(&turnstile->turn, next, memory_order_seq_cst);
    if (atomic_load_explicit(&turnstile->next_ticket, memory_order_seq_cst) == next) return;
    syscall(SYS_futex, &turnstile->turn, FUTEX_WAKE_BITSET_PRIVATE, INT32_MAX, NULL, NULL, UINT32_C(1) << (next & 31));
}

int32_t nt_pool_waiting_count(const nt_pool *pool) {
    const nt_turnstile *turnstile = &pool->one_team_at_a_time;
    const uint32_t turn = atomic_load_explicit(&turnstile->turn, memory_order_seq_cst);
    const uint32_t here = atomic_load_explicit(&turnstile->next_ticket, memory_order_seq_cst) - turn;
    return here == 0 ? 0 : (int32_t)(here - 1);
}

int32_t nt_member_number(const nt_member *member) { return member->number; }

int32_t nt_member_team_size(const nt_member *member) { return member->team_size; }

// MARK: - Teams

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
    const uint64_t before = atomic_fetch_sub_explicit(&pool->gate, 1, memory_order_acq_rel);
    if ((before & gate_inside) == 1) nt_event_signal(&pool->departure);
}

/// Shuts the gate, once nobody is inside.
static void close_gate(nt_pool *pool, uint64_t job_number) {
    for (;;) {
        const uint32_t seen = atomic_load_explicit(&pool->departure.count, memory_order_acquire);
        uint64_t alone = gate_is_open | job_number;
        if (atomic_compare_exchange_strong_explicit(
                &pool->gate, &alone, job_number, memory_order_acq_rel, memory_order_relaxed)) return;
        nt_event_wait(&pool->departure, seen, spin_in_team_nanoseconds);
    }
}

void nt_pool_run(nt_pool *pool, nt_team_body body, void *context) {
    if (is_inside) __builtin_trap();
    const uint32_t ticket = enter_turnstile(&pool->one_team_at_a_time);
    if (pool->thread_count == 1) {
        nt_pool_run_alone(pool, body, context);
        leave_turnstile(&pool->one_team_at_a_time, ticket);
        return;
    }
    nt_member *caller = &pool->members[0];
    pool->body = body;
    pool->context = context;
    atomic_store_explicit(&pool->done, 0, memory_order_relaxed);
    for (int32_t i = 0; i < pool->thread_count; i++) {
        atomic_store_explicit(&pool->shares[i].taken, 0, memory_order_relaxed);
    }
    nt_loops_begin(caller);
    const uint64_t previous = atomic_load_explicit(&pool->gate, memory_order_relaxed);
    const uint64_t job_number = (previous + (UINT64_C(1) << 32)) & ~gate_is_open;
    atomic_store_explicit(&pool->gate, gate_is_open | job_number, memory_order_release);
    nt_event_signal(&pool->bell);
    is_inside = true;
    body(context, caller);
    is_inside = false;
    close_gate(pool, job_number);
    leave_turnstile(&pool->one_team_at_a_time, ticket);
}

void nt_pool_run_alone(nt_pool *pool, nt_team_body body, void *context) {
    if (is_inside) __builtin_trap();
    nt_member alone = {.pool = pool, .team_size = 1};
    is_inside = true;
    body(context, &alone);
    is_inside = false;
}

static void *work(void *argument) {
    nt_member *self = argument;
    nt_pool *pool = self->pool;
    char name[16];
    snprintf(name, sizeof name, "kernel-%d", (int)self->number);
    pthread_setname_np(pthread_self(), name);
    // Network threads come first on a full machine. Without permission to do so the kernels just compete.
    const id_t thread = (id_t)syscall(SYS_gettid);
    setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + worker_niceness);

    is_inside = true;
    uint64_t last_job = 0;
    for (;;) {
        const uint32_t heard = atomic_load_explicit(&pool->bell.count, memory_order_acquire);
        if (atomic_load_explicit(&pool->is_stopping, memory_order_acquire)) return NULL;
        if (enter(pool, &last_job)) {
            nt_loops_begin(self);
            pool->body(pool->context, self);
            leave(pool);
        } else {
            nt_event_wait(&pool->bell, heard, spin_for_work_nanoseconds);
        }
    }
}

bool nt_pool_is_inside(void) { return is_inside; }

int32_t nt_pool_thread_count(const nt_pool *pool) { return pool->thread_count; }

// MARK: - Coming and going

/// Starts one thread with all signals blocked, so that handlers run on the threads that expect them.
static bool start(nt_member *member) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setstacksize(&attributes, worker_stack_bytes);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool has_started = pthread_create(&member->thread, &attributes, work, member) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return has_started;
}

static void free_pool(nt_pool *pool) {
    free(pool->members);
    free(pool->shares);
    free(pool);
}

/// Cleared memory for `count` objects of `size` bytes, a multiple of the cache line.
static void *allocate_lines(size_t count, size_t size) {
    char *memory = aligned_alloc(cache_line, count * size);
    for (size_t i = 0; memory != NULL && i < count * size; i++) memory[i] = 0;
    return memory;
}

nt_pool *nt_pool_create(int32_t thread_count) {
    if (thread_count < 1) __builtin_trap();
    nt_pool *pool = allocate_lines(1, sizeof(nt_pool));
    if (pool == NULL) return NULL;
    pool->members = allocate_lines((size_t)thread_count, sizeof(nt_member));
    pool->shares = allocate_lines((size_t)thread_count, sizeof(nt_share));
    if (pool->members == NULL || pool->shares == NULL) {
        free_pool(pool);
        return NULL;
    }
    for (pool->thread_count = 1; pool->thread_count < thread_count; pool->thread_count++) {
        nt_member *member = &pool->members[pool->thread_count];
        *member = (nt_member){.pool = pool, .number = pool->thread_count, .shares = pool->shares};
        if (!start(member)) break;
    }
    pool->members[0] = (nt_member){.pool = pool, .shares = pool->shares};
    // Members read it when the first team calls them.
    for (int32_t i = 0; i < pool->thread_count; i++) pool->members[i].team_size = pool->thread_count;
    return pool;
}

void nt_pool_destroy(nt_pool *pool) {
    atomic_store_explicit(&pool->is_stopping, true, memory_order_seq_cst);
    nt_event_signal(&pool->bell);
    for (int32_t i = 1; i < pool->thread_count; i++) pthread_join(pool->members[i].thread, NULL);
    free_pool(pool);
}
