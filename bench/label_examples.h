// What a model makes of a few random examples, without a person: what it marks, and how it ranks.
#pragma once

#include "label_data.h"

// For each number of examples, and each identity with four more objects than that, examples are drawn at random (the
// same every time) and what the model marks is compared with the truth; beside it the plain cosine to the nearest
// example, cut at 0.90 and at the best threshold in hindsight; then once more with as many noes, of the boxes that are
// most like the examples and not it. Prints tables, and on standard error each identity that the model ranks worse than
// the cosine does, by average precision over all trials; returns how many of those there are.
size_t examples_measure(const struct data *data, size_t trials);
