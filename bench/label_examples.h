// What a model makes of a few random examples, without a person: what it marks, and how it ranks.
#pragma once

#include "label_data.h"

// For each number of examples, and each identity with four more objects than that, examples are drawn at random (the
// same every time) and what the model marks is compared with the truth; beside it the plain cosine to the nearest
// example, cut at 0.90 and at the best threshold in hindsight. Prints tables.
void examples_measure(const struct data *data, size_t trials);
