// Probable mistakes: assertions that disagree with what resembles them. (Elsewhere: label errors, label issues.)
//
// Each assertion is judged by the others, itself left out, as confident learning does with predictions from outside the
// sample (Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021); what
// predicts is the nearest assertion, on the scale on which label ranking takes things for the same (label_rank.h): how
// near it must be depends on whether it is of the next frames, of another time or of another video, and objects of one
// frame are never the same thing (unless the label names a kind of thing).
//
// - A yes is a mistake as probably as it is taken for what carries another label, or for what was said not to be it,
//   and not taken for the rest of its own label.
// - A no is one as probably as it is taken for what carries the label, and neither for what carries another label nor
//   for what else was said not to be it.
// - Assertions of one label about objects that follow each other (one track, or alike in the next frames) are one unit:
//   they are no evidence for each other, and are right or wrong together. Of two units that contradict each other the
//   smaller is suspected.
// - A label with nothing outside the unit, and a no for a label with less than two yeses, cannot be judged.
//
// docs/labelling.md has what it finds. Arithmetic only; safe from all threads. Errors: ERR_CANCELLED.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "search/label_map.h"

struct cancel;

struct mistake_assertion {
    struct label_key key;
    int64_t track; // -1: none
    int32_t label;
    bool is_no;
};

enum mistake_reason {
    MISTAKE_OTHER_LABEL, // said to be this, looks like another label
    MISTAKE_LIKE_NO,     // said to be this, looks like what was said not to be
    MISTAKE_LIKE_YES,    // said not to be this, looks like it
};
const char *mistake_reason_name(enum mistake_reason reason); // "other_label", "like_no", "like_yes"

struct mistake {
    float score; // 0 … 1; 0: none, or not to be judged
    enum mistake_reason reason;
    size_t unit;                            // assertions with the same number are one unit
    size_t own;                             // the nearest that agrees; SIZE_MAX: none
    size_t other;                           // the nearest that disagrees; SIZE_MAX: none
    float own_similarity, other_similarity; // cosines
};

// Judges `count` assertions; `halves` has the objects' vectors (count × dimension, normalised, as half floats). Each
// pair (label, object) at most once. Costs count² / 2 scalar products. Fills mistakes[0 … count - 1].
enum err_code label_mistakes_find(const struct mistake_assertion *assertions, size_t count, const uint16_t *halves,
    size_t dimension, struct cancel *cancel, struct mistake *mistakes, struct err *err) ERR_MUST_CHECK;
