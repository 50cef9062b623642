#define _GNU_SOURCE
#include "pool_team.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

// The loops of a team. Between two loops one cache line changes hands, the count of ranges that are done, and locked
// instructions are few: each waits for all loads before it, and a loop that streams weights from memory stands still.

enum {
    /// The most that a member fetches before a loop: a fraction of a second-level cache, more than a wait has time for.
    read_ahead_bytes = 64 << 10,
    /// Cache lines that it asks for between two looks at the loop it waits for.
    lines_at_a_time = 4,
};

// MARK: - Reading ahead

/// Passes a moment of waiting: asks for some cache lines of what this member reads next, as long as there are any.
///
/// Memory is what a step of few rows waits for, and it rests while members wait for each other.
/// PERF: nothing fetched -> 64 KiB: steps of one row 2,339 -> 2,303 us on two cores of Zen 5.
static inline void pass_time(nt_member *member) {
    nt_ahead *ahead = &member->ahead;
    if (ahead->left <= 0) {
        nt_relax();
        return;
    }
    for (int line = 0; line < lines_at_a_time; line++) {
        for (int place = 0; place < 2; place++) {
            if (ahead->next[place] == NULL) continue;
            // Into the second-level cache: this is more than the first holds. Lines past the end do no harm.
            __builtin_prefetch(ahead->next[place], 0, 2);
            ahead->next[place] += 64;
        }
        ahead->left -= 64;
    }
}

void nt_member_announce(nt_member *member, const uint8_t *first, const uint8_t *second, int64_t byte_count) {
    const int64_t most = second == NULL ? read_ahead_bytes : read_ahead_bytes / 2;
    member->ahead = (nt_ahead){.next = {first, second}, .left = byte_count < most ? byte_count : most};
}

void nt_member_share(const nt_member *member, int64_t count, int64_t grain, int64_t *begin, int64_t *end) {
    if (grain <= 0) __builtin_trap();
    const int64_t ranges = count <= 0 ? 0 : (count - 1) / grain + 1, number = member->number;
    *begin = ranges * number / member->team_size * grain;
    *end = ranges * (number + 1) / member->team_size * grain;
    if (*end > count) *end = count;
}

// MARK: - Loops

void nt_loops_begin(nt_member *member) {
    member->loop = 0;
    member->ranges_so_far = 0;
    member->ahead = (nt_ahead){0};
}

void nt_loop_begin(nt_member *member, int64_t count, int64_t grain) {
    if (grain <= 0) __builtin_trap();
    member->count = count;
    member->grain = grain;
    member->range_count = count <= 0 ? 0 : (count - 1) / grain + 1;
    if (member->range_count > INT32_MAX) __builtin_trap();
    member->ranges_done_here = 0;
    member->victims_left = 0;
    if (member->range_count == 0) return;
    member->loop += 1;
    member->ranges_so_far += (uint64_t)member->range_count;
    member->victim = member->number;
    member->victims_left = member->team_size;
}

/// Takes ranges out of a share of `length` ranges: returns how many, and sets `first`.
///
/// Three quarters of what is left: few takes, and enough for who is done early.
/// PERF: single ranges -> halves: decode of a 135 M model 422 -> 437 tokens/s on two cores of Zen 5; halves -> three
/// quarters: 2,394 -> 2,339 us for a step.
static int64_t take(nt_share *share, uint32_t loop, int64_t length, int64_t *first) {
    uint64_t word = atomic_load_explicit(&share->taken, memory_order_relaxed);
    while (word >> 32 <= loop) {
        // Until a loop is over every share of it that is not empty has been taken from. So a word of an earlier loop
        // cannot be mistaken: either this loop is not over, or the word has changed since and the exchange fails.
        const int64_t taken = word >> 32 == loop ? (int64_t)(word & UINT32_MAX) : 0, left = length - taken;
        if (left <= 0) return 0;
        const int64_t count = left - left / 4;
        const uint64_t claimed = (uint64_t)loop << 32 | (uint64_t)(taken + count);
        if (atomic_compare_exchange_weak_explicit(
                &share->taken, &word, claimed, memory_order_relaxed, memory_order_relaxed)) {
            *first = taken;
            return count;
        }
    }
    return 0;
}

/// The whole loop at once, for a team of one.
static bool next_alone(nt_member *member, int64_t *begin, int64_t *end) {
    if (member->victims_left == 0) return false;
    member->victims_left = 0;
    *begin = 0;
    *end = member->count;
    return true;
}

bool nt_loop_next(nt_member *member, int64_t *begin, int64_t *end) {
    if (member->team_size == 1) return next_alone(member, begin, end);
    for (; member->victims_left > 0; member->victims_left--) {
        const int64_t victim = member->victim, size = member->team_size;
        const int64_t first = member->range_count * victim / size;
        const int64_t length = member->range_count * (victim + 1) / size - first;
        int64_t range = 0;
        const int64_t count = take(&member->shares[victim], member->loop, length, &range);
        if (count > 0) {
            *begin = (first + range) * member->grain;
            const int64_t limit = *begin + count * member->grain;
            *end = limit < member->count ? limit : member->count;
            member->ranges_done_here += count;
            return true;
        }
        member->victim = victim + 1 == size ? 0 : (int32_t)victim + 1;
    }
    return false;
}

/// Whether all ranges of the member's loop are done.
static inline bool is_over(const nt_member *member) {
    return atomic_load_explicit(&member->pool->done, memory_order_acquire) >= member->ranges_so_far;
}

/// Waits until the loop is over: reads ahead, spins, then sleeps.
static void wait_for_others(nt_member *member) {
    for (int i = 0; i < 64; i++) {
        if (is_over(member)) return;
        pass_time(member);
    }
    const int64_t deadline = nt_now_nanoseconds() + spin_in_team_nanoseconds;
    do {
        for (int i = 0; i < 16; i++) {
            if (is_over(member)) return;
            pass_time(member);
        }
    } while (nt_now_nanoseconds() < deadline);
    // Who ends a loop counts first and looks for sleepers second; who sleeps counts itself first and looks whether the
    // loop is over second. Whichever comes later sees the other.
    nt_pool *pool = member->pool;
    atomic_fetch_add_explicit(&pool->sleepers, 1, memory_order_seq_cst);
    for (;;) {
        const uint32_t seen = atomic_load_explicit(&pool->wakes, memory_order_seq_cst);
        if (atomic_load_explicit(&pool->done, memory_order_seq_cst) >= member->ranges_so_far) break;
        // EINTR, EAGAIN and a spurious wake all mean the same: look again.
        syscall(SYS_futex, &pool->wakes, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    }
    atomic_fetch_sub_explicit(&pool->sleepers, 1, memory_order_seq_cst);
}

static void wake_sleepers(nt_pool *pool) {
    if (atomic_load_explicit(&pool->sleepers, memory_order_seq_cst) == 0) return;
    atomic_fetch_add_explicit(&pool->wakes, 1, memory_order_seq_cst);
    syscall(SYS_futex, &pool->wakes, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

void nt_loop_end(nt_member *member) {
    if (member->range_count == 0) return;
    if (member->team_size == 1) return;
    nt_pool *pool = member->pool;
    const uint64_t ranges = (uint64_t)member->ranges_done_here;
    if (ranges > 0) {
        const uint64_t before = atomic_fetch_add_explicit(&pool->done, ranges, memory_order_seq_cst);
        if (before + ranges == member->ranges_so_far) {
            wake_sleepers(pool);
            return;
        }
    }
    // Whoever has done nothing cannot know whether the loop is over yet.
    wait_for_others(member);
}
