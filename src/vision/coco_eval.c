// Follows COCOeval.evaluateImg() and accumulate() of pycocotools 2.0 for boxes, all areas and 100 detections.
#include "vision/coco_eval.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define OVERLAPS 10
#define RECALLS 101

// A detection after matching: bit t is set where overlap threshold t matched a box, or a crowd.
struct outcome {
    double score;
    size_t position; // keeps the sort stable
    uint16_t matched;
    uint16_t ignored;
};

struct box_ref {
    int64_t image_id;
    int64_t category_id;
    double box[4]; // x, y, width, height
    double score;
    size_t position;
    bool crowd;
};

struct evaluation {
    struct box_ref *truths; // by category, image, crowds last
    size_t truth_count;
    struct box_ref *results; // by category, image, descending score
    size_t result_count;
    struct outcome *outcomes; // of one category
    size_t outcome_count;
    double precision_sum[OVERLAPS];
    double recall_sum;
    size_t categories; // that have a box which is no crowd
};

// The thresholds as NumPy's linspace(0.5, 0.95, 10) gives them, to the last bit.
static double overlap_at(int t)
{
    return t == OVERLAPS - 1 ? 0.95 : 0.5 + t * ((0.95 - 0.5) / (OVERLAPS - 1));
}

static int compare_refs(const void *left, const void *right)
{
    const struct box_ref *a = left;
    const struct box_ref *b = right;
    if (a->category_id != b->category_id)
        return a->category_id < b->category_id ? -1 : 1;
    if (a->image_id != b->image_id)
        return a->image_id < b->image_id ? -1 : 1;
    if (a->crowd != b->crowd)
        return a->crowd ? 1 : -1;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->position < b->position ? -1 : 1;
}

static int compare_outcomes(const void *left, const void *right)
{
    const struct outcome *a = left;
    const struct outcome *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->position < b->position ? -1 : 1;
}

// Intersection over union; over the detection's own area where the labelled box is a crowd.
static double overlap(const double *found, const double *truth, bool crowd)
{
    double width = fmin(found[0] + found[2], truth[0] + truth[2]) - fmax(found[0], truth[0]);
    double height = fmin(found[1] + found[3], truth[1] + truth[3]) - fmax(found[1], truth[1]);
    if (width <= 0.0 || height <= 0.0)
        return 0.0;
    double shared = width * height;
    double area = found[2] * found[3];
    return shared / (crowd ? area : area + truth[2] * truth[3] - shared);
}

// The labelled box that a detection takes: the one of greatest overlap that is free, crowds only if there is none else.
// Returns -1 if there is none.
static ptrdiff_t best_truth(
    const struct box_ref *truths, size_t count, const double *overlaps, const uint16_t *taken, int t)
{
    double best = fmin(overlap_at(t), 1.0 - 1e-10);
    ptrdiff_t match = -1;
    for (size_t g = 0; g < count; g++) {
        if ((taken[g] >> t & 1) != 0 && !truths[g].crowd)
            continue;
        if (match >= 0 && !truths[match].crowd && truths[g].crowd)
            break;
        if (overlaps[g] < best)
            continue;
        best = overlaps[g];
        match = (ptrdiff_t)g;
    }
    return match;
}

// Matches the detections of one picture and category, adding to the outcomes.
static void match_image(struct evaluation *eval, const struct box_ref *results, size_t result_count,
    const struct box_ref *truths, size_t truth_count)
{
    double *overlaps = mem_alloc((truth_count + 1) * sizeof(*overlaps));
    uint16_t *taken = mem_calloc(truth_count + 1, sizeof(*taken));
    if (result_count > COCO_DETECTIONS_PER_IMAGE)
        result_count = COCO_DETECTIONS_PER_IMAGE;
    for (size_t d = 0; d < result_count; d++) {
        struct outcome outcome = {.score = results[d].score, .position = eval->outcome_count};
        for (size_t g = 0; g < truth_count; g++)
            overlaps[g] = overlap(results[d].box, truths[g].box, truths[g].crowd);
        for (int t = 0; t < OVERLAPS; t++) {
            ptrdiff_t match = best_truth(truths, truth_count, overlaps, taken, t);
            if (match < 0)
                continue;
            taken[match] |= (uint16_t)(1U << t);
            outcome.matched |= (uint16_t)(1U << t);
            outcome.ignored |= (uint16_t)((unsigned)truths[match].crowd << t);
        }
        eval->outcomes[eval->outcome_count++] = outcome;
    }
    free(overlaps);
    free(taken);
}

// Adds one category's average precision at threshold `t`, and returns its recall.
static double add_precision(struct evaluation *eval, size_t truth_count, int t, double *precision, double *recall)
{
    size_t count = 0;
    size_t hits = 0;
    size_t misses = 0;
    for (size_t i = 0; i < eval->outcome_count; i++) {
        const struct outcome *outcome = &eval->outcomes[i];
        bool ignored = (outcome->ignored >> t & 1) != 0;
        bool matched = (outcome->matched >> t & 1) != 0;
        hits += !ignored && matched;
        misses += !ignored && !matched;
        recall[count] = (double)hits / (double)truth_count;
        precision[count] = (double)hits / ((double)hits + (double)misses + DBL_EPSILON);
        count++;
    }
    for (size_t i = count; i > 1; i--)
        precision[i - 2] = fmax(precision[i - 2], precision[i - 1]);
    double sum = 0.0;
    size_t at = 0;
    for (int r = 0; r < RECALLS; r++) {
        double wanted = r == RECALLS - 1 ? 1.0 : r * 0.01;
        while (at < count && recall[at] < wanted)
            at++;
        if (at < count)
            sum += precision[at];
    }
    eval->precision_sum[t] += sum / RECALLS;
    return count > 0 ? recall[count - 1] : 0.0;
}

static void finish_category(struct evaluation *eval, size_t truth_count)
{
    if (truth_count == 0)
        return;
    if (eval->outcome_count > 0)
        qsort(eval->outcomes, eval->outcome_count, sizeof(*eval->outcomes), compare_outcomes);
    double *precision = mem_alloc((eval->outcome_count + 1) * sizeof(*precision));
    double *recall = mem_alloc((eval->outcome_count + 1) * sizeof(*recall));
    for (int t = 0; t < OVERLAPS; t++)
        eval->recall_sum += add_precision(eval, truth_count, t, precision, recall) / OVERLAPS;
    eval->categories++;
    free(precision);
    free(recall);
}

static size_t run_length(const struct box_ref *refs, size_t count, int64_t category_id, int64_t image_id)
{
    size_t length = 0;
    while (length < count && refs[length].category_id == category_id && refs[length].image_id == image_id)
        length++;
    return length;
}

// Walks the labelled boxes and the detections of one category, picture by picture in the order of their ids.
static void evaluate_category(struct evaluation *eval, int64_t category_id, size_t *truth_at, size_t *result_at)
{
    size_t counted = 0;
    eval->outcome_count = 0;
    for (;;) {
        const struct box_ref *truths = eval->truths + *truth_at;
        const struct box_ref *results = eval->results + *result_at;
        bool has_truth = *truth_at < eval->truth_count && truths->category_id == category_id;
        bool has_result = *result_at < eval->result_count && results->category_id == category_id;
        if (!has_truth && !has_result)
            break;
        int64_t image_id = !has_result             ? truths->image_id
            : !has_truth                           ? results->image_id
            : truths->image_id < results->image_id ? truths->image_id
                                                   : results->image_id;
        size_t truth_count = run_length(truths, eval->truth_count - *truth_at, category_id, image_id);
        size_t result_count = run_length(results, eval->result_count - *result_at, category_id, image_id);
        match_image(eval, results, result_count, truths, truth_count);
        for (size_t i = 0; i < truth_count; i++)
            counted += !truths[i].crowd;
        *truth_at += truth_count;
        *result_at += result_count;
    }
    finish_category(eval, counted);
}

static void collect_truths(struct evaluation *eval, const struct coco_set *set)
{
    eval->truths = mem_alloc((set->truth_count + 1) * sizeof(*eval->truths));
    for (size_t i = 0; i < set->truth_count; i++) {
        const struct coco_truth *truth = &set->truths[i];
        eval->truths[eval->truth_count++] = (struct box_ref){.image_id = truth->image_id,
            .category_id = truth->category_id,
            .box = {truth->x, truth->y, truth->width, truth->height},
            .position = i,
            .crowd = truth->crowd};
    }
    if (eval->truth_count > 0)
        qsort(eval->truths, eval->truth_count, sizeof(*eval->truths), compare_refs);
}

static enum err_code collect_results(
    struct evaluation *eval, const struct coco_result *results, size_t count, struct err *err)
{
    eval->results = mem_alloc((count + 1) * sizeof(*eval->results));
    for (size_t i = 0; i < count; i++) {
        const struct coco_result *result = &results[i];
        if (!isfinite(result->score) || !isfinite(result->x) || !isfinite(result->y) || !isfinite(result->width) ||
            !isfinite(result->height))
            return err_set(err, ERR_INVALID, "detection %zu is not finite", i + 1);
        eval->results[eval->result_count++] = (struct box_ref){.image_id = result->image_id,
            .category_id = result->category_id,
            .box = {result->x, result->y, result->width, result->height},
            .score = result->score,
            .position = i};
    }
    if (eval->result_count > 0)
        qsort(eval->results, eval->result_count, sizeof(*eval->results), compare_refs);
    return ERR_NONE;
}

enum err_code coco_evaluate(const struct coco_set *set, const struct coco_result *results, size_t count,
    struct coco_scores *scores, struct err *err)
{
    *scores = (struct coco_scores){-1.0, -1.0, -1.0, -1.0};
    if (count > COCO_BOXES_MAX)
        return err_set(err, ERR_LIMIT, "at most %d detections can be evaluated, not %zu", COCO_BOXES_MAX, count);
    struct evaluation eval = {0};
    enum err_code code = collect_results(&eval, results, count, err);
    if (code != ERR_NONE)
        goto out;
    collect_truths(&eval, set);
    eval.outcomes = mem_alloc((count + 1) * sizeof(*eval.outcomes));
    size_t truth_at = 0;
    size_t result_at = 0;
    for (size_t i = 0; i < set->category_count; i++) {
        // Detections of categories that the set does not know are passed over.
        while (result_at < eval.result_count && eval.results[result_at].category_id < set->categories[i].id)
            result_at++;
        evaluate_category(&eval, set->categories[i].id, &truth_at, &result_at);
    }
    if (eval.categories > 0) {
        double sum = 0.0;
        for (int t = 0; t < OVERLAPS; t++)
            sum += eval.precision_sum[t];
        scores->ap = sum / OVERLAPS / (double)eval.categories;
        scores->ap50 = eval.precision_sum[0] / (double)eval.categories;
        scores->ap75 = eval.precision_sum[5] / (double)eval.categories;
        scores->ar100 = eval.recall_sum / (double)eval.categories;
    }
out:
    free(eval.outcomes);
    free(eval.results);
    free(eval.truths);
    return code;
}
