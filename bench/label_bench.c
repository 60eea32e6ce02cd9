// Measures label ranking through the product's own interface, on objects whose identity is known.
//
// usage: label_bench OBJECTS VECTORS [--trials N]
//        label_bench --speed [--cpu-time] SIZE...
//
// OBJECTS has a line per object: its id, a tab, its identity, a tab, the group that figures are given for. VECTORS has
// as many vectors of float32 values. For each number of examples, and each identity with four more objects than that,
// examples are drawn at random (the same every time) and the model's suggestions compared with the truth; beside it the
// plain cosine to the nearest example, cut at 0.90 and at the best threshold in hindsight. bench/labelling.py makes the
// files. --speed measures the time of a round at sizes of the project; --cpu-time gives processor time, for busy
// machines.
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "os/file.h"
#include "search/label_rank.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_index_flat.h"
#include "vector_index/vector_index_usearch.h"

#define PROJECT "bench"
#define NAME_SIZE 96
#define GROUPS_MAX 16
#define EXAMPLES_MOST 10
#define CUTS 60
#define CUT_LOWEST 0.40f

struct object {
    char id[OBJECT_ID_SIZE];
    char identity[NAME_SIZE];
    int group;
};

static struct err err;
static struct object *objects;
static size_t object_count;
static size_t dimension;
static float *vectors;
static char groups[GROUPS_MAX][NAME_SIZE];
static int group_count;
static size_t trials = 5;
static bool use_cpu_time;

__attribute__((noreturn)) static void die(const char *what)
{
    fprintf(stderr, "label_bench: %s: %s\n", what, err.message);
    exit(1);
}

static void check(enum err_code code, const char *what)
{
    if (code != ERR_NONE)
        die(what);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(use_cpu_time ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static int group_of(const char *name)
{
    for (int i = 0; i < group_count; i++) {
        if (strcmp(groups[i], name) == 0)
            return i;
    }
    if (group_count == GROUPS_MAX) {
        fprintf(stderr, "label_bench: more than %d groups\n", GROUPS_MAX);
        exit(2);
    }
    snprintf(groups[group_count], NAME_SIZE, "%s", name);
    return group_count++;
}

static void read_objects(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        char group[NAME_SIZE];
        objects = mem_realloc_array(objects, object_count + 1, sizeof(*objects));
        if (sscanf(line, "%29s\t%95s\t%95s", objects[object_count].id, objects[object_count].identity, group) != 3) {
            fprintf(stderr, "label_bench: line %zu of %s is no object\n", object_count + 1, path);
            exit(2);
        }
        objects[object_count++].group = group_of(group);
    }
    fclose(file);
}

static void read_vectors(const char *path)
{
    char *bytes;
    size_t size;
    check(file_read(path, (size_t)4 << 30, &bytes, &size, &err), "reading vectors");
    vectors = (float *)(void *)bytes;
    dimension = size / sizeof(float) / object_count;
}

static void fill(struct vector_index *index)
{
    for (size_t i = 0; i < object_count; i++) {
        struct vector_item item = {.track = -1, .vector = vectors + i * dimension};
        memcpy(item.object, objects[i].id, sizeof(item.object));
        snprintf(item.class_name, sizeof(item.class_name), "object");
        check(vector_index_upsert(index, PROJECT, "bench", dimension, &item, 1, &err), "upsert");
    }
}

static float cosine(size_t a, size_t b)
{
    const float *x = vectors + a * dimension;
    const float *y = vectors + b * dimension;
    float sum = 0;
    for (size_t d = 0; d < dimension; d++)
        sum += x[d] * y[d];
    return sum;
}

struct quality {
    double precision, recall, f1, average_precision;
    size_t trials, marking, hits, wrong;
};

static void count_up(struct quality *q, size_t right, size_t wrong, size_t all)
{
    q->trials++;
    if (right + wrong > 0) {
        q->precision += (double)right / (double)(right + wrong);
        q->marking++;
    }
    q->recall += (double)right / (double)all;
    q->f1 += 2 * (double)right / (double)(right + wrong + all);
    q->hits += right;
    q->wrong += wrong;
}

static void print_quality(const struct quality *q)
{
    double n = (double)q->trials;
    if (q->trials == 0)
        printf("      |");
    else
        printf(" %.3f %.3f %.3f |", q->marking > 0 ? q->precision / (double)q->marking : 1.0, q->recall / n, q->f1 / n);
}

static size_t index_of(const char *id)
{
    for (size_t i = 0; i < object_count; i++) {
        if (strcmp(objects[i].id, id) == 0)
            return i;
    }
    return SIZE_MAX;
}

static double average_precision(const bool *right, size_t count, size_t all)
{
    double sum = 0;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (right[i])
            sum += (double)++found / (double)(i + 1);
    }
    return all > 0 ? sum / (double)all : 0;
}

struct scored {
    float score;
    bool right;
    size_t object;
};

static int by_score(const void *a, const void *b)
{
    const struct scored *x = a;
    const struct scored *y = b;
    return x->score != y->score ? (x->score < y->score) - (x->score > y->score)
                                : (x->object > y->object) - (x->object < y->object);
}

struct calibration {
    double confidence[10];
    size_t right[10], count[10];
};

// Suggestions of the model from these examples.
static void try_model(struct vector_index *index, const size_t *examples, size_t n, size_t all, struct quality *q,
    struct calibration *calibration, double *blended)
{
    const char *positive[EXAMPLES_MOST];
    const char *identity = objects[examples[0]].identity;
    for (size_t i = 0; i < n; i++)
        positive[i] = objects[examples[i]].id;
    struct label_fit fit = {.vectors = index, .project = PROJECT, .positive = positive, .positive_count = n};
    struct label_model *model;
    check(label_model_fit(&fit, &model, &err), "fit");
    struct label_query query = {.min_confidence = 0, .limit = LABEL_NEIGHBOURS_MAX};
    struct label_hit *hits;
    size_t count;
    check(label_model_neighbours(model, &query, &hits, &count, &err), "neighbours");
    size_t right = 0;
    size_t wrong = 0;
    bool *is_right = mem_calloc(count + 1, sizeof(*is_right));
    for (size_t i = 0; i < count; i++) {
        is_right[i] = strcmp(objects[index_of(hits[i].object)].identity, identity) == 0;
        right += is_right[i] && hits[i].confidence >= 0.5f;
        wrong += !is_right[i] && hits[i].confidence >= 0.5f;
        size_t bin = (size_t)fminf(9, hits[i].confidence * 10);
        calibration->confidence[bin] += hits[i].confidence;
        calibration->right[bin] += is_right[i];
        calibration->count[bin]++;
    }
    count_up(q, right, wrong, all);
    q->average_precision += average_precision(is_right, count, all);
    struct label_model_info info;
    label_model_describe(model, &info);
    *blended += info.linear_weight;
    free(is_right);
    free(hits);
    label_model_free(model);
}

static void try_cosine(
    const size_t *examples, size_t n, size_t all, struct quality cuts[CUTS], struct scored *scored, double *average)
{
    const char *identity = objects[examples[0]].identity;
    size_t count = 0;
    for (size_t i = 0; i < object_count; i++) {
        float best = -1;
        bool is_example = false;
        for (size_t e = 0; e < n; e++) {
            is_example = is_example || examples[e] == i;
            best = fmaxf(best, cosine(i, examples[e]));
        }
        if (!is_example)
            scored[count++] = (struct scored){best, strcmp(objects[i].identity, identity) == 0, i};
    }
    qsort(scored, count, sizeof(*scored), by_score);
    bool *is_right = mem_calloc(count + 1, sizeof(*is_right));
    for (size_t i = 0; i < count; i++)
        is_right[i] = scored[i].right;
    *average += average_precision(is_right, count, all);
    free(is_right);
    for (size_t c = 0; c < CUTS; c++) {
        size_t right = 0;
        size_t i = 0;
        while (i < count && scored[i].score >= CUT_LOWEST + 0.01f * (float)c)
            right += scored[i++].right;
        count_up(&cuts[c], right, i - right, all);
    }
}

static void measure(struct vector_index *index, size_t n, struct calibration *calibration)
{
    struct quality model[GROUPS_MAX] = {0};
    static struct quality cuts[GROUPS_MAX][CUTS];
    double average[GROUPS_MAX] = {0};
    size_t worse[GROUPS_MAX] = {0};
    double blended = 0;
    memset(cuts, 0, sizeof(cuts));
    struct scored *scored = mem_calloc(object_count, sizeof(*scored));
    size_t *members = mem_calloc(object_count, sizeof(*members));
    for (size_t first = 0; first < object_count; first++) {
        size_t count = 0;
        bool is_first = true;
        for (size_t i = 0; i < object_count; i++) {
            if (strcmp(objects[i].identity, objects[first].identity) == 0) {
                is_first = is_first && i >= first;
                members[count++] = i;
            }
        }
        if (!is_first || count < n + 4)
            continue;
        int group = objects[first].group;
        for (size_t trial = 0; trial < trials; trial++) {
            size_t examples[EXAMPLES_MOST] = {0};
            uint64_t random = mix(first * 1000 + trial);
            for (size_t e = 0; e < n; e++) { // the first n of a shuffle
                random = mix(random);
                size_t other = e + random % (count - e);
                size_t chosen = members[other];
                members[other] = members[e];
                members[e] = examples[e] = chosen;
            }
            double before = model[group].average_precision;
            double before_cosine = average[group];
            try_model(index, examples, n, count - n, &model[group], calibration, &blended);
            try_cosine(examples, n, count - n, cuts[group], scored, &average[group]);
            worse[group] += model[group].average_precision - before < average[group] - before_cosine - 0.005;
        }
    }
    for (int g = 0; g < group_count; g++) {
        size_t best = 0;
        for (size_t c = 0; c < CUTS; c++)
            best = cuts[g][c].f1 > cuts[g][best].f1 ? c : best;
        if (model[g].trials == 0)
            continue;
        printf("%2zu | %-14s |", n, groups[g]);
        print_quality(&model[g]);
        print_quality(&cuts[g][50]);
        print_quality(&cuts[g][best]);
        printf(" %.2f | %.3f %.3f %zu/%zu\n", CUT_LOWEST + 0.01 * (double)best,
            model[g].average_precision / (double)model[g].trials, average[g] / (double)model[g].trials, worse[g],
            model[g].trials);
    }
    fflush(stdout);
    free(members);
    free(scored);
}

static void print_calibration(const struct calibration *c)
{
    double error = 0;
    size_t all = 0;
    printf("\nconfidence: mean, share right, objects\n");
    for (size_t i = 0; i < 10; i++) {
        if (c->count[i] == 0)
            continue;
        double mean = c->confidence[i] / (double)c->count[i];
        double share = (double)c->right[i] / (double)c->count[i];
        printf("  %.3f %.3f %zu\n", mean, share, c->count[i]);
        error += fabs(mean - share) * (double)c->count[i];
        all += c->count[i];
    }
    printf("expected calibration error %.4f\n", all > 0 ? error / (double)all : 0.0);
}

// --speed: tracks of 25 crops in frames of five objects, as vector_bench makes them, though simpler.
static void speed_vector(uint64_t n, float *vector)
{
    uint64_t seeds[3] = {mix(n / 25) % 80, n / 25 + 1000, n + 100000000};
    float weights[3] = {0.75f, 0.6f, 0.28f};
    memset(vector, 0, dimension * sizeof(*vector));
    for (int s = 0; s < 3; s++) {
        uint64_t state = mix(seeds[s]);
        for (size_t d = 0; d < dimension; d += 4) {
            state = mix(state);
            for (size_t k = 0; k < 4 && d + k < dimension; k++)
                vector[d + k] += weights[s] * ((float)(state >> 16 * k & 0xffff) - 32767.5f);
        }
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void speed_id(uint64_t n, char id[OBJECT_ID_SIZE])
{
    // A frame has one object of each of five tracks that run beside each other.
    char video[VIDEO_ID_SIZE];
    uint64_t track = n / 25;
    snprintf(video, sizeof(video), "%016" PRIx64, n / 5000 + 1);
    object_id_make(video, (int32_t)(track / 5 * 25 % 100000 + n % 25), (int32_t)(track % 5), id);
}

static void speed_fill(struct vector_index *index, size_t size)
{
    enum { BATCH = 250 };
    static struct vector_item items[BATCH];
    float *batch = mem_calloc(BATCH * dimension, sizeof(float));
    for (size_t from = 0; from < size; from += BATCH) {
        for (size_t i = 0; i < BATCH; i++) {
            items[i] = (struct vector_item){.track = -1, .vector = batch + i * dimension};
            speed_id(from + i, items[i].object);
            snprintf(items[i].class_name, sizeof(items[i].class_name), "object");
            speed_vector(from + i, batch + i * dimension);
        }
        check(vector_index_upsert(index, PROJECT, "bench", dimension, items, BATCH, &err), "upsert");
    }
    check(vector_index_flush(index, &err), "flush");
    free(batch);
}

static void speed_round(struct vector_index *index, size_t size, size_t positives, size_t negatives)
{
    enum { ROUNDS = 40, MOST = 64 };
    double fits[ROUNDS];
    double suggestions[ROUNDS];
    double neighbours[ROUNDS];
    size_t suggested = 0;
    for (size_t r = 0; r < ROUNDS; r++) {
        char ids[2 * MOST][OBJECT_ID_SIZE];
        const char *list[2 * MOST];
        uint64_t track = mix(r) % (size / 25);
        for (size_t i = 0; i < positives + negatives; i++) {
            uint64_t of = i < positives ? track : (track + 1 + i) % (size / 25);
            speed_id(of * 25 + i % 25, ids[i]);
            list[i] = ids[i];
        }
        struct label_fit fit = {.vectors = index,
            .project = PROJECT,
            .positive = list,
            .positive_count = positives < 25 ? positives : 25,
            .negative = list + positives,
            .negative_count = negatives};
        struct label_query query = {.min_confidence = 0.5f, .limit = 1000};
        struct label_model *model;
        struct label_hit *hits;
        size_t count;
        int64_t start = now_us();
        check(label_model_fit(&fit, &model, &err), "fit");
        int64_t fitted = now_us();
        check(label_model_neighbours(model, &query, &hits, &count, &err), "suggestions");
        int64_t got = now_us();
        suggested += count;
        free(hits);
        query.min_confidence = 0;
        check(label_model_neighbours(model, &query, &hits, &count, &err), "neighbours");
        fits[r] = (double)(fitted - start) / 1e3;
        suggestions[r] = (double)(got - start) / 1e3;
        neighbours[r] = (double)(now_us() - got + fitted - start) / 1e3;
        free(hits);
        label_model_free(model);
    }
    qsort(fits, ROUNDS, sizeof(double), ascending);
    qsort(suggestions, ROUNDS, sizeof(double), ascending);
    qsort(neighbours, ROUNDS, sizeof(double), ascending);
    printf("%8zu | %2zu + %2zu | %7.1f %7.1f | %7.1f %7.1f | %7.1f %7.1f | %zu\n", size, positives, negatives,
        fits[ROUNDS / 2], fits[ROUNDS - 1], suggestions[ROUNDS / 2], suggestions[ROUNDS - 1], neighbours[ROUNDS / 2],
        neighbours[ROUNDS - 1], suggested / ROUNDS);
    fflush(stdout);
}

static void speed(size_t size)
{
    char folder[FILE_PATH_MAX];
    struct vector_index *index;
    struct vector_index_usearch_options options = {.build_threads = 2, .no_background = true};
    dimension = 563;
    size = size / 250 * 250;
    check(dir_make_temporary(NULL, "label-bench-", folder, &err), "making a folder");
    check(vector_index_usearch_open(folder, &options, log_none(), &index, &err), "opening");
    speed_fill(index, size);
    static const size_t counts[][2] = {{1, 0}, {3, 1}, {10, 5}, {25, 20}};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        speed_round(index, size, counts[i][0], counts[i][1]);
    vector_index_free(index);
    check(dir_remove_tree(folder, &err), "removing the folder");
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"trials", required_argument, NULL, 't'}, {"speed", no_argument, NULL, 's'},
        {"cpu-time", no_argument, NULL, 'c'}, {0}};
    bool is_speed = false;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 't')
            trials = strtoul(optarg, NULL, 10);
        else if (option == 'c')
            use_cpu_time = true;
        else if (option == 's')
            is_speed = true;
        else
            return 2;
    }
    if (is_speed) {
        printf(
            "objects | positives + negatives | fit: median, most ms | fit and suggestions | fit and 1,000 neighbours | "
            "suggested\n");
        for (int i = optind; i < argc; i++)
            speed(strtoul(argv[i], NULL, 10));
        return 0;
    }
    if (argc - optind != 2) {
        fprintf(stderr, "usage: label_bench OBJECTS VECTORS [--trials N] | label_bench --speed SIZE...\n");
        return 2;
    }
    read_objects(argv[optind]);
    read_vectors(argv[optind + 1]);
    struct vector_index *index = vector_index_flat_new();
    fill(index);
    struct calibration calibration = {0};
    printf("%zu objects of %zu dimensions\n", object_count, dimension);
    printf("examples | group | model: precision recall F1 | 0.90 | best threshold in hindsight | which | mean average "
           "precision: model, cosine, times worse\n");
    static const size_t counts[] = {1, 2, 3, 5, EXAMPLES_MOST};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        measure(index, counts[i], &calibration);
    print_calibration(&calibration);
    vector_index_free(index);
    return 0;
}
