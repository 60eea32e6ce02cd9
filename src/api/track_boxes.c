// Where a track is along the time: the boxes of its objects, and on the way from one to the next.
#include <inttypes.h>
#include <stdlib.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"
#include "base/mem.h"
#include "os/cancel.h"

#define BOXES_LIMIT 100
#define FRAMES_AT_ONCE 256
#define STEP_US 40000
#define STEP_US_LEAST 1000
#define STEP_US_MOST 10000000
// Over a longer gap nothing is guessed, as in the player (web/src/features/player/model/samples.ts).
#define GAP_MOST_INTERVALS 3.5

struct walk {
    const char *video;
    int64_t n;
    int64_t from_us, to_us, step_us, gap_us;
    size_t limit;
    bool has_last;
    struct meta_object last; // of the track's objects so far
    int64_t last_us;
    json_t *boxes;
    int64_t next_us; // of the first box that is on the next page; -1: there is none
};

// Of two samples, about: no less than a frame of the source lasts.
static double interval_us(const struct meta_video *video)
{
    double rate = video->sampling.all ? 0 : (double)video->sampling.fps_num / (double)video->sampling.fps_den;
    double own = video->media.frame_rate;
    if (own > 0 && (rate <= 0 || own < rate))
        rate = own;
    return rate > 0 ? 1e6 / rate : 1e6;
}

// False: the page is full.
static bool put(struct walk *walk, int64_t pts_us, const struct meta_object *object, int32_t index, int32_t k)
{
    if (pts_us < walk->from_us || pts_us >= walk->to_us)
        return true;
    if (json_array_size(walk->boxes) == walk->limit) {
        walk->next_us = pts_us;
        return false;
    }
    json_array_append_new(walk->boxes, shape_track_box(walk->video, pts_us, object, index, k));
    return true;
}

static float between(float a, float b, double share)
{
    return (float)((double)a + ((double)b - (double)a) * share);
}

static bool put_between(struct walk *walk, const struct meta_object *next, int64_t next_us)
{
    int64_t gap_us = next_us - walk->last_us;
    int64_t end_us = next_us < walk->to_us ? next_us : walk->to_us;
    int64_t steps = 1;
    if (!walk->has_last || gap_us > walk->gap_us)
        return true;
    if (walk->from_us > walk->last_us + walk->step_us)
        steps = (walk->from_us - walk->last_us + walk->step_us - 1) / walk->step_us;
    for (int64_t us = walk->last_us + steps * walk->step_us; us < end_us; us += walk->step_us) {
        const struct meta_object *last = &walk->last;
        double share = (double)(us - walk->last_us) / (double)gap_us;
        const struct meta_object moved = {.x = between(last->x, next->x, share),
            .y = between(last->y, next->y, share),
            .width = between(last->width, next->width, share),
            .height = between(last->height, next->height, share)};
        if (!put(walk, us, &moved, 0, -1))
            return false;
    }
    return true;
}

static bool take_frame(struct walk *walk, const struct meta_frame *frame)
{
    for (size_t k = 0; k < frame->object_count; k++) {
        const struct meta_object *object = &frame->objects[k];
        // Of frames of one time, which a video may have where every frame is taken, the first says where it is: a page
        // goes on from a time.
        if (object->track != walk->n || (walk->has_last && frame->pts_us == walk->last_us))
            continue;
        if (!put_between(walk, object, frame->pts_us) || !put(walk, frame->pts_us, object, frame->index, (int32_t)k))
            return false;
        walk->has_last = true;
        walk->last = *object;
        walk->last_us = frame->pts_us;
    }
    return true;
}

// Reads so far before the first box and behind the last one that what they lie between is known.
static enum err_code fill_page(
    struct api *api, struct walk *walk, const struct meta_track *track, struct cancel *cancel, struct err *err)
{
    int64_t end_us = walk->to_us < track->last_us - walk->gap_us ? walk->to_us + walk->gap_us : track->last_us;
    struct meta_frame_range range = {.from_us = track->first_us,
        .to_us = end_us + 1,
        .after = -1,
        .state_mask = 1u << FRAME_INDEXED,
        .limit = FRAMES_AT_ONCE};
    if (walk->from_us - walk->gap_us > range.from_us)
        range.from_us = walk->from_us - walk->gap_us;
    for (bool more = range.from_us < range.to_us; more;) {
        struct meta_frames frames = {0};
        enum err_code code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_frames(api->config.ingest->meta, walk->video, &range, &frames, err);
        if (code != ERR_NONE)
            return code;
        more = frames.count == FRAMES_AT_ONCE;
        for (size_t i = 0; i < frames.count; i++) {
            range.after = frames.items[i].index;
            if (!take_frame(walk, &frames.items[i])) {
                more = false;
                break;
            }
        }
        meta_frames_release(&frames);
    }
    return ERR_NONE;
}

static enum err_code read_query(const struct http_request *request, struct walk *walk, struct err *err)
{
    static const char *const allowed[] = {"from_us", "to_us", "step_us", "limit", "cursor", NULL};
    int64_t cursor = 0;
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "from_us", 0, INT64_MAX, 0, &walk->from_us, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "to_us", 0, INT64_MAX, INT64_MAX, &walk->to_us, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "step_us", STEP_US_LEAST, STEP_US_MOST, STEP_US, &walk->step_us, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, BOXES_LIMIT, META_LIST_MAX, &walk->limit, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "cursor", 0, INT64_MAX, 0, &cursor, err);
    if (cursor > walk->from_us)
        walk->from_us = cursor;
    return code;
}

API_HANDLER(api_list_track_boxes)
{
    struct api *api = context;
    char video[VIDEO_ID_SIZE];
    struct walk walk = {.video = video, .next_us = -1};
    struct meta_track track;
    struct meta_video *stored = mem_alloc(sizeof(*stored));
    enum err_code code = read_query(request, &walk, err);
    if (code == ERR_NONE)
        code = api_param_track(request, video, &walk.n, err);
    if (code == ERR_NONE)
        code = meta_store_get_video(api->config.ingest->meta, video, stored, err);
    if (code == ERR_NONE)
        code = meta_store_get_track(api->config.ingest->meta, video, walk.n, &track, err);
    if (code == ERR_NONE) {
        walk.gap_us = (int64_t)(GAP_MOST_INTERVALS * interval_us(stored));
        walk.boxes = json_array();
        code = fill_page(api, &walk, &track, http_request_cancel(request), err);
    }
    free(stored);
    if (code != ERR_NONE) {
        json_decref(walk.boxes);
        return code;
    }
    json_t *answer = json_object();
    json_set(answer, "boxes", walk.boxes);
    json_set_string(answer, "next_cursor",
        walk.next_us >= 0 ? arena_sprintf(http_request_arena(request), "%" PRId64, walk.next_us) : NULL);
    http_response_json(response, 200, answer);
    return ERR_NONE;
}
