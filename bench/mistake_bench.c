// Measures how well probable mistakes are found (search/label_mistakes.h), on objects whose identity is known.
//
// usage: mistake_bench OBJECTS VECTORS [--trials N]
//
// The files are those that bench/labelling.py --keep leaves (label_data.h). Objects are labelled with their identities,
// all or a third of them, and some wrongly: one at a time with another identity of the group, or with the identity it
// resembles most, or five of a row at once. Noes are said of what resembles each identity most, some of its own
// objects. Wrong ones are drawn the same every time.
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "label_data.h"
#include "search/label_mistakes.h"
#include "vector_index/vector_kernels.h"

#define RUN_LENGTH 5
#define NOES_EACH 4
// Of what resembles an identity most, so many are drawn from.
#define NOES_FROM 20
static const float cuts[] = {0.5f, 0.7f, 0.9f};
#define CUTS (sizeof(cuts) / sizeof(cuts[0]))

static struct data data;
static struct label_key *keys; // of the objects
static int32_t *identities;    // and their numbers
static uint16_t *halves;
static int32_t identity_count;
static size_t trials = 8;
static uint64_t random_state;

static size_t draw(size_t below)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t x = random_state;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (size_t)((x ^ x >> 31) % below);
}

static void read_objects(const char *path, const char *vectors)
{
    data_read(&data, path, vectors);
    keys = mem_calloc(data.count + 1, sizeof(*keys));
    identities = mem_calloc(data.count + 1, sizeof(*identities));
    halves = mem_calloc(data.count * data.dimension + 1, sizeof(*halves));
    for (size_t i = 0; i < data.count; i++) {
        if (!label_key_of(data.objects[i].id, &keys[i])) {
            fprintf(stderr, "mistake_bench: line %zu of %s is no object\n", i + 1, path);
            exit(2);
        }
        identities[i] = identity_count;
        for (size_t j = 0; j < i && identities[i] == identity_count; j++) {
            if (data_is_same(&data, i, j))
                identities[i] = identities[j];
        }
        identity_count += identities[i] == identity_count;
        vector_to_half(data.vectors + i * data.dimension, halves + i * data.dimension, data.dimension);
    }
}

static float alike(size_t a, size_t b)
{
    return vector_dot_half(data.vectors + a * data.dimension, halves + b * data.dimension, data.dimension);
}

// ---- one trial

struct trial {
    struct mistake_assertion *said;
    size_t *of; // the object of each
    bool *is_wrong;
    size_t count, wrong;
};

static void say(struct trial *t, size_t object, int32_t label, bool is_no, bool is_wrong)
{
    t->said[t->count] = (struct mistake_assertion){.key = keys[object], .track = -1, .label = label, .is_no = is_no};
    t->of[t->count] = object;
    t->is_wrong[t->count++] = is_wrong;
    t->wrong += is_wrong;
}

static void mislabel(struct trial *t, size_t i, int32_t label)
{
    if (t->is_wrong[i])
        return;
    t->said[i].label = label;
    t->is_wrong[i] = true;
    t->wrong++;
}

static int32_t most_alike(const struct trial *t, size_t i)
{
    float best = -2;
    int32_t found = -1;
    for (size_t j = 0; j < t->count; j++) {
        float here = alike(t->of[i], t->of[j]);
        if (identities[t->of[j]] != identities[t->of[i]] && here > best) {
            best = here;
            found = identities[t->of[j]];
        }
    }
    return found;
}

// Another identity of the group; of another group where, after so many draws, there seems to be no other one.
static int32_t other_of_group(size_t object)
{
    for (size_t draws = 0; draws < 100 * data.count; draws++) {
        size_t other = draw(data.count);
        if (identities[other] != identities[object] && data.objects[other].group == data.objects[object].group)
            return identities[other];
    }
    return (identities[object] + 1) % identity_count;
}

enum planting { PLANT_NONE, PLANT_ONE, PLANT_ALIKE, PLANT_RUN };

// The objects of an identity come in the order of their frames.
static void plant(struct trial *t, enum planting planting, size_t wanted)
{
    while (t->count > 0 && t->wrong < wanted) {
        size_t i = draw(t->count);
        int32_t right = identities[t->of[i]];
        if (t->is_wrong[i])
            continue;
        int32_t label = planting == PLANT_ALIKE ? most_alike(t, i) : other_of_group(t->of[i]);
        size_t run = planting == PLANT_RUN ? RUN_LENGTH : 1;
        size_t all = 0;
        for (size_t j = 0; j < t->count; j++)
            all += identities[t->of[j]] == right;
        if (run * 5 > all * 2)
            run = 1; // most of what was said of it stays right
        for (size_t j = i; j < t->count && run > 0; j++) {
            if (identities[t->of[j]] == right && keys[t->of[j]].video == keys[t->of[i]].video) {
                mislabel(t, j, label);
                run--;
            }
        }
    }
}

// Noes of what resembles each identity most; of some of its own objects, which are not said to be it then.
static void say_noes(struct trial *t)
{
    size_t yeses = t->count;
    struct bench_scored *near = mem_calloc(data.count, sizeof(*near));
    for (int32_t identity = 0; identity < identity_count; identity++) {
        size_t count = 0;
        size_t own = SIZE_MAX;
        for (size_t object = 0; object < data.count; object++) {
            if (identities[object] == identity)
                continue;
            float best = -2;
            for (size_t i = 0; i < yeses; i++) {
                if (t->said[i].label == identity)
                    best = fmaxf(best, alike(object, t->of[i]));
            }
            near[count++] = (struct bench_scored){.score = best, .object = object};
        }
        for (size_t i = 0; i < yeses; i++)
            own = t->said[i].label == identity && draw(3) == 0 ? i : own;
        qsort(near, count, sizeof(*near), bench_by_score);
        for (size_t n = 0; n < NOES_EACH && count > 0; n++) {
            size_t from = count < NOES_FROM ? count : NOES_FROM;
            size_t at = draw(from);
            say(t, near[at].object, identity, true, false);
            near[at] = near[--count];
        }
        if (own != SIZE_MAX && !t->said[own].is_no && draw(3) == 0) {
            t->said[own].is_no = true;
            t->is_wrong[own] = true;
            t->wrong++;
        }
    }
    free(near);
}

// ---- figures

struct figures {
    double average_precision;
    size_t trials, said, wrong, listed[CUTS], right[CUTS];
    double seconds;
};

struct scored {
    float score;
    bool is_wrong;
};

static int highest_first(const void *a, const void *b)
{
    float x = ((const struct scored *)a)->score;
    float y = ((const struct scored *)b)->score;
    return (x < y) - (x > y);
}

static void judge(const struct trial *t, struct figures *f)
{
    uint16_t *of = mem_calloc(t->count * data.dimension, sizeof(*of));
    struct mistake *found = mem_calloc(t->count, sizeof(*found));
    struct scored *scored = mem_calloc(t->count, sizeof(*scored));
    for (size_t i = 0; i < t->count; i++)
        memcpy(of + i * data.dimension, halves + t->of[i] * data.dimension, data.dimension * sizeof(*of));
    struct timespec start;
    struct timespec end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    bench_check(
        label_mistakes_find(t->said, t->count, of, data.dimension, NULL, found, &bench_err), "finding mistakes");
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    f->seconds += (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    for (size_t i = 0; i < t->count; i++) {
        scored[i] = (struct scored){found[i].score, t->is_wrong[i]};
        for (size_t c = 0; c < CUTS; c++) {
            f->listed[c] += found[i].score >= cuts[c];
            f->right[c] += found[i].score >= cuts[c] && t->is_wrong[i];
        }
    }
    qsort(scored, t->count, sizeof(*scored), highest_first);
    double sum = 0;
    size_t right = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (scored[i].is_wrong)
            sum += (double)++right / (double)(i + 1);
    }
    f->average_precision += t->wrong > 0 ? sum / (double)t->wrong : 0;
    f->trials++;
    f->said += t->count;
    f->wrong += t->wrong;
    free(of);
    free(found);
    free(scored);
}

static void print(const char *what, double share, const struct figures *f)
{
    printf("%-34s %4.0f %% |", what, 100 * share);
    if (f->wrong > 0)
        printf(" %.3f |", f->average_precision / (double)f->trials);
    else
        printf("       |");
    for (size_t c = 0; c < CUTS; c++) {
        if (f->wrong > 0)
            printf(" %.2f %.2f |", f->listed[c] > 0 ? (double)f->right[c] / (double)f->listed[c] : 1.0,
                (double)f->right[c] / (double)f->wrong);
        else
            printf(" %9.1f |", 1000.0 * (double)f->listed[c] / (double)f->said);
    }
    printf(" %zu of %zu\n", f->wrong, f->said);
    fflush(stdout);
}

static void measure(const char *what, enum planting planting, double share, double wrong, bool with_noes)
{
    struct figures f = {0};
    for (size_t n = 0; n < trials; n++) {
        random_state = 1000 * n + 7;
        struct trial t = {.said = mem_calloc(data.count + (size_t)identity_count * NOES_EACH, sizeof(*t.said)),
            .of = mem_calloc(data.count + (size_t)identity_count * NOES_EACH, sizeof(*t.of)),
            .is_wrong = mem_calloc(data.count + (size_t)identity_count * NOES_EACH, sizeof(*t.is_wrong))};
        for (size_t i = 0; i < data.count; i++) {
            if (draw(1000) < (size_t)(1000 * share))
                say(&t, i, identities[i], false, false);
        }
        plant(&t, planting, (size_t)lround(wrong * (double)t.count));
        if (with_noes)
            say_noes(&t);
        judge(&t, &f);
        free(t.said);
        free(t.of);
        free(t.is_wrong);
    }
    print(what, share, &f);
}

static void measure_speed(size_t count)
{
    struct trial t = {.said = mem_calloc(count, sizeof(*t.said)),
        .of = mem_calloc(count, sizeof(*t.of)),
        .is_wrong = mem_calloc(count, sizeof(*t.is_wrong))};
    struct figures f = {0};
    for (size_t i = 0; i < count; i++) {
        say(&t, i % data.count, identities[i % data.count], false, false);
        t.said[i].key.video += i / data.count;
    }
    judge(&t, &f);
    printf("%zu assertions: %.2f s of processor time\n", count, f.seconds);
    free(t.said);
    free(t.of);
    free(t.is_wrong);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"trials", required_argument, NULL, 't'}, {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 't')
            return 2;
        trials = strtoul(optarg, NULL, 10);
    }
    if (argc - optind != 2) {
        fprintf(stderr, "usage: mistake_bench OBJECTS VECTORS [--trials N]\n");
        return 2;
    }
    read_objects(argv[optind], argv[optind + 1]);
    if (data.count == 0 || identity_count < 2) {
        fprintf(stderr, "mistake_bench: %s has no two identities\n", argv[optind]);
        return 2;
    }
    printf(
        "%zu objects of %d identities; precision and recall at a score of 0.5, 0.7 and 0.9 (of what is right: listed "
        "in a thousand)\n",
        data.count, identity_count);
    printf("wrong, and the share labelled            | average precision | 0.5 | 0.7 | 0.9 | wrong\n");
    static const double shares[] = {1, 0.3};
    for (size_t s = 0; s < 2; s++) {
        measure("nothing", PLANT_NONE, shares[s], 0, false);
        measure("2 % one at a time", PLANT_ONE, shares[s], 0.02, false);
        measure("5 % one at a time", PLANT_ONE, shares[s], 0.05, false);
        measure("2 % as what they resemble most", PLANT_ALIKE, shares[s], 0.02, false);
        measure("5 % as what they resemble most", PLANT_ALIKE, shares[s], 0.05, false);
        measure("5 % five of a row at once", PLANT_RUN, shares[s], 0.05, false);
        measure("noes, some of the thing itself", PLANT_NONE, shares[s], 0, true);
    }
    static const size_t sizes[] = {1000, 5000, 10000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        measure_speed(sizes[i]);
    return 0;
}
