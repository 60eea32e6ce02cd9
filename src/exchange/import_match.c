// Entries are sorted by video and frame, so that each frame is read once.
#include "exchange/import_match.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/import_overlap.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

// Two stored boxes that are one.
#define TWIN_IOU 0.999
#define FRAMES_AT_ONCE 200

// A video that the file speaks about, or (the last one) that of entries which say none.
struct target {
    char id[VIDEO_ID_SIZE];
    char why[160];   // entries of it match nothing, because; "": they may
    bool is_mapped;  // the file calls it something else: ids of objects are not ours
    bool is_other;   // no video of the project
    int32_t *frames; // index of its n-th indexed frame; NULL: not read yet
    size_t frame_count;
};

struct matcher {
    const struct import_config *config;
    const struct import_request *request;
    const struct import_file *file;
    struct cancel *cancel;
    struct import_matching *out;
    struct target *targets; // of the file's videos, and one more
    size_t *order;          // of the rows
};

void import_matching_release(struct import_matching *matching)
{
    for (size_t i = 0; i < matching->problem_count; i++)
        free(matching->problems[i]);
    free(matching->items);
    free(matching->is_other);
    *matching = (struct import_matching){0};
}

static const struct import_row *row_of(const struct matcher *m, size_t place)
{
    return &m->file->rows[m->order[place]];
}

static void note_problem(struct matcher *m, const struct import_row *row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void note_problem(struct matcher *m, const struct import_row *row, const char *format, ...)
{
    char place[IMPORT_PLACE_SIZE];
    char reason[400];
    m->out->unmatched++;
    if (m->out->problem_count == IMPORT_PROBLEMS_MAX)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    import_file_place(m->file, row, place);
    m->out->problems[m->out->problem_count++] = mem_sprintf("%s: %s", place, reason);
}

static void set_match(struct matcher *m, size_t place, const char *video, const struct meta_frame *frame, size_t k)
{
    char id[OBJECT_ID_SIZE];
    struct import_match *match = &m->out->items[m->order[place]];
    object_id_make(video, frame->index, (int32_t)k, id);
    match->is_matched = label_key_of(id, &match->object);
    match->track = frame->objects[k].track;
    m->out->matched++;
}

// ---- videos

static size_t target_of(const struct matcher *m, const struct import_row *row)
{
    int32_t video = row->video >= 0 ? row->video : row->object_video;
    return video >= 0 ? (size_t)video : m->file->video_count;
}

static enum err_code check_target(struct matcher *m, struct target *target, struct err *err)
{
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    enum err_code code = meta_store_get_video(m->config->meta, target->id, video, err);
    bool is_gone = code == ERR_NOT_FOUND || (code == ERR_NONE && video->state == VIDEO_DELETING);
    if (is_gone)
        snprintf(target->why, sizeof(target->why), "there is no video %s", target->id);
    else if (code == ERR_NONE && strcmp(video->project, m->request->project) != 0)
        snprintf(target->why, sizeof(target->why), "the video %s belongs to project %s, not to %s", target->id,
            video->project, m->request->project);
    target->is_other = target->why[0] != '\0';
    free(video);
    if (!is_gone)
        return code;
    err_clear(err);
    return ERR_NONE;
}

// What somebody says that the file's video is called here; NULL: nothing.
static const char *find_same(const struct import_request *request, const char *named)
{
    if (request->from != NULL && strcmp(named, request->from) == 0)
        return request->video;
    for (size_t i = 0; i < request->same_count; i++) {
        if (strcmp(named, request->same[i].file) == 0)
            return request->same[i].video;
    }
    return NULL;
}

// Which video of ours is meant by one of the file's; `named` NULL: by entries that say none.
static enum err_code find_target(struct matcher *m, const char *named, struct target *target, struct err *err)
{
    const char *wanted = m->request->video;
    const char *same = named != NULL ? find_same(m->request, named) : NULL;
    const char *id = named == NULL ? wanted : same != NULL ? same : named;
    *target = (struct target){.is_mapped = same != NULL && strcmp(same, named) != 0};
    if (id == NULL) {
        snprintf(target->why, sizeof(target->why),
            "the entry does not say which video it is about: name it with the import (video)");
        return ERR_NONE;
    }
    memcpy(target->id, id, VIDEO_ID_SIZE);
    enum err_code code = check_target(m, target, err);
    if (code == ERR_NONE && wanted != NULL && same == NULL && strcmp(id, wanted) != 0)
        snprintf(target->why, sizeof(target->why),
            "it is about video %s, not %s; if both are the same clip, say so (from=%s)", id, wanted, id);
    return code;
}

static enum err_code find_targets(struct matcher *m, struct err *err)
{
    size_t count = m->file->video_count;
    m->targets = mem_calloc(count + 1, sizeof(*m->targets));
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i <= count && code == ERR_NONE; i++)
        code = find_target(m, i < count ? m->file->videos[i] : NULL, &m->targets[i], err);
    return code;
}

// The indexed frames of a video in their order, for entries that count them.
static enum err_code read_numbers(struct matcher *m, struct target *target, struct err *err)
{
    struct meta_frame_range range = {
        .to_us = -1, .after = -1, .state_mask = 1u << FRAME_INDEXED, .limit = FRAMES_AT_ONCE};
    size_t count = FRAMES_AT_ONCE;
    if (target->frames != NULL)
        return ERR_NONE;
    target->frames = mem_alloc(sizeof(*target->frames));
    while (count == FRAMES_AT_ONCE) {
        struct meta_frames page = {0};
        enum err_code code = cancel_check(m->cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_frames(m->config->meta, target->id, &range, &page, err);
        if (code != ERR_NONE)
            return code;
        count = page.count;
        target->frames = mem_realloc_array(target->frames, target->frame_count + count + 1, sizeof(*target->frames));
        for (size_t i = 0; i < count; i++) {
            range.after = page.items[i].index;
            target->frames[target->frame_count++] = page.items[i].index;
        }
        meta_frames_release(&page);
    }
    return ERR_NONE;
}

// ---- frames

// What says which frame a row means.
struct frame_key {
    size_t target;
    int32_t frame, number;
    int64_t pts_us;
};

static struct frame_key key_of(const struct matcher *m, const struct import_row *row)
{
    return (struct frame_key){.target = target_of(m, row),
        .frame = row->frame >= 0 ? row->frame : row->object_frame,
        .number = row->number,
        .pts_us = row->pts_us};
}

static int compare_keys(struct frame_key a, struct frame_key b)
{
    if (a.target != b.target)
        return a.target < b.target ? -1 : 1;
    if (a.frame != b.frame)
        return a.frame < b.frame ? -1 : 1;
    if (a.number != b.number)
        return a.number < b.number ? -1 : 1;
    return (a.pts_us > b.pts_us) - (a.pts_us < b.pts_us);
}

static int compare_numbers(float a, float b)
{
    return (a > b) - (a < b);
}

static int compare_boxes(const struct import_row *a, const struct import_row *b)
{
    const float x[] = {a->x, a->y, a->width, a->height, a->frame_width, a->frame_height};
    const float y[] = {b->x, b->y, b->width, b->height, b->frame_width, b->frame_height};
    for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++) {
        int order = compare_numbers(x[i], y[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

// By frame, then by box, so that equal boxes are neighbours; then as the file has them.
static int compare_rows(const void *a, const void *b, void *context)
{
    const struct matcher *m = context;
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    const struct import_row *one = &m->file->rows[x];
    const struct import_row *other = &m->file->rows[y];
    int order = compare_keys(key_of(m, one), key_of(m, other));
    if (order == 0)
        order = compare_boxes(one, other);
    return order != 0 ? order : (x > y) - (x < y);
}

static enum err_code read_by_time(
    struct matcher *m, const struct target *target, int64_t pts_us, struct meta_frames *frames, struct err *err)
{
    const struct meta_frame_range range = {.from_us = pts_us, .to_us = pts_us + 1, .after = -1, .limit = 1};
    return pts_us == INT64_MAX ? ERR_NONE : meta_store_list_frames(m->config->meta, target->id, &range, frames, err);
}

// Reads the frame that is meant; `why` says why there is none that can be meant.
static enum err_code read_frame(
    struct matcher *m, const struct frame_key *key, struct meta_frames *frames, char why[160], struct err *err)
{
    struct target *target = &m->targets[key->target];
    int32_t index = key->frame;
    enum err_code code = ERR_NONE;
    if (key->number > 0) {
        code = read_numbers(m, target, err);
        bool is_there = code == ERR_NONE && (size_t)key->number <= target->frame_count;
        index = is_there ? target->frames[key->number - 1] : -1;
        if (code == ERR_NONE && !is_there)
            snprintf(why, 160, "video %s has %zu frames, so there is no frame %d", target->id, target->frame_count,
                (int)key->number);
    }
    // The same clip may be sampled otherwise: then the time says which frame it is.
    bool by_time = key->pts_us >= 0 && (index < 0 || target->is_mapped);
    if (code != ERR_NONE || why[0] != '\0')
        return code;
    if (by_time)
        code = read_by_time(m, target, key->pts_us, frames, err);
    else
        code = meta_store_get_frame(m->config->meta, target->id, index, frames, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        code = ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    if (frames->count == 0 && by_time)
        snprintf(why, 160, "video %s has no frame at %" PRId64 " µs", target->id, key->pts_us);
    else if (frames->count == 0)
        snprintf(why, 160, "video %s has no frame %d", target->id, (int)index);
    else if (key->pts_us >= 0 && frames->items[0].pts_us != key->pts_us)
        snprintf(why, 160, "frame %d of video %s is at %" PRId64 " µs, not at %" PRId64 ": another clip or sampling",
            (int)index, target->id, frames->items[0].pts_us, key->pts_us);
    return ERR_NONE;
}

// ---- objects of a frame

// A box of the file and an object that it may be.
struct pair {
    double iou;
    size_t box; // its first row's place in the order
    size_t k;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;
    if (x->iou != y->iou)
        return x->iou > y->iou ? -1 : 1;
    if (x->box != y->box)
        return x->box < y->box ? -1 : 1;
    return (x->k > y->k) - (x->k < y->k);
}

// Rows first … end - 1 mean this frame.
struct group {
    size_t first, end;
    const struct target *target;
    const struct meta_frame *frame;
    bool *is_done;  // of the rows
    bool *is_taken; // of the objects
    struct pair *pairs;
    size_t pair_count, pair_room;
};

// By the object's own id, unless a box says that it is not the one meant any more.
static void match_ids(struct matcher *m, struct group *g)
{
    for (size_t i = g->first; i < g->end; i++) {
        const struct import_row *row = row_of(m, i);
        size_t k = row->object_k >= 0 ? (size_t)row->object_k : SIZE_MAX;
        if (g->target->is_mapped || k >= g->frame->object_count)
            continue;
        const struct import_box box = import_box_of(row, g->frame);
        if (row->has_box && import_overlap(&box, &g->frame->objects[k]) < m->request->min_iou)
            continue;
        set_match(m, i, g->target->id, g->frame, k);
        g->is_done[i - g->first] = true;
        g->is_taken[k] = true;
    }
}

static void add_pairs(struct matcher *m, struct group *g, size_t place)
{
    const struct import_box box = import_box_of(row_of(m, place), g->frame);
    for (size_t k = 0; k < g->frame->object_count; k++) {
        double iou = g->is_taken[k] ? 0 : import_overlap(&box, &g->frame->objects[k]);
        if (iou <= 0 || iou < m->request->min_iou)
            continue;
        if (g->pair_count == g->pair_room) {
            g->pair_room = g->pair_room > 0 ? 2 * g->pair_room : 64;
            g->pairs = mem_realloc_array(g->pairs, g->pair_room, sizeof(*g->pairs));
        }
        g->pairs[g->pair_count++] = (struct pair){.iou = iou, .box = place, .k = k};
    }
}

static bool same_box(const struct matcher *m, size_t a, size_t b)
{
    return row_of(m, a)->has_box && row_of(m, b)->has_box && compare_boxes(row_of(m, a), row_of(m, b)) == 0;
}

static enum err_code find_pairs(struct matcher *m, struct group *g, struct err *err)
{
    size_t boxes = 0;
    size_t last = SIZE_MAX; // the box before
    for (size_t i = g->first; i < g->end; i++) {
        if (g->is_done[i - g->first] || !row_of(m, i)->has_box || (last != SIZE_MAX && same_box(m, last, i)))
            continue;
        last = i;
        if (++boxes > IMPORT_FRAME_BOXES_MAX) {
            char place[IMPORT_PLACE_SIZE];
            import_file_place(m->file, row_of(m, i), place);
            return err_set(
                err, ERR_LIMIT, "%s: there are more than %d boxes in this frame", place, IMPORT_FRAME_BOXES_MAX);
        }
        add_pairs(m, g, i);
    }
    if (g->pair_count > 1)
        qsort(g->pairs, g->pair_count, sizeof(*g->pairs), compare_pairs);
    return ERR_NONE;
}

// A detector that takes one thing for two, a bottle and a vase, makes two objects of one box.
static size_t find_twin(const struct group *g, size_t k)
{
    const struct meta_object *object = &g->frame->objects[k];
    const struct import_box box = {.x = (double)object->x,
        .y = (double)object->y,
        .width = (double)object->width,
        .height = (double)object->height};
    for (size_t i = 0; i < g->frame->object_count; i++) {
        if (!g->is_taken[i] && import_overlap(&box, &g->frame->objects[i]) >= TWIN_IOU)
            return i;
    }
    return SIZE_MAX;
}

// Whether two rows with one box are about two objects, where there are two: by the file's ids for them, or else because
// both give it a label.
static bool are_of_two(const struct import_row *a, const struct import_row *b)
{
    if (a->object_k >= 0 || b->object_k >= 0)
        return a->object_k != b->object_k;
    return a->word != IMPORT_NEGATIVE && b->word != IMPORT_NEGATIVE;
}

// All rows with one box. Where they are about more objects than there are, the last gets the rest, and contradictions
// show.
static void match_box(struct matcher *m, struct group *g, const struct pair *pair)
{
    size_t k = pair->k;
    const struct import_row *before = NULL; // what the object at hand is known by
    g->is_taken[k] = true;
    for (size_t i = pair->box; i < g->end && same_box(m, pair->box, i); i++) {
        const struct import_row *row = row_of(m, i);
        if (g->is_done[i - g->first])
            continue;
        size_t twin = before != NULL && are_of_two(before, row) ? find_twin(g, k) : SIZE_MAX;
        if (twin != SIZE_MAX) {
            k = twin;
            g->is_taken[k] = true;
        }
        if (before == NULL || twin != SIZE_MAX || row->word != IMPORT_NEGATIVE)
            before = row;
        set_match(m, i, g->target->id, g->frame, k);
        g->is_done[i - g->first] = true;
    }
}

// The best overlaps first, each box and each object once.
static void match_boxes(struct matcher *m, struct group *g)
{
    for (size_t p = 0; p < g->pair_count; p++) {
        const struct pair *pair = &g->pairs[p];
        if (!g->is_done[pair->box - g->first] && !g->is_taken[pair->k])
            match_box(m, g, pair);
    }
}

static void note_rest(struct matcher *m, const struct group *g)
{
    for (size_t i = g->first; i < g->end; i++) {
        const struct import_row *row = row_of(m, i);
        if (g->is_done[i - g->first])
            continue;
        if (row->has_box)
            note_problem(m, row, "no object of frame %d of video %s overlaps this box by %g or more",
                (int)g->frame->index, g->target->id, m->request->min_iou);
        else if (g->target->is_mapped)
            note_problem(m, row, "it has no box to compare with the objects of video %s", g->target->id);
        else
            note_problem(m, row, "there is no object %d in frame %d of video %s", (int)row->object_k,
                (int)g->frame->index, g->target->id);
    }
}

// Rows that would be as right of another object, which is left over: nothing in the file tells the two apart.
static void count_ambiguous(struct matcher *m, const struct group *g)
{
    for (size_t i = g->first; i < g->end; i++) {
        const struct import_match *match = &m->out->items[m->order[i]];
        bool is_by_box = g->is_done[i - g->first] && row_of(m, i)->object_k < 0;
        m->out->ambiguous += is_by_box && find_twin(g, (size_t)label_key_k(match->object)) != SIZE_MAX;
    }
}

static enum err_code match_group(struct matcher *m, struct group *g, struct err *err)
{
    g->is_done = mem_calloc(g->end - g->first, sizeof(*g->is_done));
    g->is_taken = mem_calloc(g->frame->object_count, sizeof(*g->is_taken));
    match_ids(m, g);
    enum err_code code = find_pairs(m, g, err);
    if (code == ERR_NONE) {
        match_boxes(m, g);
        count_ambiguous(m, g);
        note_rest(m, g);
    }
    free(g->is_done);
    free(g->is_taken);
    free(g->pairs);
    return code;
}

static enum err_code match_frame(struct matcher *m, size_t first, size_t end, struct err *err)
{
    const struct frame_key key = key_of(m, row_of(m, first));
    const struct target *target = &m->targets[key.target];
    struct meta_frames frames = {0};
    char why[160] = "";
    enum err_code code = ERR_NONE;
    if (target->why[0] != '\0')
        snprintf(why, sizeof(why), "%s", target->why);
    else if (key.frame < 0 && key.number == 0 && key.pts_us < 0)
        snprintf(why, sizeof(why), "nothing says which frame of video %s is meant", target->id);
    else
        code = read_frame(m, &key, &frames, why, err);
    if (code == ERR_NONE && why[0] == '\0' && frames.count > 0) {
        struct group g = {.first = first, .end = end, .target = target, .frame = &frames.items[0]};
        code = match_group(m, &g, err);
    } else if (code == ERR_NONE) {
        for (size_t i = first; i < end; i++)
            note_problem(m, row_of(m, i), "%s", why);
    }
    meta_frames_release(&frames);
    return code;
}

static enum err_code match_all(struct matcher *m, struct err *err)
{
    size_t count = m->file->count;
    for (size_t i = 0; i < count; i++)
        m->order[i] = i;
    if (count > 1)
        qsort_r(m->order, count, sizeof(*m->order), compare_rows, m);
    enum err_code code = ERR_NONE;
    for (size_t first = 0; first < count && code == ERR_NONE;) {
        const struct frame_key key = key_of(m, row_of(m, first));
        size_t end = first + 1;
        while (end < count && compare_keys(key, key_of(m, row_of(m, end))) == 0)
            end++;
        code = cancel_check(m->cancel, err);
        if (code == ERR_NONE)
            code = match_frame(m, first, end, err);
        first = end;
    }
    return code;
}

enum err_code import_match(const struct import_config *config, const struct import_request *request,
    const struct import_file *file, struct cancel *cancel, struct import_matching *matching, struct err *err)
{
    *matching = (struct import_matching){.items = mem_calloc(file->count, sizeof(*matching->items))};
    struct matcher m = {.config = config,
        .request = request,
        .file = file,
        .cancel = cancel,
        .out = matching,
        .order = mem_calloc(file->count, sizeof(*m.order))};
    enum err_code code = find_targets(&m, err);
    if (code == ERR_NONE)
        code = match_all(&m, err);
    matching->is_other = mem_calloc(file->video_count, sizeof(*matching->is_other));
    for (size_t i = 0; code == ERR_NONE && i < file->video_count; i++)
        matching->is_other[i] = m.targets[i].is_other;
    for (size_t i = 0; m.targets != NULL && i <= file->video_count; i++)
        free(m.targets[i].frames);
    free(m.targets);
    free(m.order);
    if (code != ERR_NONE)
        import_matching_release(matching);
    return code;
}
