#include "vision/mot_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vision/assignment.h"

#define NO_TRACK (-1)
#define KEPT_BONUS 1000.0 // a pair of the frame before goes before any other: as the reference has it
static const double epsilon = 2.220446049250313e-16;

// Two boxes of one frame that overlap.
struct overlap {
    int32_t truth; // number of the truth's id
    int32_t track; // number of the track's id
    int32_t row;   // of the truth's box in its frame
    int32_t column;
    size_t pair; // of ids: index in `pairs`
    double iou;
};

// An id of the truth and one of the tracks that overlap somewhere.
struct pair {
    int32_t truth;
    int32_t track;
    double alignment;           // HOTA's, summed and then normalised
    int64_t close;              // frames with enough overlap for IDF1
    int32_t hits[MOT_OVERLAPS]; // frames in which they were matched
};

struct ids {
    int64_t *sorted;
    size_t count;
    int64_t *boxes; // of each id
};

struct frame {
    size_t overlaps; // begin
    int32_t truths, tracks;
};

struct evaluation {
    struct ids truth_ids, track_ids;
    struct frame *frames; // one more than there are
    int32_t frame_count;
    int32_t *truth_numbers, *track_numbers; // of each box that counts, by frame
    size_t *truth_begin, *track_begin;      // by frame
    struct overlap *overlaps;
    size_t overlap_count, overlap_capacity;
    struct pair *pairs;
    size_t pair_count;
    // Scratch memory for one frame.
    struct assignment *solver;
    size_t *begin;
    int32_t *columns, *column_of;
    double *costs;
    size_t edges_max;
};

static double iou_of(const struct mot_row *a, const struct mot_row *b)
{
    double width = fmin(a->x + a->width, b->x + b->width) - fmax(a->x, b->x);
    double height = fmin(a->y + a->height, b->y + b->height) - fmax(a->y, b->y);
    if (!(width > 0.0) || !(height > 0.0))
        return 0.0;
    double shared = width * height;
    return shared / (a->width * a->height + b->width * b->height - shared);
}

static int compare_int64(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void collect_ids(const struct mot_file *file, struct ids *ids)
{
    ids->sorted = mem_calloc(file->count + 1, sizeof(*ids->sorted));
    for (size_t i = 0; i < file->count; i++)
        ids->sorted[i] = file->rows[i].id;
    qsort(ids->sorted, file->count, sizeof(*ids->sorted), compare_int64);
    for (size_t i = 0; i < file->count; i++) {
        if (ids->count == 0 || ids->sorted[i] != ids->sorted[ids->count - 1])
            ids->sorted[ids->count++] = ids->sorted[i];
    }
    ids->boxes = mem_calloc(ids->count + 1, sizeof(*ids->boxes));
}

static int32_t number_of(const struct ids *ids, int64_t id)
{
    const int64_t *found = bsearch(&id, ids->sorted, ids->count, sizeof(id), compare_int64);
    return (int32_t)(found - ids->sorted);
}

static void make_room_for_edges(struct evaluation *e, size_t rows, size_t edges)
{
    e->begin = mem_realloc_array(e->begin, rows + 1, sizeof(*e->begin));
    e->column_of = mem_realloc_array(e->column_of, rows + 1, sizeof(*e->column_of));
    if (e->columns == NULL || edges > e->edges_max) {
        e->edges_max = edges * 2 + 1;
        e->columns = mem_realloc_array(e->columns, e->edges_max, sizeof(*e->columns));
        e->costs = mem_realloc_array(e->costs, e->edges_max, sizeof(*e->costs));
    }
}

static bool counts(const struct mot_row *row, const struct mot_options *options)
{
    return row->confidence != 0.0 && (options->class_id < 0 || row->class_id < 0 || row->class_id == options->class_id);
}

// Marks the boxes of tracks that lie best on truth that does not count.
static void mark_ignored(struct evaluation *e, const struct mot_row *truths, size_t truth_count,
    const struct mot_row *tracks, size_t track_count, const struct mot_options *options, bool *ignored)
{
    bool any = false;
    for (size_t j = 0; j < track_count; j++)
        ignored[j] = false;
    for (size_t i = 0; i < truth_count && !any; i++)
        any = !counts(&truths[i], options);
    if (!any)
        return;
    make_room_for_edges(e, truth_count, truth_count * track_count);
    size_t edges = 0;
    for (size_t i = 0; i < truth_count; i++) {
        e->begin[i] = edges;
        for (size_t j = 0; j < track_count; j++) {
            double iou = iou_of(&truths[i], &tracks[j]);
            if (iou < MOT_CLEAR_OVERLAP - epsilon)
                continue;
            e->columns[edges] = (int32_t)j;
            e->costs[edges++] = -iou;
        }
    }
    e->begin[truth_count] = edges;
    const struct assignment_problem problem = {truth_count, track_count, e->begin, e->columns, e->costs, 0.0};
    assignment_solve(e->solver, &problem, e->column_of);
    for (size_t i = 0; i < truth_count; i++) {
        if (e->column_of[i] != ASSIGNMENT_NONE && !counts(&truths[i], options))
            ignored[e->column_of[i]] = true;
    }
}

static void add_overlap(struct evaluation *e, struct overlap overlap)
{
    if (e->overlap_count == e->overlap_capacity) {
        e->overlap_capacity = e->overlap_capacity * 2 + 1024;
        e->overlaps = mem_realloc_array(e->overlaps, e->overlap_capacity, sizeof(*e->overlaps));
    }
    e->overlaps[e->overlap_count++] = overlap;
}

// The rows of frame `f`, none beyond the file's end.
static size_t rows_of(const struct mot_file *file, int32_t f, const struct mot_row **rows)
{
    *rows = NULL;
    if (f > file->frames)
        return 0;
    *rows = file->rows + file->begin[f];
    return file->begin[f + 1] - file->begin[f];
}

static void collect_frame(struct evaluation *e, int32_t f, const struct mot_file *truth, const struct mot_file *tracks,
    const struct mot_options *options)
{
    const struct mot_row *truths = NULL;
    const struct mot_row *boxes = NULL;
    size_t truth_count = rows_of(truth, f, &truths);
    size_t track_count = rows_of(tracks, f, &boxes);
    bool *ignored = mem_calloc(track_count + 1, sizeof(*ignored));
    struct frame *frame = &e->frames[f - 1];
    frame->overlaps = e->overlap_count;
    mark_ignored(e, truths, truth_count, boxes, track_count, options, ignored);
    size_t at = e->track_begin[f - 1];
    for (size_t j = 0; j < track_count; j++) {
        if (ignored[j])
            continue;
        int32_t number = number_of(&e->track_ids, boxes[j].id);
        e->track_ids.boxes[number]++;
        e->track_numbers[at + (size_t)frame->tracks++] = number;
    }
    e->track_begin[f] = at + (size_t)frame->tracks;
    at = e->truth_begin[f - 1];
    for (size_t i = 0; i < truth_count; i++) {
        if (!counts(&truths[i], options))
            continue;
        int32_t number = number_of(&e->truth_ids, truths[i].id);
        int32_t column = 0;
        for (size_t j = 0; j < track_count; j++) {
            if (ignored[j])
                continue;
            double iou = iou_of(&truths[i], &boxes[j]);
            if (iou > 0.0)
                add_overlap(e,
                    (struct overlap){number, e->track_numbers[e->track_begin[f - 1] + (size_t)column], frame->truths,
                        column, 0, iou});
            column++;
        }
        e->truth_ids.boxes[number]++;
        e->truth_numbers[at + (size_t)frame->truths++] = number;
    }
    e->truth_begin[f] = at + (size_t)frame->truths;
    free(ignored);
}

struct pair_key {
    int32_t truth, track;
    size_t overlap;
};

static int by_pair(const void *left, const void *right)
{
    const struct pair_key *a = left;
    const struct pair_key *b = right;
    if (a->truth != b->truth)
        return a->truth < b->truth ? -1 : 1;
    if (a->track != b->track)
        return a->track < b->track ? -1 : 1;
    return (a->overlap > b->overlap) - (a->overlap < b->overlap);
}

static void number_pairs(struct evaluation *e)
{
    struct pair_key *keys = mem_calloc(e->overlap_count + 1, sizeof(*keys));
    for (size_t i = 0; i < e->overlap_count; i++)
        keys[i] = (struct pair_key){e->overlaps[i].truth, e->overlaps[i].track, i};
    qsort(keys, e->overlap_count, sizeof(*keys), by_pair);
    size_t count = 0;
    for (size_t i = 0; i < e->overlap_count; i++)
        count += i == 0 || keys[i].truth != keys[i - 1].truth || keys[i].track != keys[i - 1].track;
    e->pairs = mem_calloc(count + 1, sizeof(*e->pairs));
    for (size_t i = 0; i < e->overlap_count; i++) {
        if (i == 0 || keys[i].truth != keys[i - 1].truth || keys[i].track != keys[i - 1].track)
            e->pairs[e->pair_count++] = (struct pair){.truth = keys[i].truth, .track = keys[i].track};
        e->overlaps[keys[i].overlap].pair = e->pair_count - 1;
    }
    free(keys);
}

// Overlaps of a frame as an assignment; `costs` of the overlaps, 0 for none.
static void solve_frame(struct evaluation *e, int32_t f, const double *costs)
{
    const struct frame *frame = &e->frames[f];
    size_t rows = (size_t)frame->truths;
    size_t count = e->frames[f + 1].overlaps - frame->overlaps;
    make_room_for_edges(e, rows, count + 1);
    size_t edges = 0;
    size_t row = 0;
    for (size_t i = 0; i < count; i++) {
        const struct overlap *o = &e->overlaps[frame->overlaps + i];
        while (row <= (size_t)o->row)
            e->begin[row++] = edges;
        if (costs[i] < 0.0) {
            e->columns[edges] = o->column;
            e->costs[edges++] = costs[i];
        }
    }
    while (row <= rows)
        e->begin[row++] = edges;
    const struct assignment_problem problem = {rows, (size_t)frame->tracks, e->begin, e->columns, e->costs, 0.0};
    assignment_solve(e->solver, &problem, e->column_of);
}

struct clear_state {
    int32_t *ever;   // of each truth id: the track it was matched with last
    int32_t *before; // the same, of the frame before only
    int64_t *runs;   // how often its matching began
    int32_t *listed; // truth ids that have a `before`
    size_t listed_count;
    double overlap; // summed
};

// A frame in which either side has no box leaves the frame before as it was: as the reference has it.
static void clear_frame(struct evaluation *e, int32_t f, struct clear_state *c, double *costs, struct mot_scores *s)
{
    const struct frame *frame = &e->frames[f];
    size_t count = e->frames[f + 1].overlaps - frame->overlaps;
    if (frame->truths == 0 || frame->tracks == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct overlap *o = &e->overlaps[frame->overlaps + i];
        bool kept = c->before[o->truth] == o->track;
        costs[i] = o->iou < MOT_CLEAR_OVERLAP - epsilon ? 0.0 : -o->iou - (kept ? KEPT_BONUS : 0.0);
    }
    solve_frame(e, f, costs);
    const int32_t *truths = e->truth_numbers + e->truth_begin[f];
    const int32_t *tracks = e->track_numbers + e->track_begin[f];
    for (int32_t i = 0; i < frame->truths; i++) {
        if (e->column_of[i] == ASSIGNMENT_NONE)
            continue;
        int32_t track = tracks[e->column_of[i]];
        s->matches++;
        s->switches += c->ever[truths[i]] != NO_TRACK && c->ever[truths[i]] != track;
        c->runs[truths[i]] += c->before[truths[i]] == NO_TRACK;
        c->ever[truths[i]] = track;
    }
    for (size_t i = 0; i < c->listed_count; i++)
        c->before[c->listed[i]] = NO_TRACK;
    c->listed_count = 0;
    for (int32_t i = 0; i < frame->truths; i++) {
        if (e->column_of[i] == ASSIGNMENT_NONE)
            continue;
        c->before[truths[i]] = tracks[e->column_of[i]];
        c->listed[c->listed_count++] = truths[i];
    }
    for (size_t i = 0; i < count; i++) {
        const struct overlap *o = &e->overlaps[frame->overlaps + i];
        if (e->column_of[o->row] == o->column)
            c->overlap += o->iou;
    }
}

static void measure_clear(struct evaluation *e, struct mot_scores *s)
{
    size_t ids = e->truth_ids.count + 1;
    struct clear_state c = {.ever = mem_calloc(ids, sizeof(*c.ever)),
        .before = mem_calloc(ids, sizeof(*c.before)),
        .runs = mem_calloc(ids, sizeof(*c.runs)),
        .listed = mem_calloc(ids, sizeof(*c.listed))};
    double *costs = mem_calloc(e->overlap_count + 1, sizeof(*costs));
    for (size_t i = 0; i < ids; i++)
        c.ever[i] = c.before[i] = NO_TRACK;
    for (int32_t f = 0; f < e->frame_count; f++)
        clear_frame(e, f, &c, costs, s);
    for (size_t i = 0; i < e->truth_ids.count; i++)
        s->fragments += c.runs[i] > 0 ? c.runs[i] - 1 : 0;
    s->misses = s->truth_boxes - s->matches;
    s->false_alarms = s->track_boxes - s->matches;
    double truths = s->truth_boxes > 0 ? (double)s->truth_boxes : 1.0;
    s->mota = (double)(s->matches - s->false_alarms - s->switches) / truths;
    s->motp = s->matches > 0 ? c.overlap / (double)s->matches : 0.0;
    free(costs);
    free(c.ever);
    free(c.before);
    free(c.runs);
    free(c.listed);
}

// The pairing of whole tracks that has most boxes right.
static void measure_identity(struct evaluation *e, struct mot_scores *s)
{
    for (size_t i = 0; i < e->overlap_count; i++) {
        if (e->overlaps[i].iou >= MOT_CLEAR_OVERLAP)
            e->pairs[e->overlaps[i].pair].close++;
    }
    make_room_for_edges(e, e->truth_ids.count, e->pair_count + 1);
    size_t edges = 0;
    size_t row = 0;
    for (size_t i = 0; i < e->pair_count; i++) {
        while (row <= (size_t)e->pairs[i].truth)
            e->begin[row++] = edges;
        e->columns[edges] = e->pairs[i].track;
        e->costs[edges++] = -(double)e->pairs[i].close;
    }
    while (row <= e->truth_ids.count)
        e->begin[row++] = edges;
    const struct assignment_problem problem = {
        e->truth_ids.count, e->track_ids.count, e->begin, e->columns, e->costs, 0.0};
    double right = fabs(assignment_solve(e->solver, &problem, e->column_of));
    double both = (double)(s->truth_boxes + s->track_boxes);
    s->idf1 = both > 0.0 ? 2.0 * right / both : 0.0;
    s->idp = s->track_boxes > 0 ? right / (double)s->track_boxes : 0.0;
    s->idr = s->truth_boxes > 0 ? right / (double)s->truth_boxes : 0.0;
}

// How well ids fit each other over the whole sequence decides who is matched in a frame.
static void align(struct evaluation *e)
{
    for (int32_t f = 0; f < e->frame_count; f++) {
        const struct frame *frame = &e->frames[f];
        double *of_truth = mem_calloc((size_t)frame->truths + 1, sizeof(*of_truth));
        double *of_track = mem_calloc((size_t)frame->tracks + 1, sizeof(*of_track));
        for (size_t i = frame->overlaps; i < e->frames[f + 1].overlaps; i++) {
            of_truth[e->overlaps[i].row] += e->overlaps[i].iou;
            of_track[e->overlaps[i].column] += e->overlaps[i].iou;
        }
        for (size_t i = frame->overlaps; i < e->frames[f + 1].overlaps; i++) {
            const struct overlap *o = &e->overlaps[i];
            double joint = of_truth[o->row] + of_track[o->column] - o->iou;
            if (joint > epsilon)
                e->pairs[o->pair].alignment += o->iou / joint;
        }
        free(of_truth);
        free(of_track);
    }
    for (size_t i = 0; i < e->pair_count; i++) {
        struct pair *p = &e->pairs[i];
        p->alignment /= (double)(e->truth_ids.boxes[p->truth] + e->track_ids.boxes[p->track]) - p->alignment;
    }
}

static void measure_hota(struct evaluation *e, struct mot_scores *s)
{
    int64_t hits[MOT_OVERLAPS] = {0};
    double *costs = mem_calloc(e->overlap_count + 1, sizeof(*costs));
    align(e);
    for (int32_t f = 0; f < e->frame_count; f++) {
        const struct frame *frame = &e->frames[f];
        size_t count = e->frames[f + 1].overlaps - frame->overlaps;
        for (size_t i = 0; i < count; i++) {
            const struct overlap *o = &e->overlaps[frame->overlaps + i];
            costs[i] = -e->pairs[o->pair].alignment * o->iou;
        }
        solve_frame(e, f, costs);
        for (size_t i = 0; i < count; i++) {
            const struct overlap *o = &e->overlaps[frame->overlaps + i];
            if (e->column_of[o->row] != o->column)
                continue;
            for (int a = 0; a < MOT_OVERLAPS; a++) {
                bool hit = o->iou >= 0.05 * (a + 1) - epsilon;
                hits[a] += hit;
                e->pairs[o->pair].hits[a] += hit;
            }
        }
    }
    for (int a = 0; a < MOT_OVERLAPS; a++) {
        double association = 0.0;
        for (size_t i = 0; i < e->pair_count; i++) {
            const struct pair *p = &e->pairs[i];
            double joint = (double)(e->truth_ids.boxes[p->truth] + e->track_ids.boxes[p->track] - p->hits[a]);
            if (p->hits[a] > 0)
                association += (double)p->hits[a] * (double)p->hits[a] / fmax(1.0, joint);
        }
        association /= fmax(1.0, (double)hits[a]);
        double detection = (double)hits[a] / fmax(1.0, (double)(s->truth_boxes + s->track_boxes - hits[a]));
        s->deta += detection / MOT_OVERLAPS;
        s->assa += association / MOT_OVERLAPS;
        s->hota += sqrt(detection * association) / MOT_OVERLAPS;
    }
    free(costs);
}

static int64_t ids_with_boxes(const struct ids *ids)
{
    int64_t count = 0;
    for (size_t i = 0; i < ids->count; i++)
        count += ids->boxes[i] > 0;
    return count;
}

static void release(struct evaluation *e)
{
    free(e->truth_ids.sorted);
    free(e->truth_ids.boxes);
    free(e->track_ids.sorted);
    free(e->track_ids.boxes);
    free(e->frames);
    free(e->truth_numbers);
    free(e->track_numbers);
    free(e->truth_begin);
    free(e->track_begin);
    free(e->overlaps);
    free(e->pairs);
    free(e->begin);
    free(e->columns);
    free(e->column_of);
    free(e->costs);
    assignment_free(e->solver);
}

enum err_code mot_evaluate(const char *truth_name, const struct mot_file *truth, const char *tracks_name,
    const struct mot_file *tracks, const struct mot_options *options, struct mot_scores *scores, struct err *err)
{
    static const struct mot_options all = {.class_id = -1};
    const struct mot_options *o = options != NULL ? options : &all;
    *scores = (struct mot_scores){0};
    enum err_code code = mot_file_check_ids(truth_name, truth, err);
    if (code == ERR_NONE)
        code = mot_file_check_ids(tracks_name, tracks, err);
    if (code != ERR_NONE)
        return code;
    struct evaluation e = {.solver = assignment_new()};
    e.frame_count = truth->frames > tracks->frames ? truth->frames : tracks->frames;
    if (o->frames > 0 && o->frames < e.frame_count)
        e.frame_count = o->frames;
    size_t frames = (size_t)e.frame_count + 1;
    collect_ids(truth, &e.truth_ids);
    collect_ids(tracks, &e.track_ids);
    e.frames = mem_calloc(frames, sizeof(*e.frames));
    e.truth_begin = mem_calloc(frames, sizeof(*e.truth_begin));
    e.track_begin = mem_calloc(frames, sizeof(*e.track_begin));
    e.truth_numbers = mem_calloc(truth->count + 1, sizeof(*e.truth_numbers));
    e.track_numbers = mem_calloc(tracks->count + 1, sizeof(*e.track_numbers));
    for (int32_t f = 1; f <= e.frame_count; f++)
        collect_frame(&e, f, truth, tracks, o);
    e.frames[e.frame_count].overlaps = e.overlap_count;
    number_pairs(&e);
    scores->truth_boxes = (int64_t)e.truth_begin[e.frame_count];
    scores->track_boxes = (int64_t)e.track_begin[e.frame_count];
    scores->truth_ids = ids_with_boxes(&e.truth_ids);
    scores->track_ids = ids_with_boxes(&e.track_ids);
    measure_clear(&e, scores);
    measure_identity(&e, scores);
    measure_hota(&e, scores);
    release(&e);
    return ERR_NONE;
}
