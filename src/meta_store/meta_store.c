#include "meta_store/meta_store.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "meta_store/meta_store_backend.h"

#define SETTING_KEY_MAX 255

void meta_store_free(struct meta_store *store)
{
    if (store != NULL)
        store->ops->free(store);
}

static enum err_code check_video(const char *id, struct err *err)
{
    return video_id_is_valid(id) ? ERR_NONE
                                 : err_set(err, ERR_INVALID, "'%.40s' is no video's id: 16 hexadecimal digits", id);
}

static size_t clamp_limit(size_t limit)
{
    return limit < META_LIST_MAX ? limit : META_LIST_MAX;
}

// ---- projects

enum err_code meta_store_create_project(struct meta_store *store, const char *name, bool *created, struct err *err)
{
    bool unused;
    enum err_code code = project_name_check(name, err);
    return code != ERR_NONE ? code : store->ops->create_project(store, name, created != NULL ? created : &unused, err);
}

enum err_code meta_store_get_project(
    struct meta_store *store, const char *name, struct meta_project *project, struct err *err)
{
    enum err_code code = project_name_check(name, err);
    return code != ERR_NONE ? code : store->ops->get_project(store, name, project, err);
}

enum err_code meta_store_list_projects(struct meta_store *store, const char *after, size_t limit,
    struct meta_project **projects, size_t *count, struct err *err)
{
    *projects = NULL;
    *count = 0;
    limit = clamp_limit(limit);
    if (limit == 0)
        return ERR_NONE;
    return store->ops->list_projects(store, after != NULL ? after : "", limit, projects, count, err);
}

enum err_code meta_store_mark_project_deleting(struct meta_store *store, const char *name, struct err *err)
{
    enum err_code code = project_name_check(name, err);
    return code != ERR_NONE ? code : store->ops->mark_project_deleting(store, name, err);
}

enum err_code meta_store_remove_project(struct meta_store *store, const char *name, struct err *err)
{
    enum err_code code = project_name_check(name, err);
    return code != ERR_NONE ? code : store->ops->remove_project(store, name, err);
}

// ---- videos

enum err_code meta_store_create_video(
    struct meta_store *store, struct meta_video *video, bool *created, struct err *err)
{
    bool unused;
    enum err_code code = project_name_check(video->project, err);
    if (code == ERR_NONE)
        code = check_video(video->id, err);
    return code != ERR_NONE ? code : store->ops->create_video(store, video, created != NULL ? created : &unused, err);
}

enum err_code meta_store_get_video(struct meta_store *store, const char *id, struct meta_video *video, struct err *err)
{
    enum err_code code = check_video(id, err);
    return code != ERR_NONE ? code : store->ops->get_video(store, id, video, err);
}

enum err_code meta_store_list_videos(struct meta_store *store, const char *project, const char *after, size_t limit,
    struct meta_video **videos, size_t *count, struct err *err)
{
    *videos = NULL;
    *count = 0;
    limit = clamp_limit(limit);
    enum err_code code = project != NULL ? project_name_check(project, err) : ERR_NONE;
    if (code == ERR_NONE && after != NULL)
        code = check_video(after, err);
    return code != ERR_NONE || limit == 0 ? code
                                          : store->ops->list_videos(store, project, after, limit, videos, count, err);
}

enum err_code meta_store_set_video_state(
    struct meta_store *store, const char *id, unsigned from, enum video_state to, struct err *err)
{
    enum err_code code = check_video(id, err);
    return code != ERR_NONE ? code : store->ops->set_video_state(store, id, from, to, err);
}

enum err_code meta_store_set_video_media(
    struct meta_store *store, const char *id, const struct meta_media *media, struct err *err)
{
    enum err_code code = check_video(id, err);
    return code != ERR_NONE ? code : store->ops->set_video_media(store, id, media, err);
}

enum err_code meta_store_set_video_models(
    struct meta_store *store, const char *id, const char *detector, const char *embedder, struct err *err)
{
    enum err_code code = check_video(id, err);
    return code != ERR_NONE ? code : store->ops->set_video_models(store, id, detector, embedder, err);
}

enum err_code meta_store_set_video_name(struct meta_store *store, const char *id, const char *name, struct err *err)
{
    enum err_code code = check_video(id, err);
    if (code == ERR_NONE && name[0] == '\0')
        code = err_set(err, ERR_INVALID, "a video needs a name");
    if (code == ERR_NONE && strnlen(name, META_TITLE_SIZE) == META_TITLE_SIZE)
        code = err_set(err, ERR_INVALID, "the name of a video has at most %d bytes", META_TITLE_SIZE - 1);
    return code != ERR_NONE ? code : store->ops->set_video_name(store, id, name, err);
}

enum err_code meta_store_add_video_error(
    struct meta_store *store, const char *id, const char *sentence, bool is_final, struct err *err)
{
    enum err_code code = check_video(id, err);
    if (code != ERR_NONE)
        return code;
    char cut[META_ERROR_SIZE];
    size_t length = strnlen(sentence, sizeof(cut) - 1);
    // A cut in the middle of a UTF-8 sequence would make the JSON that carries the sentence invalid.
    while (sentence[length] != '\0' && length > 0 && ((unsigned char)sentence[length] & 0xC0) == 0x80)
        length--;
    memcpy(cut, sentence, length);
    cut[length] = '\0';
    return store->ops->add_video_error(store, id, cut, is_final, err);
}

enum err_code meta_store_clear_video_errors(struct meta_store *store, const char *id, struct err *err)
{
    enum err_code code = check_video(id, err);
    return code != ERR_NONE ? code : store->ops->clear_video_errors(store, id, err);
}

enum err_code meta_store_video_errors(
    struct meta_store *store, const char *id, char ***sentences, size_t *count, struct err *err)
{
    *sentences = NULL;
    *count = 0;
    enum err_code code = check_video(id, err);
    return code != ERR_NONE ? code : store->ops->video_errors(store, id, sentences, count, err);
}

void meta_strings_free(char **strings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(strings[i]);
    free(strings);
}

enum err_code meta_store_remove_video(struct meta_store *store, const char *id, struct err *err)
{
    enum err_code code = check_video(id, err);
    return code != ERR_NONE ? code : store->ops->remove_video(store, id, err);
}

// ---- segments

static enum err_code check_segment(const char *video, int32_t segment, struct err *err)
{
    enum err_code code = check_video(video, err);
    if (code == ERR_NONE && (segment < 0 || segment >= SEGMENTS_PER_VIDEO_MAX))
        code = err_set(err, ERR_INVALID, "%d is no segment's index: 0 to %d", segment, SEGMENTS_PER_VIDEO_MAX - 1);
    return code;
}

enum err_code meta_store_put_segment(
    struct meta_store *store, const char *video, const struct meta_segment *segment, struct err *err)
{
    enum err_code code = check_segment(video, segment->index, err);
    return code != ERR_NONE ? code : store->ops->put_segment(store, video, segment, err);
}

enum err_code meta_store_finish_split(struct meta_store *store, const char *video, int64_t segments,
    int64_t frames_expected, int64_t duration_us, bool source_incomplete, struct err *err)
{
    enum err_code code = check_video(video, err);
    if (code == ERR_NONE && (segments < 0 || segments > SEGMENTS_PER_VIDEO_MAX))
        code = err_set(err, ERR_LIMIT, "a video can have %d segments, not %" PRId64 ": choose longer chunks",
            SEGMENTS_PER_VIDEO_MAX, segments);
    return code != ERR_NONE
        ? code
        : store->ops->finish_split(store, video, segments, frames_expected, duration_us, source_incomplete, err);
}

enum err_code meta_store_finish_segment(
    struct meta_store *store, const char *video, int32_t segment, int64_t frames, struct err *err)
{
    enum err_code code = check_segment(video, segment, err);
    return code != ERR_NONE ? code : store->ops->finish_segment(store, video, segment, frames, false, err);
}

enum err_code meta_store_fail_segment(struct meta_store *store, const char *video, int32_t segment, struct err *err)
{
    enum err_code code = check_segment(video, segment, err);
    return code != ERR_NONE ? code : store->ops->finish_segment(store, video, segment, 0, true, err);
}

enum err_code meta_store_list_segments(struct meta_store *store, const char *video, int32_t after, size_t limit,
    struct meta_segment **segments, size_t *count, struct err *err)
{
    *segments = NULL;
    *count = 0;
    limit = clamp_limit(limit);
    enum err_code code = check_video(video, err);
    return code != ERR_NONE || limit == 0 ? code
                                          : store->ops->list_segments(store, video, after, limit, segments, count, err);
}

// ---- frames and objects

static enum err_code check_object(const struct meta_frame *frame, size_t k, struct err *err)
{
    const struct meta_object *object = &frame->objects[k];
    if (!isfinite(object->x) || !isfinite(object->y) || !isfinite(object->width) || !isfinite(object->height) ||
        !isfinite(object->score))
        return err_set(
            err, ERR_INVALID, "object %zu of frame %d has a box or score that is no number", k, frame->index);
    if (object->width < 0 || object->height < 0)
        return err_set(err, ERR_INVALID,
            "object %zu of frame %d has a width of %g and a height of %g: less than nothing", k, frame->index,
            (double)object->width, (double)object->height);
    return ERR_NONE;
}

static enum err_code check_frame(const struct meta_frame *frame, bool with_objects, struct err *err)
{
    if (frame->index < 0 || frame->index > FRAME_INDEX_MAX)
        return err_set(err, ERR_INVALID, "%d is no frame's index: 0 to %d", frame->index, FRAME_INDEX_MAX);
    if (!with_objects)
        return ERR_NONE;
    if (frame->object_count > OBJECTS_PER_FRAME_MAX)
        return err_set(err, ERR_LIMIT, "frame %d has %zu objects, more than the %d allowed", frame->index,
            frame->object_count, OBJECTS_PER_FRAME_MAX);
    enum err_code code = ERR_NONE;
    for (size_t k = 0; k < frame->object_count && code == ERR_NONE; k++)
        code = check_object(frame, k, err);
    return code;
}

static enum err_code put_frames(struct meta_store *store, const char *video, const struct meta_frame *frames,
    size_t count, bool indexed, struct err *err)
{
    enum err_code code = check_video(video, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = check_frame(&frames[i], indexed, err);
    return code != ERR_NONE ? code : store->ops->put_frames(store, video, frames, count, indexed, err);
}

enum err_code meta_store_put_frames(
    struct meta_store *store, const char *video, const struct meta_frame *frames, size_t count, struct err *err)
{
    return put_frames(store, video, frames, count, false, err);
}

enum err_code meta_store_put_objects(
    struct meta_store *store, const char *video, const struct meta_frame *frames, size_t count, struct err *err)
{
    return put_frames(store, video, frames, count, true, err);
}

enum err_code meta_store_fail_frame(
    struct meta_store *store, const char *video, int32_t index, bool failed, struct err *err)
{
    enum err_code code = check_video(video, err);
    return code != ERR_NONE ? code : store->ops->fail_frame(store, video, index, failed, err);
}

void meta_frames_release(struct meta_frames *frames)
{
    for (size_t i = 0; i < frames->count; i++)
        free(frames->items[i].objects);
    free(frames->items);
    *frames = (struct meta_frames){0};
}

enum err_code meta_store_list_frames(struct meta_store *store, const char *video, const struct meta_frame_range *range,
    struct meta_frames *frames, struct err *err)
{
    *frames = (struct meta_frames){0};
    enum err_code code = check_video(video, err);
    if (code == ERR_NONE && range->limit == 0)
        code = err_set(err, ERR_INVALID, "a page of frames has 1 to %d of them", META_LIST_MAX);
    if (code != ERR_NONE)
        return code;
    struct meta_frame_range checked = *range;
    checked.limit = clamp_limit(range->limit);
    if (checked.to_us == -1)
        checked.to_us = INT64_MAX;
    return store->ops->list_frames(store, video, &checked, frames, err);
}

enum err_code meta_store_get_frame(
    struct meta_store *store, const char *video, int32_t index, struct meta_frames *frame, struct err *err)
{
    if (index < 0 || index > FRAME_INDEX_MAX) {
        *frame = (struct meta_frames){0};
        return err_set(err, ERR_INVALID, "%d is no frame's index: 0 to %d", index, FRAME_INDEX_MAX);
    }
    const struct meta_frame_range range = {.from_us = INT64_MIN, .to_us = -1, .after = index - 1, .limit = 1};
    enum err_code code = meta_store_list_frames(store, video, &range, frame, err);
    if (code != ERR_NONE || (frame->count == 1 && frame->items[0].index == index))
        return code;
    meta_frames_release(frame);
    return meta_no_frame(video, index, err);
}

// ---- tracks

static enum err_code check_track(const struct meta_track *track, int64_t after, struct err *err)
{
    if (track->n < 0 || track->n <= after)
        return err_set(err, ERR_INVALID, "track %" PRId64 " is not above %" PRId64 ": tracks ascend", track->n, after);
    if (!isfinite(track->score))
        return err_set(err, ERR_INVALID, "track %" PRId64 " has a score that is no number", track->n);
    return ERR_NONE;
}

enum err_code meta_store_put_frame_tracks(
    struct meta_store *store, const char *video, const struct meta_frame_tracks *frames, size_t count, struct err *err)
{
    enum err_code code = check_video(video, err);
    return code != ERR_NONE || count == 0 ? code : store->ops->put_frame_tracks(store, video, frames, count, err);
}

enum err_code meta_store_put_tracks(struct meta_store *store, const char *video, const struct meta_track *tracks,
    size_t count, int64_t track_steps, struct err *err)
{
    enum err_code code = check_video(video, err);
    if (code == ERR_NONE && track_steps < 0)
        code = err_set(err, ERR_INVALID, "tracks cannot follow %" PRId64 " corrections", track_steps);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = check_track(&tracks[i], i > 0 ? tracks[i - 1].n : -1, err);
    return code != ERR_NONE ? code : store->ops->put_tracks(store, video, tracks, count, track_steps, err);
}

enum err_code meta_store_list_tracks(struct meta_store *store, const char *video, int64_t after, size_t limit,
    struct meta_track **tracks, size_t *count, struct err *err)
{
    *tracks = NULL;
    *count = 0;
    limit = clamp_limit(limit);
    enum err_code code = check_video(video, err);
    return code != ERR_NONE || limit == 0 ? code
                                          : store->ops->list_tracks(store, video, after, limit, tracks, count, err);
}

enum err_code meta_store_get_track(
    struct meta_store *store, const char *video, int64_t n, struct meta_track *track, struct err *err)
{
    struct meta_track *found = NULL;
    size_t count = 0;
    enum err_code code =
        n < 0 ? meta_no_track(video, n, err) : meta_store_list_tracks(store, video, n - 1, 1, &found, &count, err);
    if (code == ERR_NONE && found != NULL && found->n == n)
        *track = *found;
    else if (code == ERR_NONE)
        code = meta_no_track(video, n, err);
    free(found);
    return code;
}

enum err_code meta_store_settle_video(struct meta_store *store, const char *video, bool *settled, struct err *err)
{
    bool unused;
    enum err_code code = check_video(video, err);
    return code != ERR_NONE ? code : store->ops->settle_video(store, video, settled != NULL ? settled : &unused, err);
}

// ---- journals

static enum err_code check_journal(const char *project, const char *journal, struct err *err)
{
    size_t length = strspn(journal, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (length < 1 || length > META_JOURNAL_NAME_MAX || journal[length] != '\0')
        return err_set(err, ERR_INVALID, "'%.70s' is no journal's name: 1 to %d of a-z, 0-9 and -", journal,
            META_JOURNAL_NAME_MAX);
    return project_name_check(project, err);
}

enum err_code meta_store_append_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t expected, const void *value, size_t size, int64_t *position, struct err *err)
{
    int64_t unused;
    enum err_code code = check_journal(project, journal, err);
    if (code == ERR_NONE && size > META_JOURNAL_ENTRY_MAX)
        code = err_set(err, ERR_LIMIT, "an entry of %zu bytes is too large for a journal: at most %zu", size,
            META_JOURNAL_ENTRY_MAX);
    if (code == ERR_NONE && expected < -1)
        code = err_set(err, ERR_INVALID, "%" PRId64 " is no position of a journal", expected);
    return code != ERR_NONE ? code
                            : store->ops->append_journal(store, project, journal, expected, value, size,
                                  position != NULL ? position : &unused, err);
}

enum err_code meta_store_get_journal(
    struct meta_store *store, const char *project, const char *journal, struct meta_journal_info *info, struct err *err)
{
    *info = (struct meta_journal_info){0};
    enum err_code code = check_journal(project, journal, err);
    return code != ERR_NONE ? code : store->ops->get_journal(store, project, journal, info, err);
}

enum err_code meta_store_list_journals(
    struct meta_store *store, const char *project, char ***names, size_t *count, struct err *err)
{
    *names = NULL;
    *count = 0;
    enum err_code code = project_name_check(project, err);
    return code != ERR_NONE ? code : store->ops->list_journals(store, project, names, count, err);
}

void meta_journal_page_release(struct meta_journal_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        free(page->items[i].value);
    free(page->items);
    *page = (struct meta_journal_page){0};
}

enum err_code meta_store_list_journal(struct meta_store *store, const char *project, const char *journal, int64_t after,
    size_t limit, struct meta_journal_page *page, struct err *err)
{
    *page = (struct meta_journal_page){0};
    enum err_code code = check_journal(project, journal, err);
    if (code == ERR_NONE && limit == 0)
        code = err_set(err, ERR_INVALID, "a page of a journal has 1 to %d entries", META_LIST_MAX);
    if (code != ERR_NONE)
        return code;
    return store->ops->list_journal(store, project, journal, after < -1 ? -1 : after, clamp_limit(limit), page, err);
}

// ---- settings

static enum err_code check_setting(const char *key, struct err *err)
{
    size_t length = strnlen(key, SETTING_KEY_MAX + 1);
    return length > 0 && length <= SETTING_KEY_MAX
        ? ERR_NONE
        : err_set(err, ERR_INVALID, "a setting's name has 1 to %d bytes", SETTING_KEY_MAX);
}

enum err_code meta_store_put_setting(struct meta_store *store, const char *key, const char *value, struct err *err)
{
    enum err_code code = check_setting(key, err);
    return code != ERR_NONE ? code : store->ops->put_setting(store, key, value, err);
}

enum err_code meta_store_remove_setting(struct meta_store *store, const char *key, struct err *err)
{
    enum err_code code = check_setting(key, err);
    return code != ERR_NONE ? code : store->ops->remove_setting(store, key, err);
}

enum err_code meta_store_keep_setting(
    struct meta_store *store, const char *key, const char *value, char **kept, struct err *err)
{
    *kept = NULL;
    enum err_code code = check_setting(key, err);
    return code != ERR_NONE ? code : store->ops->keep_setting(store, key, value, kept, err);
}

enum err_code meta_store_get_setting(struct meta_store *store, const char *key, char **value, struct err *err)
{
    *value = NULL;
    enum err_code code = check_setting(key, err);
    return code != ERR_NONE ? code : store->ops->get_setting(store, key, value, err);
}

enum err_code meta_store_list_settings(
    struct meta_store *store, const char *after, size_t limit, char ***names, size_t *count, struct err *err)
{
    *names = NULL;
    *count = 0;
    limit = clamp_limit(limit);
    return limit == 0 ? ERR_NONE
                      : store->ops->list_settings(store, after != NULL ? after : "", limit, names, count, err);
}

enum err_code meta_store_find_wrong(struct meta_store *store, meta_wrong_visit *visit, void *context, struct err *err)
{
    return store->ops->find_wrong(store, visit, context, err);
}

enum err_code meta_store_ping(struct meta_store *store, struct err *err)
{
    return store->ops->ping(store, err);
}
