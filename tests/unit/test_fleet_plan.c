/* Which of many replacements may begin: a table, a row a rule. */
#include "examples/tool/fleet_plan.c"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* States as letters: unchecked, being looked at, seen, being checked, ready, begun by an earlier
 * run, RUNNING, done, FAILED. */
static const char letters[] = "ulscrbRdF";

#define NONE (-1)
#define SIZE 32

struct row {
    const char *says;
    const char *states;
    size_t parallel, canaries, max_failures;
    int next;
    int is_unconfirmed, has_no_permission, is_interrupted, is_halted, is_only_finishing,
        is_in_doubt;
};

static const struct row rows[] = {
    /* the looks */
    {"the first to begin is a look", "uuu", 5, 1, 1, 0, 0, 0, 0, 0, 0, 0},
    {"looks go in the order of the list", "llu", 5, 1, 1, 2, 0, 0, 0, 0, 0, 0},
    {"no more looks at a time than --parallel", "lluu", 2, 1, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"looks need no confirmation", "suu", 5, 1, 1, 1, 1, 0, 0, 0, 0, 0},
    {"looks go on after a finding", "FFu", 5, 1, 1, 2, 0, 0, 0, 0, 0, 0},
    {"but not without permission", "Fuu", 5, 1, 1, NONE, 0, 1, 0, 0, 0, 0},
    {"nothing is checked while one is not seen", "ssu", 5, 1, 1, 2, 0, 0, 0, 0, 0, 0},
    {"nothing is checked while one is being looked at", "ssl", 5, 1, 1, NONE, 0, 0, 0, 0, 0, 0},

    /* the checks */
    {"a check needs confirmation", "sss", 5, 1, 1, NONE, 1, 0, 0, 0, 0, 0},
    {"all else does, too", "rrr", 5, 1, 1, NONE, 1, 0, 0, 0, 0, 0},
    {"an unfinished one too", "bdr", 5, 1, 1, NONE, 1, 0, 0, 0, 0, 0},
    {"the first to be checked is the canary", "sss", 5, 1, 1, 0, 0, 0, 0, 0, 0, 0},
    {"the rest waits for its check", "css", 5, 1, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"and for that of each canary", "rcs", 5, 2, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"canaries are checked side by side", "css", 5, 2, 1, 1, 0, 0, 0, 0, 0, 0},
    {"the rest is checked once the canary is", "rss", 5, 1, 1, 1, 0, 0, 0, 0, 0, 0},
    {"and side by side", "rcs", 5, 1, 1, 2, 0, 0, 0, 0, 0, 0},
    {"no canaries: all are checked at once", "css", 5, 0, 1, 1, 0, 0, 0, 0, 0, 0},
    {"no more checks at a time than --parallel", "rccss", 2, 1, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"checks go on after a finding", "Fss", 5, 1, 1, 1, 0, 0, 0, 0, 0, 0},
    {"but not without permission", "Fss", 5, 1, 1, NONE, 0, 1, 0, 0, 0, 0},
    {"nor after one that was taken for the request", "rFss", 5, 1, 9, NONE, 0, 0, 0, 1, 0, 0},
    {"nor while the answer to one is lost", "rcss", 5, 1, 9, NONE, 0, 0, 0, 0, 0, 1},
    {"then nothing is replaced either", "rFrr", 5, 1, 9, NONE, 0, 0, 0, 1, 0, 0},
    {"but what was begun is gone on with", "rFsb", 5, 1, 9, 3, 0, 0, 0, 1, 0, 0},
    {"nothing is stopped while one is unchecked", "rrs", 5, 3, 1, 2, 0, 0, 0, 0, 0, 0},
    {"nothing is stopped while one is being checked", "rrc", 5, 3, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"a finding stops everything before anything began", "rFr", 5, 1, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"unless more findings are allowed", "rFr", 5, 1, 2, 0, 0, 0, 0, 0, 0, 0},

    /* canaries */
    {"the canary is the first of the list", "rrrr", 5, 1, 1, 0, 0, 0, 0, 0, 0, 0},
    {"the rest waits for the canary", "Rrrr", 5, 1, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"canaries go side by side", "Rrrr", 5, 2, 1, 1, 0, 0, 0, 0, 0, 0},
    {"and no more than --parallel", "Rrrr", 1, 2, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"the rest waits for all canaries", "dRrr", 5, 2, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"the rest goes once the canary is done", "drrr", 5, 1, 1, 1, 0, 0, 0, 0, 0, 0},
    {"after a failed canary nothing new begins", "Frrr", 5, 1, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"even if more failures are allowed", "Frrr", 5, 1, 3, NONE, 0, 0, 0, 0, 0, 0},
    {"the other canary is still tried then", "Frrr", 5, 2, 3, 1, 0, 0, 0, 0, 0, 0},
    {"no canaries: all go at once", "Rrrr", 5, 0, 1, 1, 0, 0, 0, 0, 0, 0},
    {"more canaries than instances: all are", "Rrr", 5, 9, 1, 1, 0, 0, 0, 0, 0, 0},
    {"a canary that was done by an earlier run counts", "dddr", 5, 3, 1, 3, 0, 0, 0, 0, 0, 0},

    /* the rest */
    {"each in its turn", "dRRr", 3, 1, 1, 3, 0, 0, 0, 0, 0, 0},
    {"no more than --parallel at a time", "dRRRr", 3, 1, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"after a failure nothing new begins", "dFRr", 5, 1, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"after fewer than --max-failures it does", "dFRr", 5, 1, 2, 3, 0, 0, 0, 0, 0, 0},
    {"after as many it does not", "dFFr", 5, 1, 2, NONE, 0, 0, 0, 0, 0, 0},
    {"nor after a refusal for lack of permission", "dFRr", 5, 1, 9, NONE, 0, 1, 0, 0, 0, 0},
    {"nor after Ctrl-C", "dRRr", 5, 1, 1, NONE, 0, 0, 1, 0, 0, 0},
    {"no look after Ctrl-C either", "luuu", 5, 1, 1, NONE, 0, 0, 1, 0, 0, 0},
    {"nor a check", "csss", 5, 0, 1, NONE, 0, 0, 1, 0, 0, 0},

    /* what an earlier run has begun */
    {"goes first", "rrrb", 5, 1, 1, 3, 0, 0, 0, 0, 0, 0},
    {"before the checks, too", "sssb", 5, 1, 1, 3, 0, 0, 0, 0, 0, 0},
    {"but not before all are looked at", "sulb", 5, 1, 1, 1, 0, 0, 0, 0, 0, 0},
    {"and nothing else while that is all that is wanted", "sssR", 5, 1, 1, NONE, 0, 0, 0, 0, 1, 0},
    {"does not wait for the canary", "Rrrb", 5, 1, 1, 3, 0, 0, 0, 0, 0, 0},
    {"is finished even after failures", "rFFb", 5, 1, 1, 3, 0, 0, 0, 0, 0, 0},
    {"and without permission for new ones", "rFrb", 5, 1, 1, 3, 0, 1, 0, 0, 0, 0},
    {"but not after Ctrl-C", "rrrb", 5, 1, 1, NONE, 0, 0, 1, 0, 0, 0},
    {"counts among those at a time", "RRrb", 2, 1, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"is in the canary's way if it is one", "Rbrr", 2, 2, 1, 1, 0, 0, 0, 0, 0, 0},

    {"all done: nothing is left", "dddd", 5, 1, 1, NONE, 0, 0, 0, 0, 0, 0},
    {"an empty list: nothing to do", "", 5, 1, 1, NONE, 0, 0, 0, 0, 0, 0},
};

static size_t read_states(const char *text, uint8_t states[SIZE])
{
    size_t count = strlen(text);
    size_t i;

    assert_true(count <= SIZE);
    for (i = 0; i < count; i++) {
        const char *letter = strchr(letters, text[i]);

        assert_non_null(letter);
        states[i] = (uint8_t)(letter - letters);
    }
    return count;
}

static void each_row_of_the_table_holds(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct fleet_plan plan = {
            row->parallel,        row->canaries,          row->max_failures,
            !row->is_unconfirmed, row->is_only_finishing, row->has_no_permission,
            row->is_interrupted,  row->is_in_doubt,       row->is_halted};
        uint8_t states[SIZE];
        size_t count = read_states(row->states, states);
        size_t next = fleet_plan_next(&plan, states, count);

        if (next != (row->next == NONE ? FLEET_NONE : (size_t)row->next)) {
            fail_msg("%s: %s gives %d, not %d", row->says, row->states,
                     next == FLEET_NONE ? NONE : (int)next, row->next);
        }
    }
}

static uint8_t begun(uint8_t state)
{
    return state == FLEET_UNCHECKED ? FLEET_LOOKING
           : state == FLEET_SEEN    ? FLEET_CHECKING
                                    : FLEET_RUNNING;
}

/* Well; one that is not at work stays as it is. */
static uint8_t ended(uint8_t state)
{
    return state == FLEET_LOOKING    ? FLEET_SEEN
           : state == FLEET_CHECKING ? FLEET_READY
           : state == FLEET_RUNNING  ? FLEET_DONE
                                     : state;
}

/* Plays whole runs, each job ending by chance, and looks at every moment of them. */
static void in_no_run_is_anything_begun_that_may_not_be(void **state)
{
    uint32_t random = 1;
    int run;

    (void)state;
    for (run = 0; run < 2000; run++) {
        struct fleet_plan plan = {
            1 + (size_t)run % 5, (size_t)run % 4, 1 + (size_t)run % 3, 1, 0, 0, 0, 0, 0};
        uint8_t states[SIZE] = {FLEET_UNCHECKED};
        size_t next;

        for (;;) {
            size_t failed = fleet_plan_count(states, SIZE, FLEET_FAILED);
            size_t looking = fleet_plan_count(states, SIZE, FLEET_LOOKING);
            size_t checking = fleet_plan_count(states, SIZE, FLEET_CHECKING);
            size_t at_work = fleet_plan_count(states, SIZE, FLEET_RUNNING) + looking + checking;

            next = fleet_plan_next(&plan, states, SIZE);
            if (next != FLEET_NONE) {
                assert_true(at_work < plan.parallel);
                if (states[next] != FLEET_UNCHECKED) {
                    assert_int_equal(fleet_plan_count(states, SIZE, FLEET_UNCHECKED) + looking, 0);
                }
                if (states[next] == FLEET_READY) {
                    assert_int_equal(fleet_plan_count(states, SIZE, FLEET_SEEN) + checking, 0);
                    assert_true(failed < plan.max_failures);
                    assert_true(next < plan.canaries ||
                                fleet_plan_count(states, plan.canaries, FLEET_DONE) ==
                                    plan.canaries);
                }
                states[next] = begun(states[next]);
            } else if (at_work == 0) {
                break;
            } else { /* somebody ends, one in sixty badly */
                random = random * 1664525u + 1013904223u;
                next = (random >> 8) % SIZE;
                while (ended(states[next]) == states[next]) {
                    next = (next + 1) % SIZE;
                }
                states[next] = (random >> 20) % 60 == 0 ? FLEET_FAILED : ended(states[next]);
            }
        }
        if (fleet_plan_count(states, SIZE, FLEET_FAILED) == 0) {
            assert_int_equal(fleet_plan_count(states, SIZE, FLEET_DONE), SIZE);
        }
    }
}

/* What has to be looked after most urgently comes first. */
static void the_graver_exit_status_wins(void **state)
{
    static const int order[] = {4, 6, 5, 1, 3, 2, 0};
    size_t i, j;

    (void)state;
    for (i = 0; i < sizeof order / sizeof order[0]; i++) {
        for (j = i; j < sizeof order / sizeof order[0]; j++) {
            assert_int_equal(fleet_plan_graver(order[i], order[j]), order[i]);
            assert_int_equal(fleet_plan_graver(order[j], order[i]), order[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_of_the_table_holds),
        cmocka_unit_test(the_graver_exit_status_wins),
        cmocka_unit_test(in_no_run_is_anything_begun_that_may_not_be),
    };

    return cmocka_run_group_tests_name("fleet_plan", tests, NULL, NULL);
}
