#include "base/metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SERIES_BUCKETS 512
#define CACHE_LINE 64

enum metric_kind { KIND_COUNTER, KIND_GAUGE, KIND_GAUGE_READ, KIND_HISTOGRAM };

struct metric_counter {
    _Alignas(CACHE_LINE) atomic_uint_fast64_t count;
};

struct metric_gauge {
    _Alignas(CACHE_LINE) _Atomic double value;
};

struct metric_histogram {
    const double *bounds; // the family's
    size_t bound_count;
    _Atomic double sum;
    atomic_uint_fast64_t buckets[METRICS_BUCKETS_MAX + 1]; // the last one: above all bounds
};

struct series {
    char *labels; // as shown: part="indexer",model="x"; "" for none
    struct series *next_in_bucket;
    struct series *next_in_family;
    union {
        struct metric_counter counter;
        struct metric_gauge gauge;
        struct metric_histogram histogram;
        struct {
            double (*read)(void *arg);
            void *arg;
        } callback;
    };
};

struct family {
    char *name;
    char *help;
    enum metric_kind kind;
    char *label_names; // "part,model"
    double bounds[METRICS_BUCKETS_MAX];
    size_t bound_count;
    size_t series_count;
    struct series *first;
    struct series *last;
    struct series *buckets[SERIES_BUCKETS];
    struct family *next; // by name
};

struct metrics {
    pthread_mutex_t mutex;
    struct family *families;
};

struct metrics *metrics_new(void)
{
    struct metrics *metrics = mem_calloc(1, sizeof(*metrics));
    pthread_mutex_init(&metrics->mutex, NULL);
    return metrics;
}

static void family_free(struct family *family)
{
    for (struct series *series = family->first; series != NULL;) {
        struct series *next = series->next_in_family;
        free(series->labels);
        free(series);
        series = next;
    }
    free(family->name);
    free(family->help);
    free(family->label_names);
    free(family);
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    for (struct family *family = metrics->families; family != NULL;) {
        struct family *next = family->next;
        family_free(family);
        family = next;
    }
    pthread_mutex_destroy(&metrics->mutex);
    free(metrics);
}

_Noreturn static void defect(const char *name, const char *what)
{
    fprintf(stderr, "framehound: metric %s: %s\n", name, what);
    abort();
}

static bool name_is_valid(const char *name)
{
    if (name[0] == '\0' || (name[0] >= '0' && name[0] <= '9'))
        return false;
    return name[strspn(name,
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXY"
               "Z0123456789_")] == '\0';
}

static void add_escaped(struct strbuf *out, const char *text, bool quotes)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            strbuf_adds(out, "\\\\");
        else if (*text == '\n')
            strbuf_adds(out, "\\n");
        else if (*text == '"' && quotes)
            strbuf_adds(out, "\\\"");
        else
            strbuf_addc(out, *text);
    }
}

static char *join_label_names(const char *name, const struct metric_label *labels, size_t count)
{
    struct strbuf names;
    strbuf_init(&names);
    for (size_t i = 0; i < count; i++) {
        if (!name_is_valid(labels[i].name))
            defect(name, "a label's name is none");
        strbuf_addf(&names, i == 0 ? "%s" : ",%s", labels[i].name);
    }
    return strbuf_detach(&names, NULL);
}

static char *show_labels(const struct metric_label *labels, size_t count, const char *instead)
{
    struct strbuf shown;
    strbuf_init(&shown);
    for (size_t i = 0; i < count; i++) {
        strbuf_addf(&shown, i == 0 ? "%s=\"" : ",%s=\"", labels[i].name);
        add_escaped(&shown, instead != NULL ? instead : labels[i].value, true);
        strbuf_addc(&shown, '"');
    }
    return strbuf_detach(&shown, NULL);
}

static struct family *family_get(struct metrics *metrics, const char *name, const char *help, enum metric_kind kind,
    const struct metric_label *labels, size_t label_count)
{
    if (label_count > METRICS_LABELS_MAX)
        defect(name, "too many labels");
    char *label_names = join_label_names(name, labels, label_count);
    struct family **at = &metrics->families;
    while (*at != NULL && strcmp((*at)->name, name) < 0)
        at = &(*at)->next;
    struct family *family = *at;
    if (family != NULL && strcmp(family->name, name) == 0) {
        if (family->kind != kind)
            defect(name, "used as two kinds of metric");
        if (strcmp(family->label_names, label_names) != 0)
            defect(name, "used with other labels than before");
        free(label_names);
        return family;
    }
    if (!name_is_valid(name))
        defect(name, "the name is none");
    family = mem_calloc(1, sizeof(*family));
    family->name = mem_strdup(name);
    family->help = mem_strdup(help);
    family->kind = kind;
    family->label_names = label_names;
    family->next = *at;
    *at = family;
    return family;
}

// FNV-1a.
static size_t bucket_of(const char *text)
{
    uint64_t hash = 14695981039346656037u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return (size_t)(hash % SERIES_BUCKETS);
}

static struct series *series_find(const struct family *family, const char *labels)
{
    struct series *series = family->buckets[bucket_of(labels)];
    while (series != NULL && strcmp(series->labels, labels) != 0)
        series = series->next_in_bucket;
    return series;
}

static struct series *series_make(struct family *family, char *labels)
{
    struct series *series = NULL;
    // The metrics inside are kept apart by cache lines, so that busy counters do not slow each other.
    if (posix_memalign((void **)&series, CACHE_LINE, sizeof(*series)) != 0)
        defect(family->name, "out of memory");
    memset(series, 0, sizeof(*series));
    series->labels = labels;
    struct series **bucket = &family->buckets[bucket_of(labels)];
    series->next_in_bucket = *bucket;
    *bucket = series;
    if (family->last != NULL)
        family->last->next_in_family = series;
    else
        family->first = series;
    family->last = series;
    family->series_count++;
    return series;
}

// Finds or makes the series; when the family is full, the one that all further combinations share.
static struct series *series_get(struct family *family, const struct metric_label *labels, size_t label_count)
{
    char *shown = show_labels(labels, label_count, NULL);
    struct series *series = series_find(family, shown);
    if (series == NULL && family->series_count >= METRICS_SERIES_MAX) {
        free(shown);
        shown = show_labels(labels, label_count, "other");
        series = series_find(family, shown);
    }
    if (series != NULL) {
        free(shown);
        return series;
    }
    return series_make(family, shown);
}

struct metric_counter *metrics_counter(
    struct metrics *metrics, const char *name, const char *help, const struct metric_label *labels, size_t label_count)
{
    if (metrics == NULL)
        return NULL;
    pthread_mutex_lock(&metrics->mutex);
    struct family *family = family_get(metrics, name, help, KIND_COUNTER, labels, label_count);
    struct series *series = series_get(family, labels, label_count);
    pthread_mutex_unlock(&metrics->mutex);
    return &series->counter;
}

struct metric_gauge *metrics_gauge(
    struct metrics *metrics, const char *name, const char *help, const struct metric_label *labels, size_t label_count)
{
    if (metrics == NULL)
        return NULL;
    pthread_mutex_lock(&metrics->mutex);
    struct family *family = family_get(metrics, name, help, KIND_GAUGE, labels, label_count);
    struct series *series = series_get(family, labels, label_count);
    pthread_mutex_unlock(&metrics->mutex);
    return &series->gauge;
}

struct metric_histogram *metrics_histogram(struct metrics *metrics, const char *name, const char *help,
    const double *bounds, size_t bound_count, const struct metric_label *labels, size_t label_count)
{
    if (metrics == NULL)
        return NULL;
    pthread_mutex_lock(&metrics->mutex);
    struct family *family = family_get(metrics, name, help, KIND_HISTOGRAM, labels, label_count);
    if (family->series_count == 0) {
        if (bound_count > METRICS_BUCKETS_MAX)
            defect(name, "too many buckets");
        for (size_t i = 1; i < bound_count; i++) {
            if (!(bounds[i - 1] < bounds[i]))
                defect(name, "the buckets do not ascend");
        }
        memcpy(family->bounds, bounds, bound_count * sizeof(*bounds));
        family->bound_count = bound_count;
    }
    struct series *series = series_get(family, labels, label_count);
    // Once: others may be observing it already.
    if (series->histogram.bounds == NULL) {
        series->histogram.bounds = family->bounds;
        series->histogram.bound_count = family->bound_count;
    }
    pthread_mutex_unlock(&metrics->mutex);
    return &series->histogram;
}

void metrics_gauge_read(struct metrics *metrics, const char *name, const char *help, double (*read)(void *arg),
    void *arg, const struct metric_label *labels, size_t label_count)
{
    if (metrics == NULL)
        return;
    pthread_mutex_lock(&metrics->mutex);
    struct family *family = family_get(metrics, name, help, KIND_GAUGE_READ, labels, label_count);
    struct series *series = series_get(family, labels, label_count);
    series->callback.read = read;
    series->callback.arg = arg;
    pthread_mutex_unlock(&metrics->mutex);
}

void metric_add(struct metric_counter *counter, uint64_t n)
{
    if (counter != NULL)
        atomic_fetch_add_explicit(&counter->count, n, memory_order_relaxed);
}

uint64_t metric_count(const struct metric_counter *counter)
{
    return counter != NULL ? atomic_load_explicit(&((struct metric_counter *)counter)->count, memory_order_relaxed) : 0;
}

static void add_double(_Atomic double *to, double by)
{
    double old = atomic_load_explicit(to, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(to, &old, old + by, memory_order_relaxed, memory_order_relaxed))
        ;
}

void metric_set(struct metric_gauge *gauge, double value)
{
    if (gauge != NULL)
        atomic_store_explicit(&gauge->value, value, memory_order_relaxed);
}

void metric_shift(struct metric_gauge *gauge, double by)
{
    if (gauge != NULL)
        add_double(&gauge->value, by);
}

double metric_value(const struct metric_gauge *gauge)
{
    return gauge != NULL ? atomic_load_explicit(&((struct metric_gauge *)gauge)->value, memory_order_relaxed) : 0;
}

void metric_observe(struct metric_histogram *histogram, double value)
{
    if (histogram == NULL)
        return;
    size_t i = 0;
    while (i < histogram->bound_count && value > histogram->bounds[i])
        i++;
    atomic_fetch_add_explicit(&histogram->buckets[i], 1, memory_order_relaxed);
    add_double(&histogram->sum, value);
}

uint64_t metric_observations(const struct metric_histogram *histogram, double *sum)
{
    struct metric_histogram *from = (struct metric_histogram *)histogram;
    uint64_t count = 0;
    for (size_t i = 0; from != NULL && i <= from->bound_count; i++)
        count += atomic_load_explicit(&from->buckets[i], memory_order_relaxed);
    if (sum != NULL)
        *sum = from != NULL ? atomic_load_explicit(&from->sum, memory_order_relaxed) : 0;
    return count;
}

static void show_number(struct strbuf *out, double value)
{
    if (isnan(value))
        strbuf_adds(out, "NaN");
    else if (isinf(value))
        strbuf_adds(out, value > 0 ? "+Inf" : "-Inf");
    else
        strbuf_addf(out, "%.15g", value);
}

static void show_name(struct strbuf *out, const char *name, const char *suffix, const char *labels)
{
    strbuf_addf(out, "%s%s", name, suffix);
    if (labels[0] != '\0')
        strbuf_addf(out, "{%s}", labels);
    strbuf_addc(out, ' ');
}

static void show_histogram(struct strbuf *out, const char *name, const char *labels, struct metric_histogram *from)
{
    uint64_t below = 0;
    for (size_t i = 0; i <= from->bound_count; i++) {
        below += atomic_load_explicit(&from->buckets[i], memory_order_relaxed);
        strbuf_addf(out, "%s_bucket{%s%sle=\"", name, labels, labels[0] != '\0' ? "," : "");
        show_number(out, i < from->bound_count ? from->bounds[i] : INFINITY);
        strbuf_addf(out, "\"} %llu\n", (unsigned long long)below);
    }
    show_name(out, name, "_sum", labels);
    show_number(out, atomic_load_explicit(&from->sum, memory_order_relaxed));
    strbuf_addc(out, '\n');
    show_name(out, name, "_count", labels);
    strbuf_addf(out, "%llu\n", (unsigned long long)below);
}

static void show_series(struct strbuf *out, const struct family *family, struct series *series)
{
    switch (family->kind) {
    case KIND_COUNTER:
        show_name(out, family->name, "", series->labels);
        strbuf_addf(out, "%llu\n", (unsigned long long)metric_count(&series->counter));
        return;
    case KIND_GAUGE:
        show_name(out, family->name, "", series->labels);
        show_number(out, metric_value(&series->gauge));
        strbuf_addc(out, '\n');
        return;
    case KIND_GAUGE_READ:
        if (series->callback.read == NULL)
            return;
        show_name(out, family->name, "", series->labels);
        show_number(out, series->callback.read(series->callback.arg));
        strbuf_addc(out, '\n');
        return;
    case KIND_HISTOGRAM:
        show_histogram(out, family->name, series->labels, &series->histogram);
        return;
    }
}

void metrics_show(struct metrics *metrics, struct strbuf *out)
{
    static const char *const kinds[] = {"counter", "gauge", "gauge", "histogram"};
    if (metrics == NULL)
        return;
    pthread_mutex_lock(&metrics->mutex);
    for (struct family *family = metrics->families; family != NULL; family = family->next) {
        strbuf_addf(out, "# HELP %s ", family->name);
        add_escaped(out, family->help, false);
        strbuf_addf(out, "\n# TYPE %s %s\n", family->name, kinds[family->kind]);
        for (struct series *series = family->first; series != NULL; series = series->next_in_family)
            show_series(out, family, series);
    }
    pthread_mutex_unlock(&metrics->mutex);
}
