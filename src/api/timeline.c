// How many objects there are along a video, and where a label or a track appears in it.
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "base/json.h"
#include "base/mem.h"

#define BUCKETS_DEFAULT 400
#define BUCKETS_MAX 4000

enum count { COUNT_FRAMES, COUNT_OBJECTS, COUNT_EXPLICIT, COUNT_PROBABLE, COUNT_TRACK, COUNTS };
static const char *const count_names[COUNTS] = {"frames", "objects", "explicit", "probable", "track"};

// One frame's share, kept until all frames are known and with them the end of the time.
struct moment {
    int64_t pts_us;
    uint16_t counts[COUNTS]; // an object is counted once in each, and a frame has at most OBJECTS_PER_FRAME_MAX
};

struct timeline {
    const char *video, *project;
    const char *label;      // NULL: none
    int64_t track;          // -1: none
    int64_t from_us, to_us; // to_us -1: to the end
    int64_t buckets;
    struct moment *moments;
    size_t count, capacity;
};

static struct moment *add_moment(struct timeline *line)
{
    if (line->count == line->capacity) {
        line->capacity = line->capacity > 0 ? 2 * line->capacity : 1024;
        line->moments = mem_realloc_array(line->moments, line->capacity, sizeof(*line->moments));
    }
    struct moment *moment = &line->moments[line->count++];
    *moment = (struct moment){.counts = {[COUNT_FRAMES] = 1}};
    return moment;
}

// `kinds` says how each object of the frame carries the label; NULL without one.
static void count_frame(struct timeline *line, const struct meta_frame *frame, const enum label_kind *kinds)
{
    struct moment *moment = add_moment(line);
    moment->pts_us = frame->pts_us;
    moment->counts[COUNT_OBJECTS] = (uint16_t)frame->object_count;
    unsigned counts[COUNTS] = {0};
    for (size_t k = 0; k < frame->object_count; k++) {
        counts[COUNT_TRACK] += line->track >= 0 && frame->objects[k].track == line->track;
        counts[COUNT_EXPLICIT] += kinds != NULL && kinds[k] == LABEL_EXPLICIT;
        counts[COUNT_PROBABLE] += kinds != NULL && kinds[k] == LABEL_PROBABLE;
    }
    for (int c = COUNT_EXPLICIT; c < COUNTS; c++)
        moment->counts[c] = (uint16_t)counts[c];
}

static enum err_code read_frames(struct api *api, struct timeline *line, struct err *err)
{
    struct meta_frame_range range = {
        .from_us = line->from_us, .to_us = line->to_us, .after = -1, .limit = META_LIST_MAX};
    enum err_code code = ERR_NONE;
    for (bool more = true; more && code == ERR_NONE;) {
        struct meta_frames frames = {0};
        code = meta_store_list_frames(api->config.ingest->meta, line->video, &range, &frames, err);
        enum label_kind *kinds = NULL;
        if (code == ERR_NONE && line->label != NULL)
            code =
                api_match_frames(api, line->project, line->video, line->label, frames.items, frames.count, &kinds, err);
        const enum label_kind *kind = kinds;
        for (size_t i = 0; i < frames.count && code == ERR_NONE; i++) {
            count_frame(line, &frames.items[i], kind);
            kind = kind != NULL ? kind + frames.items[i].object_count : NULL;
        }
        free(kinds);
        more = frames.count == META_LIST_MAX;
        if (more)
            range.after = frames.items[frames.count - 1].index;
        meta_frames_release(&frames);
    }
    return code;
}

static json_t *shape_timeline(struct timeline *line)
{
    int64_t *sums = mem_calloc((size_t)line->buckets * COUNTS, sizeof(*sums));
    int64_t span = line->to_us - line->from_us;
    for (size_t i = 0; i < line->count; i++) {
        const struct moment *moment = &line->moments[i];
        // Part b is [from + b * span / buckets, from + (b + 1) * span / buckets), in exact fractions.
        int64_t bucket = (int64_t)((__int128)(moment->pts_us - line->from_us) * line->buckets / span);
        for (int c = 0; c < COUNTS; c++)
            sums[bucket * COUNTS + c] += moment->counts[c];
    }
    json_t *answer = json_object();
    json_set_int64(answer, "from_us", line->from_us);
    json_set_int64(answer, "to_us", line->to_us);
    for (int c = 0; c < COUNTS; c++) {
        bool of_label = c == COUNT_EXPLICIT || c == COUNT_PROBABLE;
        if ((of_label && line->label == NULL) || (c == COUNT_TRACK && line->track < 0))
            continue;
        json_t *list = json_array();
        for (int64_t b = 0; b < line->buckets; b++)
            json_array_append_new(list, json_integer(sums[b * COUNTS + c]));
        json_set(answer, count_names[c], list);
    }
    free(sums);
    return answer;
}

static enum err_code read_query(const struct http_request *request, struct timeline *line, struct err *err)
{
    static const char *const allowed[] = {"from_us", "to_us", "buckets", "label", "track", NULL};
    char of[VIDEO_ID_SIZE];
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_video(request, &line->video, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "from_us", 0, INT64_MAX - 1, 0, &line->from_us, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "to_us", 1, INT64_MAX, -1, &line->to_us, err);
    if (code == ERR_NONE && line->to_us != -1 && line->to_us <= line->from_us)
        code = err_of_field(err, err_set(err, ERR_INVALID, "to_us must be greater than from_us"), "to_us");
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "buckets", 1, BUCKETS_MAX, BUCKETS_DEFAULT, &line->buckets, err);
    const char *track = http_request_query(request, "track");
    line->track = -1;
    if (code == ERR_NONE && track != NULL &&
        (!track_id_parse(track, of, &line->track) || strcmp(of, line->video) != 0)) {
        err_set(err, ERR_INVALID, "\"%.64s\" is no track of video %s: those look like %s-t7", track, line->video,
            line->video);
        code = err_of_field(err, ERR_INVALID, "track");
    }
    line->label = http_request_query(request, "label");
    return code;
}

API_HANDLER(api_timeline)
{
    struct api *api = context;
    struct timeline line = {0};
    struct meta_video *video = mem_alloc(sizeof(*video));
    enum err_code code = read_query(request, &line, err);
    if (code == ERR_NONE)
        code = meta_store_get_video(api->config.ingest->meta, line.video, video, err);
    line.project = video->project;
    if (code == ERR_NONE)
        code = read_frames(api, &line, err);
    if (code == ERR_NONE) {
        if (line.to_us == -1) {
            // While a video is being fetched its length is a guess, or not known: no frame may fall out at the end.
            int64_t last_us = line.count > 0 ? line.moments[line.count - 1].pts_us : line.from_us;
            line.to_us = video->media.duration_us > last_us ? video->media.duration_us : last_us + 1;
        }
        http_response_json(response, 200, shape_timeline(&line));
    }
    free(line.moments);
    free(video);
    return code;
}
