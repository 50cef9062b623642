#pragma once

#include <stdbool.h>
#include <stdint.h>

/// A fixed set of threads that run the same function together, as a team.
///
/// The thread that calls `nt_pool_run` is member 0. One team runs at a time; calls from several threads take turns in the
/// order in which they came, and sleep until then.
/// Teams do not nest.
typedef struct nt_pool nt_pool;

/// One thread's part in a team. Belongs to that thread alone.
typedef struct nt_member nt_member;

/// What a team runs on each member, at the same time.
///
/// All members go through the same loops in the same order. Members that start late go through loops that are over, so
/// what a body does outside of loops must touch only memory of the member's own; what it reads there may be garbage,
/// and then nobody uses what it makes of it.
typedef void (*nt_team_body)(void *context, nt_member *member);

/// Makes a pool of `thread_count` threads, the caller of `nt_pool_run` included, so `thread_count - 1` threads start.
/// Returns NULL when the system has no memory; starts fewer threads when it refuses to start them all.
nt_pool *nt_pool_create(int32_t thread_count);

/// Stops and joins the threads. No team may be running.
void nt_pool_destroy(nt_pool *pool);

/// How many threads there really are, the caller included.
int32_t nt_pool_thread_count(const nt_pool *pool);

/// Runs `body` on the calling thread and on every thread of the pool that is awake before it is done, and returns when
/// all have returned from it. Every write they made is visible to the caller then. Must not be called from inside a body.
void nt_pool_run(nt_pool *pool, nt_team_body body, void *context);

/// How many calls of `nt_pool_run` wait for the one that runs.
int32_t nt_pool_waiting_count(const nt_pool *pool);

/// Runs `body` on the calling thread only, as a team of one; for what is too small to share.
void nt_pool_run_alone(nt_pool *pool, nt_team_body body, void *context);

/// Whether the calling thread is inside the body of a team.
bool nt_pool_is_inside(void);

/// `0 ..< nt_member_team_size`
int32_t nt_member_number(const nt_member *member);

int32_t nt_member_team_size(const nt_member *member);

/// Begins a loop over `0 ..< count` that the team shares in ranges of `grain` indices; the last may be shorter.
///
/// Each member has a share of its own, the same each time, and helps others when it is done with that.
void nt_loop_begin(nt_member *member, int64_t count, int64_t grain);

/// Takes the next ranges of the loop, several in a row as one, or returns false when all are taken.
bool nt_loop_next(nt_member *member, int64_t *begin, int64_t *end);

/// Waits until all ranges of the loop are done. Everything that was written there is visible to all members afterwards.
void nt_loop_end(nt_member *member);

/// The indices that the member begins with in a loop over `0 ..< count` in ranges of `grain`.
void nt_member_share(const nt_member *member, int64_t count, int64_t grain, int64_t *begin, int64_t *end);

/// Tells the member what it will read in a later loop: `byte_count` bytes from `first`, and from `second` if that is not
/// NULL. While it waits for others at the end of loops it fetches them into its cache. Replaces what was announced before.
void nt_member_announce(nt_member *member, const uint8_t *first, const uint8_t *second, int64_t byte_count);

/// How many processors the scheduler may run this process on, or 0 when the system does not say.
int32_t nt_pool_allowed_processors(void);
