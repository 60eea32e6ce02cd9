// Optimal assignment: pairs rows with columns so that the sum of costs is least, where a row may also stay alone.
//
// The method is that of Jonker and Volgenant, "A shortest augmenting path algorithm for dense and sparse linear
// assignment problems" (Computing 38, 1987): augmenting row reduction, then shortest augmenting paths, on sparse costs.
// Only pairs that are given can be chosen, so what gates rule out costs nothing, and objects far from each other are
// solved apart by themselves. A row that stays alone costs `alone`, so no pair is chosen that costs more than that plus
// what it spares others.
//
// No state but the scratch memory of a solver: one thread at a time for each. Equal input gives equal output; of
// several optima the same is found again. Worst case O(rows² · pairs); with gates it is near the number of pairs.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ASSIGNMENT_NONE (-1)

// One row after the other; within a row no column twice. Costs are finite.
struct assignment_problem {
    size_t rows;
    size_t columns;
    const size_t *begin;   // rows + 1: where each row's pairs begin in the arrays below
    const int32_t *column; // of each pair
    const double *cost;    // of each pair
    double alone;          // what a row without a column costs
};

struct assignment;
struct assignment *assignment_new(void);
void assignment_free(struct assignment *assignment); // NULL is harmless

// Fills `column_of` (rows) with the column of each row, or ASSIGNMENT_NONE. Returns the sum of the costs, `alone` of
// the rows that stay alone included.
double assignment_solve(struct assignment *assignment, const struct assignment_problem *problem, int32_t *column_of);
