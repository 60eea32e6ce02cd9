#include "vision/assignment.h"

#include <float.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// Every row has a place of its own to stay alone at, as if it were a column that nobody else can have: its price is
// always 0, so it needs no entry.
struct assignment {
    double *price;      // of each column, the dual variable v; never above 0
    double *distance;   // of each column, from the row that is being placed
    int32_t *row_of;    // of each column
    int32_t *from_row;  // of each column: the row before it on the shortest path
    uint8_t *done;      // of each column: its distance is final
    int32_t *seen;      // columns with a distance
    int32_t *free_rows; // rows to be placed
    size_t columns;
    size_t rows;
};

struct assignment *assignment_new(void)
{
    return mem_calloc(1, sizeof(struct assignment));
}

void assignment_free(struct assignment *a)
{
    if (a == NULL)
        return;
    free(a->price);
    free(a->distance);
    free(a->row_of);
    free(a->from_row);
    free(a->done);
    free(a->seen);
    free(a->free_rows);
    free(a);
}

static void make_room(struct assignment *a, const struct assignment_problem *p)
{
    if (p->columns > a->columns) {
        a->columns = p->columns * 2;
        a->price = mem_realloc_array(a->price, a->columns, sizeof(*a->price));
        a->distance = mem_realloc_array(a->distance, a->columns, sizeof(*a->distance));
        a->row_of = mem_realloc_array(a->row_of, a->columns, sizeof(*a->row_of));
        a->from_row = mem_realloc_array(a->from_row, a->columns, sizeof(*a->from_row));
        a->done = mem_realloc_array(a->done, a->columns, sizeof(*a->done));
        a->seen = mem_realloc_array(a->seen, a->columns, sizeof(*a->seen));
    }
    if (p->rows > a->rows) {
        a->rows = p->rows * 2;
        a->free_rows = mem_realloc_array(a->free_rows, a->rows, sizeof(*a->free_rows));
    }
}

static void place(struct assignment *a, int32_t *column_of, size_t row, int32_t column)
{
    column_of[row] = column;
    if (column != ASSIGNMENT_NONE)
        a->row_of[column] = (int32_t)row;
}

// Augmenting row reduction: gives a free row its cheapest column and lowers the column's price by as much as the row
// prefers it to the next best. A row that had the column is free again. Returns how many rows are left.
static size_t reduce_rows(
    struct assignment *a, const struct assignment_problem *p, int32_t *column_of, size_t free_count)
{
    size_t left = 0;
    for (size_t k = 0; k < free_count; k++) {
        size_t row = (size_t)a->free_rows[k];
        double best = p->alone;
        double second = DBL_MAX;
        int32_t column = ASSIGNMENT_NONE;
        for (size_t e = p->begin[row]; e < p->begin[row + 1]; e++) {
            double reduced = p->cost[e] - a->price[p->column[e]];
            if (reduced < best) {
                second = best;
                best = reduced;
                column = p->column[e];
            } else if (reduced < second) {
                second = reduced;
            }
        }
        if (column != ASSIGNMENT_NONE) {
            int32_t other = a->row_of[column];
            a->price[column] -= second - best;
            if (other != ASSIGNMENT_NONE) {
                column_of[other] = ASSIGNMENT_NONE;
                a->free_rows[left++] = other; // never past k: at most one a round
            }
        }
        place(a, column_of, row, column);
    }
    return left;
}

struct path {
    double length;  // of the shortest path to a free place
    int32_t column; // where it ends; ASSIGNMENT_NONE: `row` stays alone
    size_t row;
    size_t seen;
};

// Goes from `row` along its pairs.
static void scan_row(struct assignment *a, const struct assignment_problem *p, struct path *path, size_t row, double at,
    double row_price)
{
    if (at + (p->alone - row_price) < path->length) {
        path->length = at + (p->alone - row_price);
        path->column = ASSIGNMENT_NONE;
        path->row = row;
    }
    for (size_t e = p->begin[row]; e < p->begin[row + 1]; e++) {
        int32_t column = p->column[e];
        double distance = at + (p->cost[e] - a->price[column] - row_price);
        if (a->done[column] || !(distance < a->distance[column]) || !(distance < path->length))
            continue;
        if (a->from_row[column] == ASSIGNMENT_NONE)
            a->seen[path->seen++] = column;
        a->distance[column] = distance;
        a->from_row[column] = (int32_t)row;
        if (a->row_of[column] == ASSIGNMENT_NONE) {
            path->length = distance;
            path->column = column;
            path->row = row;
        }
    }
}

// The nearest column that is not done and has a row to go on from; -1: none nearer than the end of the path.
static int32_t nearest(const struct assignment *a, const struct path *path)
{
    double least = path->length;
    int32_t found = ASSIGNMENT_NONE;
    for (size_t i = 0; i < path->seen; i++) {
        int32_t column = a->seen[i];
        if (!a->done[column] && a->row_of[column] != ASSIGNMENT_NONE && a->distance[column] < least) {
            least = a->distance[column];
            found = column;
        }
    }
    return found;
}

static double row_price_of(
    const struct assignment *a, const struct assignment_problem *p, const int32_t *column_of, size_t row)
{
    for (size_t e = p->begin[row]; e < p->begin[row + 1]; e++) {
        if (p->column[e] == column_of[row])
            return p->cost[e] - a->price[p->column[e]];
    }
    return p->alone;
}

// Shortest augmenting path from a free row (Dijkstra with reduced costs), then the prices that keep it optimal.
static void augment(struct assignment *a, const struct assignment_problem *p, int32_t *column_of, size_t start)
{
    struct path path = {.length = DBL_MAX, .column = ASSIGNMENT_NONE, .row = start, .seen = 0};
    // The price of a free row may be anything: 0 keeps distances the plain costs.
    scan_row(a, p, &path, start, 0.0, 0.0);
    for (;;) {
        int32_t column = nearest(a, &path);
        if (column == ASSIGNMENT_NONE)
            break;
        a->done[column] = 1;
        size_t row = (size_t)a->row_of[column];
        scan_row(a, p, &path, row, a->distance[column], row_price_of(a, p, column_of, row));
    }
    for (size_t i = 0; i < path.seen; i++) {
        int32_t column = a->seen[i];
        if (a->done[column])
            a->price[column] += a->distance[column] - path.length;
    }
    // Along the path every row hands its column on.
    size_t row = path.row;
    int32_t column = path.column;
    for (;;) {
        int32_t given_up = column_of[row];
        place(a, column_of, row, column);
        if (row == start)
            break;
        column = given_up;
        row = (size_t)a->from_row[column];
    }
    for (size_t i = 0; i < path.seen; i++) {
        a->distance[a->seen[i]] = DBL_MAX;
        a->from_row[a->seen[i]] = ASSIGNMENT_NONE;
        a->done[a->seen[i]] = 0;
    }
}

static double total(const struct assignment_problem *p, const int32_t *column_of)
{
    double sum = 0.0;
    for (size_t row = 0; row < p->rows; row++) {
        double cost = p->alone;
        for (size_t e = p->begin[row]; e < p->begin[row + 1] && column_of[row] != ASSIGNMENT_NONE; e++) {
            if (p->column[e] == column_of[row])
                cost = p->cost[e];
        }
        sum += cost;
    }
    return sum;
}

double assignment_solve(struct assignment *a, const struct assignment_problem *p, int32_t *column_of)
{
    make_room(a, p);
    for (size_t j = 0; j < p->columns; j++) {
        a->price[j] = 0.0;
        a->distance[j] = DBL_MAX;
        a->row_of[j] = ASSIGNMENT_NONE;
        a->from_row[j] = ASSIGNMENT_NONE;
        a->done[j] = 0;
    }
    size_t left = 0;
    for (size_t row = 0; row < p->rows; row++) {
        column_of[row] = ASSIGNMENT_NONE;
        if (p->begin[row + 1] > p->begin[row])
            a->free_rows[left++] = (int32_t)row;
    }
    // Two rounds, as Jonker and Volgenant advise: more seldom place further rows.
    for (int round = 0; round < 2 && left > 0; round++)
        left = reduce_rows(a, p, column_of, left);
    for (size_t k = 0; k < left; k++)
        augment(a, p, column_of, (size_t)a->free_rows[k]);
    return total(p, column_of);
}
