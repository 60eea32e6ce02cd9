#include "label_actions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "label_bound.h"
#include "label_ways.h"

#define THRESHOLD 0.90f
#define THRESHOLD_LOWEST 0.70f
#define THRESHOLDS 29
#define FEW 3
#define BINS 10

static const size_t counted[] = {1, 2, 3, 5, 10, 20};

struct start {
    size_t first, identity;
};

struct identity {
    size_t first, boxes;
};

struct setting {
    const struct data *data;
    const struct actions_options *options;
    struct identity *identities;
    size_t identity_count;
    struct start *starts;
    size_t start_count;
};

struct result {
    char name[40];
    struct person_run *runs; // of each start
    double *medians;         // of each identity
};

// What likely labels and candidates said of themselves, and what was true.
struct calibration {
    const struct data *data;
    const struct label_way *way;
    double sure[BINS];
    size_t right[BINS], count[BINS];
    double said_precision, precision, precision_error, said_missing, missing, missing_error;
    size_t estimates;
};

static void choose_starts(struct setting *s)
{
    size_t *members = mem_calloc(s->data->count, sizeof(*members));
    s->identities = mem_calloc(s->data->count, sizeof(*s->identities));
    s->starts = mem_calloc(s->data->count * s->options->starts, sizeof(*s->starts));
    for (size_t first = 0; first < s->data->count; first++) {
        bool is_first = false;
        size_t count = data_members(s->data, first, members, &is_first);
        if (!is_first || count < s->options->boxes_min)
            continue;
        uint64_t random = bench_mix(first);
        for (size_t n = 0; n < s->options->starts; n++) {
            random = bench_mix(random);
            s->starts[s->start_count++] =
                (struct start){.first = members[random % count], .identity = s->identity_count};
        }
        s->identities[s->identity_count++] = (struct identity){.first = first, .boxes = count};
    }
    free(members);
}

static double median_of(const struct setting *s, const struct person_run *runs, size_t identity, int group)
{
    double *values = mem_calloc(s->start_count + 1, sizeof(*values));
    size_t count = 0;
    for (size_t i = 0; i < s->start_count; i++) {
        const struct identity *of = &s->identities[s->starts[i].identity];
        if ((identity == SIZE_MAX || s->starts[i].identity == identity) &&
            (group < 0 || s->data->objects[of->first].group == group))
            values[count++] = (double)runs[i].actions;
    }
    qsort(values, count, sizeof(*values), bench_ascending);
    double median = count > 0 ? (values[(count - 1) / 2] + values[count / 2]) / 2 : 0;
    free(values);
    return median;
}

static void count_estimate(struct calibration *c, const float *shown, size_t first)
{
    double precision;
    double missing;
    double carriers = 0;
    double right = 0;
    double all = 0;
    if (!c->way->estimate(c->way->context, &precision, &missing))
        return;
    for (size_t i = 0; i < c->data->count; i++) {
        bool is_it = data_is_same(c->data, i, first);
        all += is_it;
        carriers += shown[i] > 0;
        right += is_it && shown[i] > 0;
    }
    c->said_precision += precision;
    c->precision += right / carriers;
    c->precision_error += fabs(precision - right / carriers);
    c->said_missing += missing;
    c->missing += all - right;
    c->missing_error += fabs(missing - (all - right));
    c->estimates++;
}

static void watch(void *context, const float *shown, size_t first)
{
    struct calibration *c = context;
    count_estimate(c, shown, first);
    for (size_t i = 0; i < c->data->count; i++) {
        if (shown[i] <= 0 || shown[i] > 1)
            continue;
        size_t bin = (size_t)fminf(BINS - 1, shown[i] * BINS);
        c->sure[bin] += shown[i];
        c->right[bin] += data_is_same(c->data, i, first);
        c->count[bin]++;
    }
}

static struct result run_way(const struct setting *s, const struct label_way *way, struct calibration *calibration)
{
    struct result result = {.runs = mem_calloc(s->start_count + 1, sizeof(*result.runs)),
        .medians = mem_calloc(s->identity_count + 1, sizeof(*result.medians))};
    snprintf(result.name, sizeof(result.name), "%s", way->name);
    for (size_t i = 0; i < s->start_count; i++)
        person_label(s->data, way, s->starts[i].first, PERSON_ACTIONS_MAX, calibration != NULL ? watch : NULL,
            calibration, &result.runs[i]);
    for (size_t i = 0; i < s->identity_count; i++)
        result.medians[i] = median_of(s, result.runs, i, -1);
    return result;
}

static struct result run_bound(const struct setting *s)
{
    struct result result = {.name = "the fewest by likeness",
        .runs = mem_calloc(s->start_count + 1, sizeof(*result.runs)),
        .medians = mem_calloc(s->identity_count + 1, sizeof(*result.medians))};
    struct bound *bound = bound_new(s->data);
    for (size_t i = 0; i < s->start_count; i++)
        result.runs[i].actions = bound_actions(bound, s->starts[i].first);
    for (size_t i = 0; i < s->identity_count; i++)
        result.medians[i] = median_of(s, result.runs, i, -1);
    bound_free(bound);
    return result;
}

static void result_release(struct result *result)
{
    free(result->runs);
    free(result->medians);
}

static double mean_actions(const struct setting *s, const struct result *result)
{
    double sum = 0;
    for (size_t i = 0; i < s->start_count; i++)
        sum += (double)result->runs[i].actions;
    return s->start_count > 0 ? sum / (double)s->start_count : 0;
}

static struct result run_cosine(const struct setting *s, enum track_source tracks, float threshold)
{
    struct label_way *way = way_cosine_new(s->data, tracks, threshold);
    struct result result = run_way(s, way, NULL);
    way_cosine_free(way);
    return result;
}

// The one threshold that needs the fewest actions, median and then mean.
static struct result run_hindsight(const struct setting *s, enum track_source tracks)
{
    struct result best = run_cosine(s, tracks, THRESHOLD);
    for (size_t t = 0; t < THRESHOLDS; t++) {
        struct result one = run_cosine(s, tracks, THRESHOLD_LOWEST + 0.01f * (float)t);
        double median = median_of(s, one.runs, SIZE_MAX, -1);
        double least = median_of(s, best.runs, SIZE_MAX, -1);
        bool is_better = median < least || (median <= least && mean_actions(s, &one) < mean_actions(s, &best));
        result_release(is_better ? &best : &one);
        best = is_better ? one : best;
    }
    return best;
}

static void print_f1(const struct setting *s, const struct result *result)
{
    for (size_t n = 0; n < sizeof(counted) / sizeof(counted[0]); n++) {
        double sum = 0;
        for (size_t i = 0; i < s->start_count; i++)
            sum += result->runs[i].f1[counted[n]];
        // A bound has none.
        if (sum > 0)
            printf(" %.3f |", sum / (double)s->start_count);
        else
            printf(" |");
    }
}

static void print_row(const struct setting *s, const struct result *result, const struct result *baseline)
{
    double *all = mem_calloc(s->start_count + 1, sizeof(*all));
    size_t few = 0;
    size_t worse = 0;
    size_t worse_identities = 0;
    for (size_t i = 0; i < s->start_count; i++) {
        all[i] = (double)result->runs[i].actions;
        few += result->runs[i].actions <= FEW;
        worse += result->runs[i].actions > baseline->runs[i].actions;
    }
    for (size_t i = 0; i < s->identity_count; i++)
        worse_identities += result->medians[i] > baseline->medians[i];
    qsort(all, s->start_count, sizeof(*all), bench_ascending);
    printf("| %s | %.1f | %.1f | %.0f | %.0f %% |", result->name, median_of(s, result->runs, SIZE_MAX, -1),
        mean_actions(s, result), bench_quantile(all, s->start_count, 0.9), 100 * (double)few / (double)s->start_count);
    print_f1(s, result);
    printf(" %zu of %zu | %zu of %zu |\n", worse_identities, s->identity_count, worse, s->start_count);
    free(all);
}

// Which identities the program needs more actions for than the baseline does.
static void print_worse(const struct setting *s, const struct result *result, const struct result *baseline)
{
    printf("\nworse than %s:", baseline->name);
    size_t count = 0;
    for (size_t i = 0; i < s->identity_count; i++) {
        if (result->medians[i] <= baseline->medians[i])
            continue;
        printf("%s %s (%.1f, not %.1f)", count++ > 0 ? "," : "", s->data->objects[s->identities[i].first].identity,
            result->medians[i], baseline->medians[i]);
    }
    printf(count > 0 ? "\n" : " none\n");
}

static size_t count_within(
    const struct setting *s, const struct result *result, const struct result *baseline, double share)
{
    size_t count = 0;
    for (size_t i = 0; i < s->start_count; i++)
        count += (double)result->runs[i].actions <= share * (double)baseline->runs[i].actions;
    return count;
}

// The aim is a share of what a baseline needs, and how near the bound comes to it.
static void print_aim(const struct setting *s, const struct result *program, const struct result *bound,
    const struct result *baseline, double share)
{
    printf("aim, %.2f of %s: %.2f in the median; within that share of the same first click's: program %zu of %zu, %s "
           "%zu\n",
        share, baseline->name, share * median_of(s, baseline->runs, SIZE_MAX, -1),
        count_within(s, program, baseline, share), s->start_count, bound->name,
        count_within(s, bound, baseline, share));
}

static void print_groups(const struct setting *s, const struct result *const *results, size_t count)
{
    printf("\n| median actions |");
    for (int g = 0; g < s->data->group_count; g++)
        printf(" %s |", s->data->groups[g]);
    printf("\n| --- |");
    for (int g = 0; g < s->data->group_count; g++)
        printf(" --- |");
    for (size_t r = 0; r < count; r++) {
        printf("\n| %s |", results[r]->name);
        for (int g = 0; g < s->data->group_count; g++)
            printf(" %.1f |", median_of(s, results[r]->runs, SIZE_MAX, g));
    }
    printf("\n");
}

static void print_detail(const struct setting *s, const struct result *const *results, size_t count)
{
    for (size_t i = 0; i < s->start_count; i++) {
        const struct data_object *first = &s->data->objects[s->starts[i].first];
        printf("# %s %s of %zu:", first->identity, first->id, s->identities[s->starts[i].identity].boxes);
        for (size_t r = 0; r < count; r++) {
            const struct person_run *run = &results[r]->runs[i];
            printf("  %zu (%zu no, %zu answers; %.2f)", run->actions, run->removals, run->answers, run->f1[1]);
        }
        printf("\n");
    }
}

static void print_calibration(const struct calibration *c)
{
    double error = 0;
    size_t all = 0;
    printf("\n| likely labels said to be right with | were right | labels |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < BINS; i++) {
        if (c->count[i] == 0)
            continue;
        double mean = c->sure[i] / (double)c->count[i];
        double share = (double)c->right[i] / (double)c->count[i];
        printf("| %.3f | %.3f | %zu |\n", mean, share, c->count[i]);
        error += fabs(mean - share) * (double)c->count[i];
        all += c->count[i];
    }
    printf("\nexpected calibration error: %.4f\n", all > 0 ? error / (double)all : 0.0);
    double n = (double)c->estimates;
    if (c->estimates > 0)
        printf("after %zu words, the third and later: precision said %.3f, true %.3f, off by %.3f; missing said %.1f, "
               "true "
               "%.1f, off by %.1f\n",
            c->estimates, c->said_precision / n, c->precision / n, c->precision_error / n, c->said_missing / n,
            c->missing / n, c->missing_error / n);
}

void actions_measure(const struct data *data, enum track_source tracks, const struct actions_options *options)
{
    static const char *const titles[] = {"boxes singly, without tracks", "the tracker's tracks", "true tracks"};
    struct setting s = {.data = data, .options = options};
    choose_starts(&s);
    struct label_way *way = way_program_new(data, tracks, true);
    struct calibration calibration = {.data = data, .way = way};
    struct result program = run_way(&s, way, &calibration);
    way_program_free(way);
    way = way_program_new(data, tracks, false);
    struct result drags = run_way(&s, way, NULL);
    way_program_free(way);
    struct result baseline = run_cosine(&s, tracks, THRESHOLD);
    struct result bound = run_bound(&s);
    struct result ideal = {0};
    struct result sketch = {0};
    struct result hindsight = {0};
    const struct result *results[7] = {&program, &drags, &bound, &baseline};
    size_t count = 4;
    if (tracks == TRACKS_NONE) {
        way = way_ideal_new(data);
        ideal = run_way(&s, way, NULL);
        way_ideal_free(way);
        results[count++] = &ideal;
        way = way_sketch_new(data);
        sketch = run_way(&s, way, NULL);
        way_sketch_free(way);
        results[count++] = &sketch;
    }
    if (!options->is_quick) {
        hindsight = run_hindsight(&s, tracks);
        results[count++] = &hindsight;
    }
    printf("\n%s: %zu identities with %zu boxes and more, %zu first clicks each, among %zu boxes\n\n", titles[tracks],
        s.identity_count, options->boxes_min, options->starts, data->count);
    printf("| way | median | mean | 90th | in 3 or fewer | F1 after 1 | 2 | 3 | 5 | 10 | 20 | worse than 0.90: "
           "identities | "
           "first clicks |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < count; i++)
        print_row(&s, results[i], &baseline);
    print_worse(&s, &program, &baseline);
    print_aim(&s, &program, &bound, &baseline, 1.0 / 3);
    if (!options->is_quick)
        print_aim(&s, &program, &bound, &hindsight, 0.5);
    print_groups(&s, results, count);
    print_calibration(&calibration);
    if (options->has_detail)
        print_detail(&s, results, count);
    fflush(stdout);
    result_release(&program);
    result_release(&baseline);
    result_release(&drags);
    result_release(&bound);
    result_release(&ideal);
    result_release(&sketch);
    result_release(&hindsight);
    free(s.identities);
    free(s.starts);
}
