// A simulated person who knows the truth, and the ways of labelling that they are given.
//
// The person wants 95 % of an identity's boxes to carry the label, and 95 % of what carries it to be right. They begin
// with a click on one box of it, look at what carries the label now, and go on until that is so:
//
// - Where fewer than 95 % of what carries the label are right, they take out the wrong box that is shown as the surest
//   (a drag into the negative column).
// - Otherwise boxes are missing. If the way says that the label is not settled and asks about a box that does not carry
//   it ("is this it?"), they answer the first such question truthfully, and go on so until an answer was no. Then, and
//   where nothing is asked but to confirm what carries the label, they find a box without it in the videos and drag it
//   into the positive column: the one in the middle of the longest stretch without it.
//
// An action is one click, one drag of one box, or one answer, and each counts the same. Looking costs nothing.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "label_data.h"

// A way of labelling. `shown[i]`: how sure it is that object i carries the label, 0 where it does not.
struct label_way {
    const char *name;
    void *context;
    void (*begin)(void *context); // forgets everything
    void (*say)(void *context, size_t object, bool yes);
    void (*show)(void *context, float *shown);
    // The first object that it asks about and that is not shown; NULL: it never asks.
    bool (*ask)(void *context, const float *shown, size_t *object);
    // How good it thinks the label is (labels_candidates), if it can tell; NULL: it never says.
    bool (*estimate)(void *context, double *precision, double *missing);
};

#define PERSON_ACTIONS_MAX 100
#define PERSON_ENOUGH 0.95

struct person_run {
    size_t actions;  // until it was enough, or PERSON_ACTIONS_MAX + 1
    size_t answers;  // of them, answers to questions
    size_t removals; // and wrong boxes taken out
    // After so many actions; the last state stays when the person has stopped.
    double f1[PERSON_ACTIONS_MAX + 1];
};

// Called after each action with what is shown.
typedef void person_watch(void *context, const float *shown, size_t first);

void person_label(const struct data *data, const struct label_way *way, size_t first, size_t actions_max,
    person_watch *watch, void *watch_context, struct person_run *run);
