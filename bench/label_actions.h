// How many actions a simulated person (label_person.h) needs to label an identity, in the ways that are compared
// (label_ways.h), as tables.
#pragma once

#include "label_data.h"

struct actions_options {
    size_t starts;    // first clicks tried for each identity, the same ones in every way
    size_t boxes_min; // identities with fewer are left out
    bool has_detail;  // a line for each identity
    bool is_quick;    // no threshold in hindsight
};

void actions_measure(const struct data *data, enum track_source tracks, const struct actions_options *options);
