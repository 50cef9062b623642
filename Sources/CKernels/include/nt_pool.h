#pragma once

#include <stdbool.h>
#include <stdint.h>

/// A fixed set of threads that share loops over index ranges.
///
/// The thread that calls `nt_pool_run` works too, as worker 0. One loop runs at a time; calls from several threads
/// queue up. Loops do not nest.
typedef struct nt_pool nt_pool;

/// The body of a loop: does the indices `begin ..< end` as worker number `worker` (0 ..< thread count).
/// Runs on several threads at once, each call with a range of its own.
typedef void (*nt_pool_body)(void *context, int64_t begin, int64_t end, int32_t worker);

/// Makes a pool of `thread_count` workers, the caller of `nt_pool_run` included, so `thread_count - 1` threads start.
/// Returns NULL when the system has no memory; starts fewer threads when it refuses to start them all.
nt_pool *nt_pool_create(int32_t thread_count);

/// Stops and joins the threads. No loop may be running.
void nt_pool_destroy(nt_pool *pool);

/// How many workers there really are, the caller included.
int32_t nt_pool_thread_count(const nt_pool *pool);

/// Runs `body` over `0 ..< count` in ranges of `grain` indices (the last may be shorter) and returns when all are
/// done. Every write a body made is visible to the caller then. Must not be called from inside a body.
void nt_pool_run(nt_pool *pool, int64_t count, int64_t grain, nt_pool_body body, void *context);

/// Whether the calling thread is inside the body of a loop.
bool nt_pool_is_inside(void);

/// How many processors the scheduler may run this process on, or 0 when the system does not say.
int32_t nt_pool_allowed_processors(void);
