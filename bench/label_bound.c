#include "label_bound.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "label_person.h"

// Appearances of one identity: all sets of them are tried.
#define OWN_MAX 16
#define NONE SIZE_MAX

struct bound {
    const struct data *data;
    size_t *appearance; // of each object
    size_t *sizes;      // of each appearance
    size_t count;
    // Of the identity looked at last: its appearances, and how like each is to each object.
    size_t identity; // an object of it; NONE: none yet
    size_t own[OWN_MAX];
    size_t own_count, boxes;
    float *links; // own_count × objects
    float own_links[OWN_MAX][OWN_MAX];
    size_t *wrong; // working memory: boxes of each appearance
};

// What is found with one set of clicks and one cut.
struct found {
    bool own[OWN_MAX];
    size_t right;
};

static bool is_one_appearance(const struct data_object *a, const struct data_object *b)
{
    return a->tracks[TRACKS_TRUE] >= 0 && a->tracks[TRACKS_TRUE] == b->tracks[TRACKS_TRUE] &&
        strncmp(a->id, b->id, VIDEO_ID_LENGTH) == 0 && strcmp(a->identity, b->identity) == 0;
}

struct bound *bound_new(const struct data *data)
{
    struct bound *b = mem_calloc(1, sizeof(*b));
    b->data = data;
    b->identity = NONE;
    b->appearance = mem_calloc(data->count + 1, sizeof(*b->appearance));
    b->sizes = mem_calloc(data->count + 1, sizeof(*b->sizes));
    b->wrong = mem_calloc(data->count + 1, sizeof(*b->wrong));
    b->links = mem_calloc(OWN_MAX * data->count + 1, sizeof(*b->links));
    for (size_t i = 0; i < data->count; i++) {
        size_t first = 0;
        while (first < i && !is_one_appearance(&data->objects[first], &data->objects[i]))
            first++;
        b->appearance[i] = first < i ? b->appearance[first] : b->count++;
        b->sizes[b->appearance[i]]++;
    }
    return b;
}

void bound_free(struct bound *bound)
{
    free(bound->appearance);
    free(bound->sizes);
    free(bound->wrong);
    free(bound->links);
    free(bound);
}

static size_t own_of(struct bound *b, size_t object)
{
    size_t i = 0;
    while (i < b->own_count && b->own[i] != b->appearance[object])
        i++;
    return i;
}

static void look_at(struct bound *b, size_t first)
{
    const struct data *data = b->data;
    b->identity = first;
    b->own_count = b->boxes = 0;
    for (size_t i = 0; i < data->count; i++) {
        if (!data_is_same(data, i, first))
            continue;
        b->boxes++;
        if (own_of(b, i) < b->own_count)
            continue;
        if (b->own_count == OWN_MAX) {
            fprintf(stderr, "bench: %s appears more than %d times\n", data->objects[first].identity, OWN_MAX);
            exit(2);
        }
        b->own[b->own_count++] = b->appearance[i];
    }
    for (size_t i = 0; i < OWN_MAX * data->count; i++)
        b->links[i] = -1;
    for (size_t i = 0; i < data->count; i++) {
        float *links = b->links + own_of(b, i) * data->count;
        for (size_t j = 0; j < data->count && data_is_same(data, i, first); j++)
            links[j] = fmaxf(links[j], data_cosine(data, i, j));
    }
    for (size_t i = 0; i < b->own_count; i++) {
        for (size_t k = 0; k < b->own_count; k++)
            b->own_links[i][k] = -1;
        for (size_t j = 0; j < data->count; j++) {
            size_t k = own_of(b, j);
            if (k < b->own_count)
                b->own_links[i][k] = fmaxf(b->own_links[i][k], b->links[i * data->count + j]);
        }
    }
}

static bool is_clicked(uint64_t clicks, size_t i)
{
    return (clicks >> i & 1) != 0;
}

// What is as like as `cut` to what was clicked, and with `chained` to what was found.
static struct found find(const struct bound *b, uint64_t clicks, float cut, bool chained)
{
    struct found found = {0};
    bool has_grown = true;
    for (size_t i = 0; i < b->own_count; i++)
        found.own[i] = is_clicked(clicks, i);
    while (has_grown) {
        has_grown = false;
        for (size_t i = 0; i < b->own_count; i++) {
            for (size_t k = 0; k < b->own_count && (chained ? found.own[i] : is_clicked(clicks, i)); k++) {
                if (!found.own[k] && b->own_links[i][k] >= cut)
                    found.own[k] = has_grown = true;
            }
        }
    }
    for (size_t i = 0; i < b->own_count; i++)
        found.right += found.own[i] ? b->sizes[b->own[i]] : 0;
    return found;
}

static int most_first(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return (x < y) - (x > y);
}

// Noes until what is found is right enough.
static size_t count_noes(struct bound *b, uint64_t clicks, const struct found *found, float cut, bool chained)
{
    size_t all = 0;
    size_t noes = 0;
    memset(b->wrong, 0, b->count * sizeof(*b->wrong));
    for (size_t j = 0; j < b->data->count; j++) {
        bool is_found = false;
        for (size_t i = 0; i < b->own_count && !is_found; i++)
            is_found = (chained ? found->own[i] : is_clicked(clicks, i)) && b->links[i * b->data->count + j] >= cut;
        if (!is_found || data_is_same(b->data, j, b->identity))
            continue;
        b->wrong[b->appearance[j]]++;
        all++;
    }
    qsort(b->wrong, b->count, sizeof(*b->wrong), most_first);
    while ((double)found->right < PERSON_ENOUGH * (double)(found->right + all))
        all -= b->wrong[noes++];
    return noes;
}

// With these clicks and the best cut for them; SIZE_MAX: more are needed.
static size_t noes_of(struct bound *b, uint64_t clicks)
{
    size_t best = SIZE_MAX;
    for (size_t at = 0; at <= 2 * b->own_count * b->own_count; at++) {
        size_t pair = at / 2;
        bool chained = at % 2 != 0;
        // The cut at each likeness of two of its appearances, and above all.
        float cut = pair < b->own_count * b->own_count ? b->own_links[pair / b->own_count][pair % b->own_count] : 2;
        struct found found = find(b, clicks, cut, chained);
        if ((double)found.right < PERSON_ENOUGH * (double)b->boxes)
            continue;
        size_t noes = count_noes(b, clicks, &found, cut, chained);
        best = noes < best ? noes : best;
    }
    return best;
}

static size_t count_bits(uint64_t bits)
{
    size_t count = 0;
    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

size_t bound_actions(struct bound *bound, size_t first)
{
    if (bound->identity == NONE || !data_is_same(bound->data, bound->identity, first))
        look_at(bound, first);
    size_t best = bound->own_count; // a click on each
    size_t begun = own_of(bound, first);
    for (size_t clicks = 1; clicks < best; clicks++) {
        for (uint64_t set = 1; set < UINT64_C(1) << bound->own_count; set++) {
            if (!is_clicked(set, begun) || count_bits(set) != clicks)
                continue;
            size_t noes = noes_of(bound, set);
            best = noes < best - clicks ? clicks + noes : best;
        }
    }
    return best;
}
