#include <string.h>

#include "check.h"

// Loops of a team, whose waiting and waking is written for each architecture.

enum { INDICES = 1000, TEAMS = 300, LOOPS = 7, THREADS = 3 };

typedef struct {
    int64_t grain;
    uint8_t visits[LOOPS][INDICES];
} loops;

/// Each loop counts up what the one before left at the mirrored index, which another member may have written.
static void run_loops(void *context, nt_member *member) {
    loops *all = context;
    for (int loop = 0; loop < LOOPS; loop++) {
        nt_loop_begin(member, INDICES, all->grain);
        int64_t begin, end;
        while (nt_loop_next(member, &begin, &end)) {
            for (int64_t i = begin; i < end; i++) {
                all->visits[loop][i] += loop == 0 ? 1 : (uint8_t)(all->visits[loop - 1][INDICES - 1 - i] + 1);
            }
        }
        nt_loop_end(member);
    }
}

void check_pool(void) {
    static loops all;
    nt_pool *pool = nt_pool_create(THREADS);
    if (pool == NULL || nt_pool_thread_count(pool) != THREADS) {
        fail("no pool of %d threads", THREADS);
        return;
    }
    for (int team = 0; team < TEAMS; team++) {
        memset(&all, 0, sizeof all);
        all.grain = 1 + team % 90;
        nt_pool_run(pool, run_loops, &all);
        for (int loop = 0; loop < LOOPS; loop++) {
            for (int i = 0; i < INDICES; i++) {
                if (all.visits[loop][i] == loop + 1) continue;
                fail("team %d, loop %d, index %d is %d", team, loop, i, all.visits[loop][i]);
            }
        }
    }
    nt_pool_destroy(pool);
}
