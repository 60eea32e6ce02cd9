// Refusals: objects that somebody said are not of the class that the detector gave them ("this car is no car").
//
// A no for a label that is called like a class refuses that class. As with labels, an object's own word counts for
// itself and the latest word for the rest of its track. Filters by class leave refused objects out. This is what was so
// at one moment for the classes asked about (labels_refusals() makes it); NULL refuses nothing. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "search/label_map.h"

struct label_refusals;

struct label_refusals *label_refusals_new(void);
void label_refusals_free(struct label_refusals *refusals); // NULL is harmless

// The class that the following is about; the name is copied.
void label_refusals_add_class(struct label_refusals *refusals, const char *class_name);
// Whether the object itself was refused, or confirmed though its track was refused.
void label_refusals_add_object(struct label_refusals *refusals, struct label_key object, bool is_refused);
void label_refusals_add_track(struct label_refusals *refusals, struct label_key track);
// What else decides which objects are meant: which tracks the videos have.
void label_refusals_add_state(struct label_refusals *refusals, uint64_t state);

// The label by which the vector index knows the objects that were refused themselves, where they are of one class and
// too many to name all; NULL: it is not to be asked so. Copied; borrowed.
void label_refusals_set_mirrored(struct label_refusals *refusals, const char *label);
const char *label_refusals_mirrored(const struct label_refusals *refusals);

// `track` -1: none.
bool label_refusals_has(
    const struct label_refusals *refusals, const char *class_name, struct label_key object, int64_t track);
// The same for an object by its id.
bool label_refusals_has_id(
    const struct label_refusals *refusals, const char *class_name, const char *object, int64_t track);
// Differs where what is refused does; 0 for nothing.
uint64_t label_refusals_digest(const struct label_refusals *refusals);
