// Metrics: counters, gauges and histograms with labels, shown in Prometheus' text format.
//
// A registry is made once and passed down. A metric is looked up by name and labels once (or per use where labels vary;
// that costs a lock and a hash) and kept as a pointer, valid as long as the registry; changing it is one atomic
// operation. A NULL registry gives NULL metrics, and changing those does nothing, so that modules work without one.
// Cardinality is bounded: a family holds at most METRICS_SERIES_MAX label combinations, and further ones are counted
// together under label values "other". Safe from all threads.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

#define METRICS_SERIES_MAX 256
#define METRICS_LABELS_MAX 6
#define METRICS_BUCKETS_MAX 24

struct metrics;
struct metric_counter;
struct metric_gauge;
struct metric_histogram;

struct metric_label {
    const char *name;
    const char *value;
};

// A literal list of labels with its length: METRIC_LABELS({"part", "indexer"}, {"model", name}).
#define METRIC_LABELS(...)                                                                                             \
    (const struct metric_label[]){__VA_ARGS__},                                                                        \
        sizeof((const struct metric_label[]){__VA_ARGS__}) / sizeof(struct metric_label)
#define METRIC_NO_LABELS NULL, 0

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

// Gets or makes a metric. `name` follows Prometheus' custom: framehound_frames_indexed_total, …_seconds, …_bytes. A
// name has one type, one help text and one set of label names: using it otherwise is a defect and ends the process.
struct metric_counter *metrics_counter(
    struct metrics *metrics, const char *name, const char *help, const struct metric_label *labels, size_t label_count);
struct metric_gauge *metrics_gauge(
    struct metrics *metrics, const char *name, const char *help, const struct metric_label *labels, size_t label_count);
// `bounds` are the buckets' upper ends, ascending, without infinity; taken from the first call for the name.
struct metric_histogram *metrics_histogram(struct metrics *metrics, const char *name, const char *help,
    const double *bounds, size_t bound_count, const struct metric_label *labels, size_t label_count);
// A gauge that is read when the metrics are shown; `read` is called from any thread and must stay valid. Registering
// the same name and labels again replaces it; NULL removes it.
void metrics_gauge_read(struct metrics *metrics, const char *name, const char *help, double (*read)(void *arg),
    void *arg, const struct metric_label *labels, size_t label_count);

void metric_add(struct metric_counter *counter, uint64_t n);
uint64_t metric_count(const struct metric_counter *counter);
void metric_set(struct metric_gauge *gauge, double value);
void metric_shift(struct metric_gauge *gauge, double by);
double metric_value(const struct metric_gauge *gauge);
void metric_observe(struct metric_histogram *histogram, double value);
// Observations so far, and their sum.
uint64_t metric_observations(const struct metric_histogram *histogram, double *sum);

// Bounds for durations from half a millisecond to a minute, in seconds.
#define METRICS_SECONDS_BUCKETS                                                                                        \
    (const double[]){.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}, 16

// Appends all metrics in Prometheus' text format 0.0.4, families by name.
void metrics_show(struct metrics *metrics, struct strbuf *out);
