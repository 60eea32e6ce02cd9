#include "vision/assignment.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

#define SIDE_MAX 7

// A small generator, so that a failure can be met again.
static uint32_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

struct table {
    size_t rows, columns;
    double cost[SIDE_MAX][SIDE_MAX]; // NAN: not a pair
    double alone;
};

// Tries everything.
static double least(const struct table *t, size_t row, unsigned taken)
{
    if (row == t->rows)
        return 0.0;
    double best = t->alone + least(t, row + 1, taken);
    for (size_t j = 0; j < t->columns; j++) {
        if ((taken & (1U << j)) != 0 || isnan(t->cost[row][j]))
            continue;
        double sum = t->cost[row][j] + least(t, row + 1, taken | 1U << j);
        best = sum < best ? sum : best;
    }
    return best;
}

static double solve(struct assignment *a, const struct table *t, int32_t *column_of)
{
    size_t begin[SIDE_MAX + 1] = {0};
    int32_t column[SIDE_MAX * SIDE_MAX];
    double cost[SIDE_MAX * SIDE_MAX];
    size_t pairs = 0;
    for (size_t i = 0; i < t->rows; i++) {
        begin[i] = pairs;
        for (size_t j = 0; j < t->columns; j++) {
            if (isnan(t->cost[i][j]))
                continue;
            column[pairs] = (int32_t)j;
            cost[pairs++] = t->cost[i][j];
        }
    }
    begin[t->rows] = pairs;
    const struct assignment_problem problem = {t->rows, t->columns, begin, column, cost, t->alone};
    return assignment_solve(a, &problem, column_of);
}

// What was chosen must be allowed, must not share a column, and must cost what was said.
static void check_choice(const struct table *t, const int32_t *column_of, double said)
{
    unsigned taken = 0;
    double sum = 0.0;
    for (size_t i = 0; i < t->rows; i++) {
        if (column_of[i] == ASSIGNMENT_NONE) {
            sum += t->alone;
            continue;
        }
        assert_in_range(column_of[i], 0, t->columns - 1);
        assert_false((taken & (1U << column_of[i])) != 0);
        taken |= 1U << column_of[i];
        double cost = t->cost[i][column_of[i]];
        assert_int_equal(isnan(cost) ? 1 : 0, 0);
        sum += cost;
    }
    assert_true(fabs(sum - said) < 1e-9);
}

static void random_table(struct table *t, uint32_t values, uint32_t gaps)
{
    *t = (struct table){.rows = random_below(SIDE_MAX + 1), .columns = random_below(SIDE_MAX + 1)};
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t j = 0; j < t->columns; j++)
            t->cost[i][j] = random_below(100) < gaps ? NAN : (double)random_below(values) / 10.0 - 2.0;
    }
    t->alone = (double)random_below(values) / 10.0;
}

static void the_choice_is_as_cheap_as_the_best_of_all(void **state)
{
    (void)state;
    struct assignment *a = assignment_new();
    for (int i = 0; i < 6000; i++) {
        struct table t;
        int32_t column_of[SIDE_MAX];
        // Few different costs: ties. Many gaps: several parts that do not touch.
        random_table(&t, i % 3 == 0 ? 4 : 1000, i % 2 == 0 ? 0 : 60);
        double said = solve(a, &t, column_of);
        check_choice(&t, column_of, said);
        assert_true(fabs(said - least(&t, 0, 0)) < 1e-9);
    }
    assignment_free(a);
}

static void a_pair_that_costs_more_than_staying_alone_is_not_chosen(void **state)
{
    (void)state;
    struct assignment *a = assignment_new();
    struct table t = {.rows = 2, .columns = 2, .cost = {{0.9, NAN}, {0.2, 0.95}}, .alone = 0.5};
    int32_t column_of[2];
    solve(a, &t, column_of);
    assert_int_equal(column_of[0], ASSIGNMENT_NONE);
    assert_int_equal(column_of[1], 0);
    assignment_free(a);
}

static void nothing_to_pair_is_fine(void **state)
{
    (void)state;
    struct assignment *a = assignment_new();
    struct table t = {.rows = 3, .columns = 0, .alone = 1.0};
    int32_t column_of[3];
    assert_true(solve(a, &t, column_of) == 3.0);
    t.rows = 0;
    assert_true(solve(a, &t, column_of) == 0.0);
    assignment_free(a);
}

// A dense table too large to try everything, whose best choice is known: the diagonal was made cheapest by prices.
static void large_tables_are_solved_too(void **state)
{
    (void)state;
    enum { SIDE = 300 };
    struct assignment *a = assignment_new();
    size_t *begin = mem_calloc(SIDE + 1, sizeof(*begin));
    int32_t *column = mem_calloc((size_t)SIDE * SIDE, sizeof(*column));
    double *cost = mem_calloc((size_t)SIDE * SIDE, sizeof(*cost));
    int32_t *column_of = mem_calloc(SIDE, sizeof(*column_of));
    double expected = 0.0;
    double prices[SIDE];
    for (size_t i = 0; i < SIDE; i++)
        prices[i] = (double)random_below(1000);
    for (size_t i = 0; i < SIDE; i++) {
        begin[i] = i * SIDE;
        for (size_t j = 0; j < SIDE; j++) {
            // Reduced costs: 0 on one permutation, more elsewhere.
            bool own = j == (i * 7 + 3) % SIDE;
            column[i * SIDE + j] = (int32_t)j;
            cost[i * SIDE + j] = prices[i] + prices[(j * 11) % SIDE] + (own ? 0.0 : 1.0 + (double)random_below(50));
            if (own)
                expected += cost[i * SIDE + j];
        }
    }
    begin[SIDE] = (size_t)SIDE * SIDE;
    const struct assignment_problem problem = {SIDE, SIDE, begin, column, cost, 1e9};
    assert_true(fabs(assignment_solve(a, &problem, column_of) - expected) < 1e-6);
    for (size_t i = 0; i < SIDE; i++)
        assert_int_equal(column_of[i], (i * 7 + 3) % SIDE);
    free(begin);
    free(column);
    free(cost);
    free(column_of);
    assignment_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_choice_is_as_cheap_as_the_best_of_all),
        cmocka_unit_test(a_pair_that_costs_more_than_staying_alone_is_not_chosen),
        cmocka_unit_test(nothing_to_pair_is_fine),
        cmocka_unit_test(large_tables_are_solved_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
