// What the handler files share. Not for other modules.
#pragma once

#include "api/api.h"
#include "api/journal_watch.h"
#include "blob_store/blob_store.h"
#include "meta_store/meta_store.h"
#include "queue/queue.h"
#include "vector_index/vector_index.h"

struct api {
    struct api_config config;
    struct catalogue *catalogue;
    struct journal_watch *changes;
};

// One handler per route; `context` is the api.
#define API_HANDLER(name)                                                                                              \
    enum err_code name(void *context, struct http_request *request, struct http_response *response, struct err *err)

API_HANDLER(api_list_projects);
API_HANDLER(api_create_project);
API_HANDLER(api_get_project);
API_HANDLER(api_delete_project);
API_HANDLER(api_list_classes);
API_HANDLER(api_list_project_videos);
API_HANDLER(api_submit_video);
API_HANDLER(api_upload_video);
// Whether the upload will be taken, but for its bytes.
enum err_code api_check_upload(void *context, struct http_request *request, struct err *err);

API_HANDLER(api_list_videos);
API_HANDLER(api_get_video);
API_HANDLER(api_delete_video);
API_HANDLER(api_cancel_video);
API_HANDLER(api_resume_video);
API_HANDLER(api_rename_video);
API_HANDLER(api_list_segments);
API_HANDLER(api_list_frames);
API_HANDLER(api_stream_video);
API_HANDLER(api_list_tracks);
API_HANDLER(api_get_track);
API_HANDLER(api_list_track_objects);
API_HANDLER(api_list_track_boxes);
API_HANDLER(api_split_track);
API_HANDLER(api_merge_track);
API_HANDLER(api_give_objects);
API_HANDLER(api_make_track);
API_HANDLER(api_put_object_track);
API_HANDLER(api_list_corrections);
API_HANDLER(api_undo_correction);
API_HANDLER(api_redo_correction);
API_HANDLER(api_timeline);
API_HANDLER(api_video_image);

API_HANDLER(api_get_frame);
API_HANDLER(api_frame_image);
API_HANDLER(api_get_object);
API_HANDLER(api_object_image);
API_HANDLER(api_similar);
API_HANDLER(api_search);

API_HANDLER(api_list_labels);
API_HANDLER(api_delete_label);
API_HANDLER(api_add_examples);
API_HANDLER(api_remove_example);
API_HANDLER(api_rename_label);
API_HANDLER(api_merge_label);
API_HANDLER(api_history);
API_HANDLER(api_undo);
API_HANDLER(api_redo);
API_HANDLER(api_label_objects);
API_HANDLER(api_candidates);
API_HANDLER(api_suggestions);
API_HANDLER(api_list_assertions);
API_HANDLER(api_list_mistakes);
API_HANDLER(api_keep);
API_HANDLER(api_export);
API_HANDLER(api_import);

API_HANDLER(api_follow_changes);
API_HANDLER(api_events);
API_HANDLER(api_workers);
API_HANDLER(api_activity_state);
API_HANDLER(api_list_dead_letters);
API_HANDLER(api_retry_dead_letter);

API_HANDLER(api_server);
API_HANDLER(api_healthz);
API_HANDLER(api_readyz);
API_HANDLER(api_metrics);
API_HANDLER(api_openapi);
API_HANDLER(api_start_session);
API_HANDLER(api_web_file);

// Whether the request may do what only somebody at this machine may: name local
// files, fetch from private addresses.
bool api_request_is_local(const struct api *api, const struct http_request *request);

// `limit` of a list: 1 … `most`.
enum err_code api_query_limit(
    const struct http_request *request, size_t fallback, size_t most, size_t *limit, struct err *err) ERR_MUST_CHECK;
// A query field that is true or false; absent is false.
enum err_code api_query_flag(
    const struct http_request *request, const char *name, bool *flag, struct err *err) ERR_MUST_CHECK;
// The path's {p} or {v}, checked. In errors they are the fields "project" and "video", as {f}, {o} and {l} are "frame",
// "object" and "label".
enum err_code api_param_project(
    const struct http_request *request, const char **project, struct err *err) ERR_MUST_CHECK;
// The path's {l}, as a clean name in the request's arena.
enum err_code api_param_label(struct http_request *request, const char **label, struct err *err) ERR_MUST_CHECK;
// A label's name that was given in `field`, as it is stored, in the request's arena.
enum err_code api_clean_label(struct http_request *request, const char *given, const char *field, const char **name,
    struct err *err) ERR_MUST_CHECK;
// Characters of valid UTF-8: all bytes but those that continue one.
size_t api_count_characters(const char *text);
// A list of object ids in `field`, in the request's arena; none are NULL and 0.
enum err_code api_read_objects(struct http_request *request, json_t *body, const char *field, size_t most,
    const char *const **ids, size_t *count, struct err *err) ERR_MUST_CHECK;
enum err_code api_param_video(const struct http_request *request, const char **video, struct err *err) ERR_MUST_CHECK;
// The error of a text in `field` that is no video id.
enum err_code api_bad_video(const char *id, const char *field, struct err *err);
// The query field `video`, checked; NULL if absent.
enum err_code api_query_video(const struct http_request *request, const char **video, struct err *err) ERR_MUST_CHECK;
// An assertion with its object as a hit, which becomes part of it.
json_t *api_shape_assertion(const struct assertion_hit *assertion, enum label_listing listing, json_t *hit);
// The objects of `count` assertions as hits, each a new reference; NULL for one that is just being deleted.
enum err_code api_shape_said(struct api *api, const char *project, const struct assertion_hit *const *said,
    size_t count, json_t **hits, struct err *err) ERR_MUST_CHECK;
// Answers with a change, which is freed. One that is refused because somebody else was quicker says in the problem
// document what the version is now and who made it.
enum err_code api_respond_change(struct http_response *response, enum err_code code, struct label_change *change,
    const struct err *err) ERR_MUST_CHECK;
// What a change of a label begins with: the path's project and label, and a body with no other fields than these.
enum err_code api_read_change(struct http_request *request, const char *const *allowed, const char **project,
    const char **label, json_t **body, struct err *err) ERR_MUST_CHECK;
// The fields `by` and `version` of a change.
enum err_code api_read_editor(const json_t *body, struct label_editor *editor, struct err *err) ERR_MUST_CHECK;
// The query field `kind`; explicit if absent.
enum err_code api_query_listing(
    const struct http_request *request, enum label_listing *listing, struct err *err) ERR_MUST_CHECK;
const char *api_listing_name(enum label_listing listing);
// Answers with a blob's bytes, with ranges, or with an address of them (config.media_origin). `etag` identifies the
// content, without quotes.
enum err_code api_respond_blob(struct api *api, struct http_request *request, struct http_response *response,
    const char *key, const char *type, const char *etag, struct err *err) ERR_MUST_CHECK;
// Whether there is a picture to show the video by, and the index of its frame (may be NULL).
enum err_code api_find_thumbnail(
    struct api *api, const struct meta_video *video, bool *found, int32_t *index, struct err *err) ERR_MUST_CHECK;
// The labels of all objects of these frames, in order.
enum err_code api_labels_of_frames(struct api *api, const char *project, const char *video,
    const struct meta_frame *frames, size_t count, struct object_labels *set, struct err *err) ERR_MUST_CHECK;
// Tracks with their labels as a JSON array.
enum err_code api_shape_tracks(struct api *api, const char *project, const char *video, const struct meta_track *tracks,
    size_t count, json_t **out, struct err *err) ERR_MUST_CHECK;
// The path's {t}: its video and number.
enum err_code api_param_track(
    const struct http_request *request, char video[VIDEO_ID_SIZE], int64_t *n, struct err *err) ERR_MUST_CHECK;
// Who says it, in `by`: NULL stays, "" becomes it.
enum err_code api_check_editor(const char **by, struct err *err) ERR_MUST_CHECK;
// How each object of these frames carries the label; free() the array.
enum err_code api_match_frames(struct api *api, const char *project, const char *video, const char *label,
    const struct meta_frame *frames, size_t count, enum label_kind **kinds, struct err *err) ERR_MUST_CHECK;
enum err_code api_label_of(struct api *api, const char *id, const struct object_info *info, struct object_labels *set,
    struct err *err) ERR_MUST_CHECK;
// Hits with their labels as a JSON array. `confidences` may be NULL.
enum err_code api_shape_hits(struct api *api, const char *project, const struct search_hit *hits,
    const float *confidences, size_t count, json_t **out, struct err *err) ERR_MUST_CHECK;
enum err_code api_shape_label_hits(struct api *api, const char *project, const struct labelled_objects *hits,
    json_t **out, struct err *err) ERR_MUST_CHECK;
// Adds to hits, as JSON, in how many pictures the track of each was seen, from when to when.
enum err_code api_tell_followed(struct api *api, json_t *hits, struct err *err) ERR_MUST_CHECK;
// Makes the filter let through what carries one of its labels, which a client gave in `field` and whose case makes no
// difference: names as they are stored, and the tracks that they hold for.
enum err_code api_label_filter(struct api *api, struct http_request *request, const char *project, const char *field,
    struct vector_filter *filter, struct err *err) ERR_MUST_CHECK;
// The video as JSON with its errors.
enum err_code api_video_json(
    struct api *api, const struct meta_video *video, json_t **out, struct err *err) ERR_MUST_CHECK;
