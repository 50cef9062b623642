#pragma once

// What the two halves of the worker pool share: teams that come and go (pool.c), and the loops of a team (pool_loops.c).

#include "nt_pool.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    cache_line = 128,  // Two lines, because the adjacent-line prefetcher pairs them.
    /// Whoever is later than this with its range has lost its core, perhaps to the one that waits.
    spin_in_team_nanoseconds = 60000,
};

/// A futex that counts events, and how many threads sleep on it.
typedef struct {
    _Alignas(cache_line) _Atomic uint32_t count;
    _Atomic uint32_t sleepers;
} nt_event;

/// Waits until the event's count is no longer `seen`: a spin, then sleep, so that an idle server uses no core.
void nt_event_wait(nt_event *event, uint32_t seen, int64_t spin_nanoseconds);

/// Counts, and wakes all sleepers.
void nt_event_signal(nt_event *event);

int64_t nt_now_nanoseconds(void);

/// A lock that callers get in the order in which they asked for it; they sleep while they wait.
typedef struct {
    _Alignas(cache_line) _Atomic uint32_t next_ticket;
    /// The ticket whose turn it is.
    _Atomic uint32_t turn;
} nt_turnstile;

/// How many of a member's ranges are taken (low half), and of which loop (high half).
///
/// With the loop's number in the same word, a member that is late cannot take a range of another loop, and nobody has to
/// open a loop: a word of an earlier loop means that nothing is taken.
typedef struct {
    _Alignas(cache_line) _Atomic uint64_t taken;
} nt_share;

/// Weights that a member will read from memory, in up to two places at the same time.
typedef struct {
    const uint8_t *next[2];
    /// Bytes that are not yet fetched in each place.
    int64_t left;
} nt_ahead;

struct nt_member {
    _Alignas(cache_line) nt_pool *pool;
    int32_t number;
    int32_t team_size;
    nt_share *shares;
    /// The number of the loop this member is in, from 1.
    uint32_t loop;
    /// The member whose share this one takes from, and how many remain to be looked at.
    int32_t victim;
    int32_t victims_left;
    int64_t count;
    int64_t grain;
    int64_t range_count;
    int64_t ranges_done_here;
    /// Ranges of all loops up to this one, itself included.
    uint64_t ranges_so_far;
    nt_ahead ahead;
    pthread_t thread;
};

struct nt_pool {
    /// Rings when there is a new job.
    nt_event bell;
    /// Rings when the last worker has left the gate.
    nt_event departure;
    /// Bit 63: open. Bits 32 ..< 63: number of the job. Bits 0 ..< 32: how many workers are inside.
    ///
    /// INVARIANT: `body`, `context` and what loops count with are only set while the gate is shut.
    _Alignas(cache_line) _Atomic uint64_t gate;
    nt_team_body body;
    void *context;
    /// Ranges that are done, of all loops of the job together. A loop is over when this has reached the ranges of all
    /// loops up to it, which every member counts for itself.
    _Alignas(cache_line) _Atomic uint64_t done;
    /// Who sleeps until a loop is over.
    _Atomic uint32_t sleepers;
    /// What they sleep on.
    _Alignas(cache_line) _Atomic uint32_t wakes;
    int32_t thread_count;
    _Atomic bool is_stopping;
    nt_member *members;
    nt_share *shares;
    nt_turnstile one_team_at_a_time;
};

/// Readies `member` for the first loop of a job.
void nt_loops_begin(nt_member *member);

static inline void nt_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}
