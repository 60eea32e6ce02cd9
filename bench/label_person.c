#include "label_person.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct state {
    const struct data *data;
    size_t first; // the box they begin with
    float *shown;
    size_t right, wrong, all;
};

static void look(struct state *s, const struct label_way *way)
{
    s->right = s->wrong = s->all = 0;
    way->show(way->context, s->shown);
    for (size_t i = 0; i < s->data->count; i++) {
        bool is_it = data_is_same(s->data, i, s->first);
        s->all += is_it;
        s->right += is_it && s->shown[i] > 0;
        s->wrong += !is_it && s->shown[i] > 0;
    }
}

static double precision(const struct state *s)
{
    return s->right + s->wrong > 0 ? (double)s->right / (double)(s->right + s->wrong) : 1;
}

static bool is_enough(const struct state *s)
{
    return precision(s) >= PERSON_ENOUGH && (double)s->right / (double)s->all >= PERSON_ENOUGH;
}

static size_t surest_wrong(const struct state *s)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < s->data->count; i++) {
        if (s->shown[i] > 0 && !data_is_same(s->data, i, s->first) &&
            (best == SIZE_MAX || s->shown[i] > s->shown[best]))
            best = i;
    }
    return best;
}

// The middle of the longest stretch of the identity's boxes that lack the label.
static size_t middle_missing(const struct state *s)
{
    size_t *missing = mem_calloc(s->data->count, sizeof(*missing));
    size_t found = SIZE_MAX;
    size_t longest = 0;
    size_t length = 0;
    for (size_t i = 0; i < s->data->count; i++) {
        if (!data_is_same(s->data, i, s->first))
            continue;
        if (s->shown[i] > 0) {
            length = 0;
            continue;
        }
        missing[length++] = i;
        if (length > longest) {
            longest = length;
            found = missing[length / 2];
        }
    }
    free(missing);
    return found;
}

void person_label(const struct data *data, const struct label_way *way, size_t first, size_t actions_max,
    person_watch *watch, void *watch_context, struct person_run *run)
{
    struct state s = {.data = data, .first = first, .shown = mem_calloc(data->count, sizeof(float))};
    size_t target = first;
    bool yes = true;
    bool was_asked = false;
    *run = (struct person_run){0};
    way->begin(way->context);
    for (;;) {
        way->say(way->context, target, yes);
        run->actions++;
        look(&s, way);
        run->f1[run->actions] = 2 * (double)s.right / (double)(s.right + s.wrong + s.all);
        if (watch != NULL)
            watch(watch_context, s.shown, first);
        if (is_enough(&s) || run->actions == actions_max)
            break;
        bool answered_no = was_asked && !yes;
        was_asked = false;
        if (precision(&s) < PERSON_ENOUGH) {
            target = surest_wrong(&s);
            run->removals++;
        } else if (way->ask != NULL && !answered_no && way->ask(way->context, s.shown, &target)) {
            run->answers++;
            was_asked = true;
        } else {
            target = middle_missing(&s);
        }
        yes = data_is_same(data, target, first);
    }
    for (size_t n = run->actions + 1; n <= PERSON_ACTIONS_MAX; n++)
        run->f1[n] = run->f1[run->actions];
    if (!is_enough(&s))
        run->actions = PERSON_ACTIONS_MAX + 1;
    free(s.shown);
}
