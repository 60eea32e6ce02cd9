// The fewest actions that could label an identity where likeness has to say what is the same thing: what the ways that
// are compared are held against.
//
// It knows from the truth what no way knows: which boxes are one appearance of a thing (its true track; a box without
// one is an appearance by itself), which appearances are best to click, and after each click the best place to cut, for
// this identity alone. An appearance is found from the cut on, as like as its most similar box is to what was clicked,
// or to what was found already, whichever takes fewer actions; of what is wrong only the boxes above the cut count, and
// one no takes away all of one appearance. What it does not know is that two appearances are one thing although others
// are more like them. So a way needs fewer only where it orders better than cosine does.
#pragma once

#include "label_data.h"

struct bound;
// The data is borrowed.
struct bound *bound_new(const struct data *data);
void bound_free(struct bound *bound);
// From a click on this box on, that click counted.
size_t bound_actions(struct bound *bound, size_t first);
