// The time of a round of labelling at several sizes of the project.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct speed_options {
    size_t labels;      // labels made, one after the other
    bool use_cpu_time;  // the program's processor time instead of the time on the clock: for busy machines
    bool has_tracks;    // objects are on tracks, and one no in two is about the label's own, which it divides
    const char *folder; // keeps the index here, in a folder per size, and uses it again; NULL: a temporary one
};

// A round is what happens when somebody says something: the labelling service stores it in the project's journal,
// learns the label anew, finds what else it is, what to ask next, and gives the labels of a page of objects. Embedded
// stores on disk, as `framehound up` has them; the project has `size` objects, and as many labels as there were before.
// Prints a row of a table.
void speed_measure(size_t size, const struct speed_options *options);
void speed_print_head(void);
