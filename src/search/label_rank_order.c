// The order of what was found: plain similarity to the nearest positive, corrected by what else is known.
//
// A probability that is fitted to be right on the whole is not the best order for every thing. Ranked by it, some
// things came far later than by similarity: those of which many pictures resemble each other look as if they stood in a
// crowd of others, and a wrong group of a high probability put all its boxes before the right ones. So each correction
// is worth a bounded amount of similarity, and what was fitted here is how much (a linear combination of evidence, Fox
// and Shaw 1994, "Combination of multiple searches"): as much as ranks no identity of the measured sets lower than
// similarity does (docs/labelling.md, "Ranking after feedback").
#include <math.h>

#include "search/label_rank_internal.h"

// What follows from the positives through near frames or a track comes before everything else, and what follows from a
// group that was taken later before what is only like it.
#define FOLLOWED 1.0f
#define FOLLOWED_FROM_GROUP 0.3f
// An object counts so far as its group does, which is ranked by the member that is most like the thing; and so far by
// what was taken for the thing, where that is more like it than the positives are.
#define OF_GROUP 0.3f
#define OF_TAKEN 0.5f
// What being more like what is not the thing takes away, and what each bit of being like others does.
#define OF_AGAINST 0.03f
#define OF_CROWD 0.14f
// Another object of the thing's frame.
#define MATE 0.1f
// What being probable adds: in the next frames, and at any other time.
#define PROBABLE_NEAR 0.1f
#define PROBABLE_FAR 0.06f
// Of examples: what was said is not for the order to doubt.
#define SAID 2.0f

static float of_group(const struct rank_object *object, const struct rank_features *of)
{
    float similarity = object->similarity + OF_GROUP * (of->similarity - object->similarity);
    return similarity + OF_TAKEN * fmaxf(fmaxf(object->nearest, of->nearest) - similarity, 0);
}

static float of_taken(const struct rank_object *object)
{
    if (object->nearest < object->against)
        return 0;
    return object->trust < 1 ? FOLLOWED_FROM_GROUP : FOLLOWED;
}

float rank_order(const struct rank_object *object, const struct rank_features *of, float probability)
{
    float similarity = of_group(object, of);
    switch (object->role) {
    case ROLE_POSITIVE:
        return similarity + SAID;
    case ROLE_NEGATIVE:
    case ROLE_OTHER:
        return similarity - SAID;
    case ROLE_MATE:
        return similarity - MATE;
    case ROLE_TAKEN:
        return similarity + of_taken(object);
    case ROLE_FREE:
        break;
    }
    if (object->group < 0 && object->evidence >= 0) // outside the pool
        return similarity + of_taken(object);
    return similarity - OF_AGAINST * fmaxf(of->against - of->nearest, 0) - OF_CROWD * (of->crowd - CROWD_UNKNOWN) +
        (of->near >= 0 ? PROBABLE_NEAR : PROBABLE_FAR) * probability;
}
