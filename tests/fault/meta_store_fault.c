#include "meta_store_fault.h"

#include <stdlib.h>

#include "base/mem.h"
#include "meta_store/meta_store_backend.h"

struct meta_store_fault {
    struct meta_store store;
    struct meta_store *inner;
    struct fault *fault;
};

static struct meta_store_fault *self_of(struct meta_store *store)
{
    return (struct meta_store_fault *)store;
}

static void fault_free(struct meta_store *store)
{
    meta_store_free(self_of(store)->inner);
    free(store);
}

static enum err_code fault_create_project(struct meta_store *store, const char *name, bool *created, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_create_project(self->inner, name, created, err), err);
}

static enum err_code fault_get_project(
    struct meta_store *store, const char *name, struct meta_project *project, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_get_project(self->inner, name, project, err), err);
}

static enum err_code fault_list_projects(struct meta_store *store, const char *after, size_t limit,
    struct meta_project **projects, size_t *count, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_list_projects(self->inner, after, limit, projects, count, err), err);
}

static enum err_code fault_mark_project_deleting(struct meta_store *store, const char *name, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_mark_project_deleting(self->inner, name, err), err);
}

static enum err_code fault_remove_project(struct meta_store *store, const char *name, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_remove_project(self->inner, name, err), err);
}

static enum err_code fault_create_video(
    struct meta_store *store, struct meta_video *video, bool *created, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_create_video(self->inner, video, created, err), err);
}

static enum err_code fault_get_video(
    struct meta_store *store, const char *id, struct meta_video *video, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_get_video(self->inner, id, video, err), err);
}

static enum err_code fault_list_videos(struct meta_store *store, const char *project, const char *after, size_t limit,
    struct meta_video **videos, size_t *count, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_list_videos(self->inner, project, after, limit, videos, count, err), err);
}

static enum err_code fault_set_video_state(
    struct meta_store *store, const char *id, unsigned from, enum video_state to, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_set_video_state(self->inner, id, from, to, err), err);
}

static enum err_code fault_set_video_media(
    struct meta_store *store, const char *id, const struct meta_media *media, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_set_video_media(self->inner, id, media, err), err);
}

static enum err_code fault_set_video_models(
    struct meta_store *store, const char *id, const char *detector, const char *embedder, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_set_video_models(self->inner, id, detector, embedder, err), err);
}

static enum err_code fault_set_video_name(struct meta_store *store, const char *id, const char *name, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_set_video_name(self->inner, id, name, err), err);
}

static enum err_code fault_add_video_error(
    struct meta_store *store, const char *id, const char *sentence, bool is_final, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_add_video_error(self->inner, id, sentence, is_final, err), err);
}

static enum err_code fault_clear_video_errors(struct meta_store *store, const char *id, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_clear_video_errors(self->inner, id, err), err);
}

static enum err_code fault_video_errors(
    struct meta_store *store, const char *id, char ***sentences, size_t *count, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_video_errors(self->inner, id, sentences, count, err), err);
}

static enum err_code fault_remove_video(struct meta_store *store, const char *id, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_remove_video(self->inner, id, err), err);
}

static enum err_code fault_put_segment(
    struct meta_store *store, const char *video, const struct meta_segment *segment, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_put_segment(self->inner, video, segment, err), err);
}

static enum err_code fault_finish_split(struct meta_store *store, const char *video, int64_t segments,
    int64_t frames_expected, int64_t duration_us, bool source_incomplete, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault,
        meta_store_finish_split(self->inner, video, segments, frames_expected, duration_us, source_incomplete, err),
        err);
}

static enum err_code fault_finish_segment(
    struct meta_store *store, const char *video, int32_t segment, int64_t frames, bool failed, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault,
        failed ? meta_store_fail_segment(self->inner, video, segment, err)
               : meta_store_finish_segment(self->inner, video, segment, frames, err),
        err);
}

static enum err_code fault_list_segments(struct meta_store *store, const char *video, int32_t after, size_t limit,
    struct meta_segment **segments, size_t *count, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_list_segments(self->inner, video, after, limit, segments, count, err), err);
}

static enum err_code fault_put_frames(struct meta_store *store, const char *video, const struct meta_frame *frames,
    size_t count, bool indexed, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault,
        indexed ? meta_store_put_objects(self->inner, video, frames, count, err)
                : meta_store_put_frames(self->inner, video, frames, count, err),
        err);
}

static enum err_code fault_fail_frame(
    struct meta_store *store, const char *video, int32_t index, bool failed, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_fail_frame(self->inner, video, index, failed, err), err);
}

static enum err_code fault_list_frames(struct meta_store *store, const char *video,
    const struct meta_frame_range *range, struct meta_frames *frames, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_list_frames(self->inner, video, range, frames, err), err);
}

static enum err_code fault_put_frame_tracks(
    struct meta_store *store, const char *video, const struct meta_frame_tracks *frames, size_t count, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_put_frame_tracks(self->inner, video, frames, count, err), err);
}

static enum err_code fault_put_tracks(struct meta_store *store, const char *video, const struct meta_track *tracks,
    size_t count, int64_t track_steps, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_put_tracks(self->inner, video, tracks, count, track_steps, err), err);
}

static enum err_code fault_list_tracks(struct meta_store *store, const char *video, int64_t after, size_t limit,
    struct meta_track **tracks, size_t *count, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_list_tracks(self->inner, video, after, limit, tracks, count, err), err);
}

static enum err_code fault_settle_video(struct meta_store *store, const char *video, bool *settled, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_settle_video(self->inner, video, settled, err), err);
}

static enum err_code fault_append_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t expected, const void *value, size_t size, int64_t *position, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault,
        meta_store_append_journal(self->inner, project, journal, expected, value, size, position, err), err);
}

static enum err_code fault_get_journal(
    struct meta_store *store, const char *project, const char *journal, struct meta_journal_info *info, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_get_journal(self->inner, project, journal, info, err), err);
}

static enum err_code fault_list_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t after, size_t limit, struct meta_journal_page *page, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_list_journal(self->inner, project, journal, after, limit, page, err), err);
}

static enum err_code fault_list_journals(
    struct meta_store *store, const char *project, char ***names, size_t *count, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_list_journals(self->inner, project, names, count, err), err);
}

static enum err_code fault_keep_setting(
    struct meta_store *store, const char *key, const char *value, char **kept, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_keep_setting(self->inner, key, value, kept, err), err);
}

static enum err_code fault_list_settings(
    struct meta_store *store, const char *after, size_t limit, char ***names, size_t *count, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_list_settings(self->inner, after, limit, names, count, err), err);
}

static enum err_code fault_put_setting(struct meta_store *store, const char *key, const char *value, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_put_setting(self->inner, key, value, err), err);
}

static enum err_code fault_get_setting(struct meta_store *store, const char *key, char **value, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_get_setting(self->inner, key, value, err), err);
}

static enum err_code fault_remove_setting(struct meta_store *store, const char *key, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_remove_setting(self->inner, key, err), err);
}

static enum err_code fault_find_wrong(struct meta_store *store, meta_wrong_visit *visit, void *context, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_BEFORE(self->fault, meta_store_find_wrong(self->inner, visit, context, err), err);
}

static enum err_code fault_ping(struct meta_store *store, struct err *err)
{
    struct meta_store_fault *self = self_of(store);
    FAULT_AROUND(self->fault, meta_store_ping(self->inner, err), err);
}

static const struct meta_store_ops fault_ops = {
    .name = "fault",
    .free = fault_free,
    .create_project = fault_create_project,
    .get_project = fault_get_project,
    .list_projects = fault_list_projects,
    .mark_project_deleting = fault_mark_project_deleting,
    .remove_project = fault_remove_project,
    .create_video = fault_create_video,
    .get_video = fault_get_video,
    .list_videos = fault_list_videos,
    .set_video_state = fault_set_video_state,
    .set_video_media = fault_set_video_media,
    .set_video_models = fault_set_video_models,
    .set_video_name = fault_set_video_name,
    .add_video_error = fault_add_video_error,
    .clear_video_errors = fault_clear_video_errors,
    .video_errors = fault_video_errors,
    .remove_video = fault_remove_video,
    .put_segment = fault_put_segment,
    .finish_split = fault_finish_split,
    .finish_segment = fault_finish_segment,
    .list_segments = fault_list_segments,
    .put_frames = fault_put_frames,
    .fail_frame = fault_fail_frame,
    .list_frames = fault_list_frames,
    .put_frame_tracks = fault_put_frame_tracks,
    .put_tracks = fault_put_tracks,
    .list_tracks = fault_list_tracks,
    .settle_video = fault_settle_video,
    .append_journal = fault_append_journal,
    .get_journal = fault_get_journal,
    .list_journal = fault_list_journal,
    .put_setting = fault_put_setting,
    .remove_setting = fault_remove_setting,
    .keep_setting = fault_keep_setting,
    .list_settings = fault_list_settings,
    .list_journals = fault_list_journals,
    .get_setting = fault_get_setting,
    .find_wrong = fault_find_wrong,
    .ping = fault_ping,
};

struct meta_store *meta_store_fault_new(struct meta_store *inner, struct fault *fault)
{
    struct meta_store_fault *self = mem_calloc(1, sizeof(*self));
    *self = (struct meta_store_fault){.store.ops = &fault_ops, .inner = inner, .fault = fault};
    return &self->store;
}
