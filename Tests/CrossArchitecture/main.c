#include <stdio.h>
#include <string.h>

#include "check.h"

// Holds the kernels of every instruction set that this processor has against the scalar ones and against double
// precision. Arguments are the names of the tables that there have to be; without any, those that there are will do.

const nt_kernel_table *tables[NT_INSTRUCTION_SET_COUNT];

static void find_tables(int count, char **names) {
    int found = 0;
    for (int set = 0; set < NT_INSTRUCTION_SET_COUNT; set++) {
        tables[set] = nt_kernels_for((nt_instruction_set)set);
        if (tables[set] == NULL) continue;
        const char *name = nt_kernels_name(tables[set]);
        printf("%s%s", found == 0 ? "tables: " : ", ", name);
        if (count > 0 && (found >= count || strcmp(names[found], name) != 0)) fail("unexpected table %s", name);
        found += 1;
    }
    putchar('\n');
    if (found < count) fail("%d tables, expected %d", found, count);
}

int main(int argument_count, char **arguments) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    find_tables(argument_count - 1, arguments + 1);
    const struct {
        const char *name;
        void (*run)(void);
    } checks[] = {
        {"products", check_products},
        {"activations", check_activations},
        {"row operations", check_row_operations},
        {"attention", check_attention},
        {"pool", check_pool},
        {"limits", check_limits},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        const int before = failure_count();
        checks[i].run();
        printf("%-16s %s\n", checks[i].name, failure_count() == before ? "ok" : "FAILED");
    }
    if (failure_count() > 0) printf("%d failures\n", failure_count());
    return failure_count() == 0 ? 0 : 1;
}
