// What an object is and looks like: class by vote, and the running mean of its embeddings.
#include <math.h>
#include <string.h>

#include "vision/tracker_internal.h"

void class_votes_add(struct class_votes *v, int32_t class_id, double weight)
{
    if (class_id < 0)
        return;
    int least = 0;
    for (int i = 0; i < v->count; i++) {
        if (v->class_ids[i] == class_id) {
            v->votes[i] += weight;
            return;
        }
        if (v->votes[i] < v->votes[least])
            least = i;
    }
    int place = v->count < TRACKER_CLASSES ? v->count++ : least;
    v->class_ids[place] = class_id;
    v->votes[place] = weight;
}

void class_votes_merge(struct class_votes *v, const struct class_votes *other)
{
    for (int i = 0; i < other->count; i++)
        class_votes_add(v, other->class_ids[i], other->votes[i]);
}

int32_t class_votes_best(const struct class_votes *v)
{
    int best = -1;
    for (int i = 0; i < v->count; i++) {
        // Ties by number, so that the order in which classes came does not matter.
        if (best < 0 || v->votes[i] > v->votes[best] ||
            (v->votes[i] == v->votes[best] && v->class_ids[i] < v->class_ids[best]))
            best = i;
    }
    return best < 0 ? -1 : v->class_ids[best];
}

static double votes_of(const struct class_votes *v, int32_t class_id, double *all)
{
    double own = 0.0;
    *all = 0.0;
    for (int i = 0; i < v->count; i++) {
        *all += v->votes[i];
        own += v->class_ids[i] == class_id ? v->votes[i] : 0.0;
    }
    return own;
}

double class_mismatch(const struct class_votes *v, int32_t class_id)
{
    double all = 0.0;
    double own = votes_of(v, class_id, &all);
    return class_id < 0 || !(all > 0.0) ? 0.0 : 1.0 - own / all;
}

double class_votes_mismatch(const struct class_votes *a, const struct class_votes *b)
{
    double all_a = 0.0;
    double all_b = 0.0;
    double shared = 0.0;
    votes_of(a, -1, &all_a);
    votes_of(b, -1, &all_b);
    if (!(all_a > 0.0) || !(all_b > 0.0))
        return 0.0;
    for (int i = 0; i < a->count; i++) {
        double ignored = 0.0;
        shared += fmin(a->votes[i] / all_a, votes_of(b, a->class_ids[i], &ignored) / all_b);
    }
    return 1.0 - shared;
}

// Eight sums side by side, which a compiler can keep in one register; the order is fixed, so the result is too.
static double dot(const float *a, const float *b, int dimension)
{
    enum { LANES = 8 };
    float sums[LANES] = {0};
    int i = 0;
    for (; i + LANES <= dimension; i += LANES) {
        for (int k = 0; k < LANES; k++)
            sums[k] += a[i + k] * b[i + k];
    }
    double sum = 0.0;
    for (int k = 0; k < LANES; k++)
        sum += (double)sums[k];
    for (; i < dimension; i++)
        sum += (double)(a[i] * b[i]);
    return sum;
}

double look_distance(const float *a, const float *b, int dimension)
{
    return 1.0 - dot(a, b, dimension);
}

void look_add(struct tracker *t, struct tracklet *k, const float *embedding)
{
    if (embedding == NULL)
        return;
    if (k->look == NULL) {
        k->look = mem_dup(embedding, (size_t)t->dimension * sizeof(float));
        k->looks = 1;
        return;
    }
    // An exact mean at first, which then forgets.
    double keep = fmin(t->settings.look_memory, (double)k->looks / (k->looks + 1));
    double length = 0.0;
    k->looks++;
    for (int i = 0; i < t->dimension; i++) {
        k->look[i] = (float)(keep * (double)k->look[i] + (1.0 - keep) * (double)embedding[i]);
        length += (double)k->look[i] * (double)k->look[i];
    }
    length = fmax(sqrt(length), 1e-12);
    for (int i = 0; i < t->dimension; i++)
        k->look[i] = (float)((double)k->look[i] / length);
}
