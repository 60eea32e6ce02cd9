// Measures the embedded vector index: building, opening, querying with and without filters, recall, bytes.
//
// usage: vector_bench [--dimension D] [--queries N] [--threads N] [--vectors FILE] [--keep DIR] [--cpu-time]
//            [--extend COUNT]... SIZE...
//
// --cpu-time gives the processor time of queries and opening instead of the time on the clock, for busy machines.
// --extend adds so many to what was built or kept, and measures bringing them into the files and the graph that are
// there.
//
// Vectors are made to lie as descriptors of tracked objects do: kinds of things are a Gaussian mixture in a subspace,
// tracks scatter around them, and the crops of a track around it, with a little noise everywhere. A vector is a
// function of its number, so that none are kept in memory. With --vectors they are taken from a file of float32 values
// instead (repeated with a little noise when there are too few). Queries are new crops of tracks that are in the index.
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "bench.h"
#include "os/file.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_index_usearch.h"
#include "vector_index/vector_kernels.h"

#define PROJECT "bench"
#define LIMIT 10
#define KINDS 80
#define SUBSPACE 48
#define TRACK_LENGTH 25
#define VIDEO_LENGTH 5000
#define BATCH 256
#define EXTENSIONS_MAX 8

static size_t dimension = 563;
static size_t query_count = 500;
static float *basis; // SUBSPACE × dimension
static bool use_cpu_time;
static float *given; // of --vectors
static size_t given_count;
static size_t extensions[EXTENSIONS_MAX];
static size_t extension_count;

static double query_seconds(void)
{
    struct timespec now;
    clock_gettime(use_cpu_time ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

// Nearly normal: the sum of four uniform numbers, with deviation 1.
static float normal(uint64_t *state)
{
    uint64_t r = *state = mix(*state);
    int32_t sum = (int32_t)((r & 0xffff) + (r >> 16 & 0xffff) + (r >> 32 & 0xffff) + (r >> 48)) - 2 * 65535;
    return (float)sum / 65536.0f * 1.7320508f;
}

static void make_basis(void)
{
    uint64_t state = 1;
    basis = mem_calloc(SUBSPACE * dimension, sizeof(float));
    for (size_t i = 0; i < SUBSPACE * dimension; i++)
        basis[i] = normal(&state) / sqrtf((float)dimension);
}

static void add_scatter(float *point, uint64_t seed, float deviation)
{
    uint64_t state = mix(seed);
    for (size_t i = 0; i < SUBSPACE; i++)
        point[i] += normal(&state) * deviation;
}

static void synthetic_vector(uint64_t n, uint64_t crop, float *vector)
{
    uint64_t track = n / TRACK_LENGTH;
    float point[SUBSPACE] = {0};
    add_scatter(point, 1000000007u + mix(track) % KINDS, 1.0f);
    add_scatter(point, 3000000019u + track, 0.7f);
    add_scatter(point, 7000000001u + crop, 0.3f);
    uint64_t state = mix(crop + 11);
    float noise = 0.15f * sqrtf((float)SUBSPACE / (float)dimension);
    for (size_t d = 0; d < dimension; d++)
        vector[d] = normal(&state) * noise;
    for (size_t i = 0; i < SUBSPACE; i++) {
        for (size_t d = 0; d < dimension; d++)
            vector[d] += point[i] * basis[i * dimension + d];
    }
}

static void given_vector(uint64_t n, uint64_t crop, float *vector)
{
    const float *from = given + n % given_count * dimension;
    uint64_t state = mix(crop);
    float noise = crop < given_count ? 0 : 0.1f * vector_norm(from, dimension) / sqrtf((float)dimension);
    for (size_t d = 0; d < dimension; d++)
        vector[d] = from[d] + normal(&state) * noise;
}

// Crop `crop` of the object that number `n` belongs to.
static void make_vector(uint64_t n, uint64_t crop, float *vector)
{
    if (given != NULL)
        given_vector(n, crop, vector);
    else
        synthetic_vector(n, crop, vector);
}

static void read_given(const char *path)
{
    char *bytes;
    size_t size;
    bench_check(file_read(path, (size_t)8 << 30, &bytes, &size, &bench_err), "reading vectors");
    given = (float *)(void *)bytes;
    given_count = size / sizeof(float) / dimension;
    if (given_count == 0) {
        fprintf(stderr, "vector_bench: %s has no vector of %zu dimensions\n", path, dimension);
        exit(2);
    }
}

static void video_of(uint64_t n, char video[VIDEO_ID_SIZE])
{
    snprintf(video, VIDEO_ID_SIZE, "%016llx", (unsigned long long)mix(n / VIDEO_LENGTH));
}

// One object in ten is a "tenth", one in a hundred a "hundredth"; whole tracks are.
static const char *class_of(uint64_t n)
{
    uint64_t draw = mix(n / TRACK_LENGTH + 5) % 100;
    return draw == 0 ? "hundredth" : draw <= 10 ? "tenth" : "other";
}

static void fill(struct vector_index *index, size_t first, size_t size)
{
    struct vector_item *items = mem_calloc(BATCH, sizeof(*items));
    float *vectors = mem_calloc(BATCH * dimension, sizeof(float));
    for (size_t from = first; from < size; from += BATCH) {
        size_t count = size - from < BATCH ? size - from : BATCH;
        for (size_t i = 0; i < count; i++) {
            uint64_t n = from + i;
            char video[VIDEO_ID_SIZE];
            video_of(n, video);
            items[i] = (struct vector_item){
                .track = (int64_t)(n % VIDEO_LENGTH / TRACK_LENGTH), .vector = vectors + i * dimension};
            object_id_make(video, (int32_t)(n % VIDEO_LENGTH / 5), (int32_t)(n % 5), items[i].object);
            snprintf(items[i].class_name, VECTOR_CLASS_SIZE, "%s", class_of(n));
            make_vector(n, n, vectors + i * dimension);
        }
        bench_check(vector_index_upsert(index, PROJECT, "bench", dimension, items, count, &bench_err), "upsert");
    }
    free(vectors);
    free(items);
}

struct filter_case {
    const char *name;
    const char *class_name;
    bool one_video;
    bool exact;
};

static const struct filter_case cases[] = {
    {.name = "all"},
    {.name = "10 % (class)", .class_name = "tenth"},
    {.name = "1 % (class)", .class_name = "hundredth"},
    {.name = "one video", .one_video = true},
    {.name = "plain scan of all", .exact = true},
};

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t ask(struct vector_index *index, const struct vector_query *query, struct vector_hit **hits)
{
    size_t count = 0;
    bench_check(vector_index_query(index, query, hits, &count, &bench_err), "query");
    return count;
}

// Hits that the exact scan has too. One whose score equals the scan's last is as good.
static size_t count_right(
    const struct vector_hit *hits, size_t count, const struct vector_hit *expected, size_t expected_count)
{
    size_t right = 0;
    for (size_t i = 0; i < count && expected_count > 0; i++)
        right += hits[i].score >= expected[expected_count - 1].score;
    return right;
}

static void measure_case(struct vector_index *index, size_t size, const struct filter_case *c, size_t exact_count)
{
    size_t count = c->exact ? exact_count : query_count;
    double *times = mem_calloc(count, sizeof(double));
    float *vector = mem_calloc(dimension, sizeof(float));
    size_t right = 0;
    size_t expected_sum = 0;
    for (size_t q = 0; q < count; q++) {
        uint64_t n = mix(q + 99) % size;
        char video[VIDEO_ID_SIZE];
        video_of(n, video);
        make_vector(n, ((uint64_t)1 << 40) + q, vector);
        struct vector_query query = {.project = PROJECT,
            .vector = vector,
            .dimension = dimension,
            .limit = LIMIT,
            .min_score = -1,
            .exact = c->exact};
        if (c->class_name != NULL) {
            query.filter.classes = &c->class_name;
            query.filter.class_count = 1;
        }
        if (c->one_video)
            query.filter.video = video;
        struct vector_hit *hits;
        double start = query_seconds();
        size_t found = ask(index, &query, &hits);
        times[q] = (query_seconds() - start) * 1e3;
        if (q < exact_count && !c->exact) {
            struct vector_hit *expected;
            query.exact = true;
            size_t expected_count = ask(index, &query, &expected);
            right += count_right(hits, found, expected, expected_count);
            expected_sum += expected_count;
            free(expected);
        }
        free(hits);
    }
    qsort(times, count, sizeof(double), ascending);
    printf("  %-18s %9.3f %9.3f", c->name, times[count / 2], times[count * 99 / 100]);
    if (c->exact)
        printf(" %9s\n", "1");
    else
        printf(" %9.4f\n", expected_sum > 0 ? (double)right / (double)expected_sum : 0.0);
    fflush(stdout);
    free(vector);
    free(times);
}

static double resident_mib(const char *field)
{
    char line[256];
    double kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        if (strncmp(line, field, strlen(field)) == 0)
            kib = strtod(line + strlen(field) + 1, NULL);
    }
    if (status != NULL)
        fclose(status);
    return kib / 1024;
}

static struct vector_index *open_index(const char *folder, size_t threads)
{
    struct vector_index *index;
    struct vector_index_usearch_options options = {.build_threads = threads, .no_background = true};
    bench_check(vector_index_usearch_open(folder, &options, log_none(), &index, &bench_err), "opening");
    return index;
}

// User and system, of all threads.
static double processor_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void flush(struct vector_index *index, size_t count, size_t threads)
{
    double start = bench_seconds();
    double busy = processor_seconds();
    bench_check(vector_index_flush(index, &bench_err), "flush");
    busy = processor_seconds() - busy;
    double seconds = bench_seconds() - start;
    printf("  files and graph of %zu: %.0f vectors/s (%zu threads); processors busy for %.2f s, %.0f vectors/s\n",
        count, (double)count / seconds, threads, busy, (double)count / busy);
    fflush(stdout);
}

static void build(const char *folder, size_t size, size_t threads)
{
    struct vector_index *index = open_index(folder, threads);
    double start = bench_seconds();
    fill(index, 0, size);
    printf("  stored durably: %.0f vectors/s\n", (double)size / (bench_seconds() - start));
    flush(index, size, threads);
    vector_index_free(index);
}

static void extend(const char *folder, size_t size, size_t threads)
{
    struct vector_index *index = open_index(folder, threads);
    for (size_t i = 0; i < extension_count; i++) {
        fill(index, size, size + extensions[i]);
        flush(index, extensions[i], threads);
        size += extensions[i];
    }
    vector_index_free(index);
}

static void measure(const char *folder, size_t size, size_t threads)
{
    double anonymous = resident_mib("RssAnon:");
    double mapped = resident_mib("RssFile:");
    double start = query_seconds();
    struct vector_index *index = open_index(folder, threads);
    float *vector = mem_calloc(dimension, sizeof(float));
    make_vector(0, (uint64_t)1 << 41, vector);
    struct vector_query query = {
        .project = PROJECT, .vector = vector, .dimension = dimension, .limit = LIMIT, .min_score = -1};
    struct vector_hit *hits;
    ask(index, &query, &hits);
    free(hits);
    free(vector);
    double opened = query_seconds();
    struct vector_stats stats;
    bench_check(vector_index_stats(index, PROJECT, NULL, &stats, &bench_err), "stats");
    printf("  opened with a first answer: %.0f ms; on disk: %.0f bytes a vector\n", (opened - start) * 1e3,
        (double)stats.bytes / (double)stats.count);
    printf("  %-18s %9s %9s %9s\n", "query", "median ms", "99 % ms", "recall@10");
    // The first row also warms the caches; recall needs a scan per query, so not all of them are checked.
    size_t exact_count = size > 200000 ? 50 : 200;
    if (exact_count > query_count)
        exact_count = query_count;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (i == sizeof(cases) / sizeof(cases[0]) - 1)
            printf("  resident: %.0f MiB own, %.0f MiB mapped\n", resident_mib("RssAnon:") - anonymous,
                resident_mib("RssFile:") - mapped);
        measure_case(index, size, &cases[i], exact_count);
    }
    vector_index_free(index);
}

static void run(size_t size, const char *keep, size_t threads)
{
    char folder[FILE_PATH_MAX];
    bool is_new = true;
    printf("%zu vectors of %zu dimensions (kernels: %s)\n", size, dimension, vector_kernels_name());
    fflush(stdout);
    if (keep != NULL) {
        snprintf(folder, sizeof(folder), "%s/%zu-%zu", keep, size, dimension);
        is_new = !file_exists(folder);
        bench_check(dir_make(folder, &bench_err), "making a folder");
    } else {
        bench_check(dir_make_temporary(NULL, "vector-bench-", folder, &bench_err), "making a folder");
    }
    if (is_new)
        build(folder, size, threads);
    if (extension_count > 0)
        extend(folder, size, threads);
    measure(folder, size, threads);
    if (keep == NULL)
        bench_check(dir_remove_tree(folder, &bench_err), "removing the folder");
}

static size_t number(const char *text)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (*end != '\0' || value == 0 || value > 100000000) {
        fprintf(stderr, "vector_bench: \"%s\" is no size\n", text);
        exit(2);
    }
    return (size_t)value;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"dimension", required_argument, NULL, 'd'},
        {"queries", required_argument, NULL, 'q'}, {"threads", required_argument, NULL, 't'},
        {"vectors", required_argument, NULL, 'v'}, {"keep", required_argument, NULL, 'k'},
        {"cpu-time", no_argument, NULL, 'c'}, {"extend", required_argument, NULL, 'e'}, {0}};
    const char *vectors = NULL;
    const char *keep = NULL;
    size_t threads = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            dimension = number(optarg);
            break;
        case 'q':
            query_count = number(optarg);
            break;
        case 't':
            threads = number(optarg);
            break;
        case 'v':
            vectors = optarg;
            break;
        case 'k':
            keep = optarg;
            break;
        case 'c':
            use_cpu_time = true;
            break;
        case 'e':
            if (extension_count < EXTENSIONS_MAX)
                extensions[extension_count++] = number(optarg);
            break;
        default:
            return 2;
        }
    }
    if (dimension > VECTOR_DIMENSION_MAX) {
        fprintf(stderr, "vector_bench: at most %d dimensions\n", VECTOR_DIMENSION_MAX);
        return 2;
    }
    if (vectors != NULL)
        read_given(vectors);
    make_basis();
    for (int i = optind; i < argc; i++)
        run(number(argv[i]), keep, threads);
    return 0;
}
