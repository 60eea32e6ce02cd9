// The rules of the meta store that are the same for every backend: states, counts and sentences.
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "meta_store/meta_store_backend.h"

static const char *const state_names[] = {
    [VIDEO_QUEUED] = "queued",
    [VIDEO_RUNNING] = "running",
    [VIDEO_DONE] = "done",
    [VIDEO_INCOMPLETE] = "incomplete",
    [VIDEO_FAILED] = "failed",
    [VIDEO_CANCELLED] = "cancelled",
    [VIDEO_DELETING] = "deleting",
};
#define STATE_COUNT (sizeof(state_names) / sizeof(state_names[0]))

const char *video_state_name(enum video_state state)
{
    return (size_t)state < STATE_COUNT ? state_names[state] : "unknown";
}

bool video_state_from_name(const char *name, enum video_state *state)
{
    for (size_t i = 0; i < STATE_COUNT; i++) {
        if (strcmp(state_names[i], name) == 0) {
            *state = (enum video_state)i;
            return true;
        }
    }
    return false;
}

bool video_state_is_final(enum video_state state)
{
    return state == VIDEO_DONE || state == VIDEO_INCOMPLETE || state == VIDEO_FAILED || state == VIDEO_CANCELLED;
}

const char *frame_state_name(enum frame_state state)
{
    static const char *const names[] = {"emitted", "indexed", "failed"};
    return (size_t)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

bool meta_video_settles(const struct meta_video *video, int64_t segments_failed, enum video_state *state)
{
    if (video->state != VIDEO_RUNNING || !video->split_done || video->segments_done < video->segments ||
        video->frames_indexed + video->frames_failed < video->frames_emitted)
        return false;
    bool whole = !video->source_incomplete && segments_failed == 0 && video->frames_failed == 0;
    *state = whole ? VIDEO_DONE : video->frames_indexed == 0 ? VIDEO_FAILED : VIDEO_INCOMPLETE;
    return true;
}

void meta_video_update_expected(struct meta_video *video)
{
    if (video->split_done && video->segments_done >= video->segments)
        video->frames_expected = video->frames_emitted;
}

void meta_video_init_new(struct meta_video *video, int64_t now_us)
{
    video->state = VIDEO_QUEUED;
    video->created_us = now_us;
    video->updated_us = now_us;
    video->finished_us = 0;
    video->split_done = false;
    video->source_incomplete = false;
    video->segments = 0;
    video->segments_done = 0;
    video->frames_expected = -1;
    video->frames_emitted = 0;
    video->frames_indexed = 0;
    video->frames_failed = 0;
    video->objects = 0;
    video->errors_count = 0;
    video->errors_final = 0;
}

static int64_t later_of(int64_t a_us, int64_t b_us)
{
    return a_us > b_us ? a_us : b_us;
}

int64_t meta_video_tracked_at(const struct meta_video *video, int64_t now_us)
{
    // The same call at the same time gives the same.
    int64_t behind_us = video->tracked_us > now_us ? video->tracked_us + 1 : now_us;
    return later_of(behind_us, video->finished_us);
}

int64_t meta_video_settled_at(const struct meta_video *video, int64_t now_us)
{
    return later_of(now_us, video->tracked_us + 1);
}

enum err_code meta_video_check(const struct meta_video *video, struct err *err)
{
    const struct sampling *sampling = &video->sampling;
    if (!video_id_is_valid(video->id))
        return err_set(err, ERR_CORRUPT, "\"%.40s\" is no video's id: 16 hexadecimal digits", video->id);
    if (project_name_check(video->project, err) != ERR_NONE)
        return err_set(err, ERR_CORRUPT, "\"%.80s\" is no project's name", video->project);
    if ((size_t)video->state >= STATE_COUNT)
        return err_set(err, ERR_CORRUPT, "%d is no state of a video", (int)video->state);
    if (!sampling->all && (sampling->fps_num <= 0 || sampling->fps_den <= 0))
        return err_set(err, ERR_CORRUPT, "%d/%d is no frame rate", (int)sampling->fps_num, (int)sampling->fps_den);
    return ERR_NONE;
}

bool meta_journal_page_add(
    struct meta_journal_page *page, int64_t position, int64_t at_us, const void *value, size_t size, size_t *bytes)
{
    if (page->count > 0 && *bytes + size > META_JOURNAL_PAGE_BYTES)
        return false;
    // Doubles: grows when the count is a power of two.
    if ((page->count & (page->count - 1)) == 0)
        page->items = mem_realloc_array(page->items, page->count == 0 ? 1 : page->count * 2, sizeof(*page->items));
    // One byte more, so that an empty entry has an address and texts end.
    char *copy = mem_alloc(size + 1);
    if (size > 0)
        memcpy(copy, value, size);
    copy[size] = '\0';
    page->items[page->count++] =
        (struct meta_journal_entry){.position = position, .at_us = at_us, .value = copy, .size = size};
    *bytes += size;
    return true;
}

static bool is_same_place(const struct meta_object *a, const struct meta_object *b)
{
    // Exactly: the same frame and the same model give the same boxes. All are finite.
    return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

void meta_keep_tracks(const struct meta_object *before, size_t before_count, struct meta_object *objects, size_t count)
{
    for (size_t k = 0; k < count && k < before_count; k++) {
        if (objects[k].track < 0 && is_same_place(&before[k], &objects[k]))
            objects[k].track = before[k].track;
    }
}

bool meta_take_tracks(struct meta_object *objects, const struct meta_frame_tracks *given)
{
    bool is_new = false;
    for (size_t k = 0; k < given->count; k++) {
        is_new = is_new || objects[k].track != given->tracks[k];
        objects[k].track = given->tracks[k];
    }
    return is_new;
}

enum err_code meta_no_project(const char *name, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no project %s", name);
}

enum err_code meta_project_deleting(const char *name, struct err *err)
{
    return err_set(err, ERR_CONFLICT, "the project %s is being deleted; try again when it is gone", name);
}

enum err_code meta_no_video(const char *id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no video %s", id);
}

enum err_code meta_video_deleting(const char *id, struct err *err)
{
    return err_set(err, ERR_CONFLICT, "the video %s is being deleted; try again when it is gone", id);
}

enum err_code meta_wrong_state(const char *id, enum video_state found, enum video_state wanted, struct err *err)
{
    return err_set(err, ERR_CONFLICT, "the video %s is %s and cannot become %s", id, video_state_name(found),
        video_state_name(wanted));
}

enum err_code meta_no_segment(const char *video, int32_t segment, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "the video %s has no segment %d", video, segment);
}

enum err_code meta_no_frame(const char *video, int32_t index, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "the video %s has no frame %d", video, index);
}

enum err_code meta_no_track(const char *video, int64_t n, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "the video %s has no track %" PRId64, video, n);
}

enum err_code meta_no_setting(const char *key, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no setting %s", key);
}

enum err_code meta_project_has_videos(const char *name, int64_t videos, struct err *err)
{
    return err_set(
        err, ERR_CONFLICT, "the project %s still has %" PRId64 " video%s", name, videos, videos == 1 ? "" : "s");
}

enum err_code meta_journal_moved(
    const char *project, const char *journal, int64_t expected, int64_t found, struct err *err)
{
    return err_set(err, ERR_CONFLICT,
        "the journal %s of project %s has %" PRId64 " entries, not %" PRId64
        ": somebody else appended to it; read what is new and try again",
        journal, project, found, expected);
}
