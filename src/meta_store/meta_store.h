// The meta store: projects, videos, segments, frames and the objects in them.
//
// Every change is one atomic operation that may be repeated: counters count things, not calls, so a message handled
// twice changes nothing. All functions are safe from all threads; several processes may share an embedded store.
// Results are the caller's, to be released with the function beside them.
//
// Errors: ERR_NOT_FOUND, ERR_CONFLICT (a guarded change found another state), ERR_INVALID, ERR_UNAVAILABLE
// (server does not answer), ERR_FULL (its disk or memory), ERR_CORRUPT.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"

struct meta_store;

#define META_SOURCE_SIZE 4096
#define META_TITLE_SIZE 512
#define META_CLASS_SIZE 64
#define META_VIDEO_ERRORS_MAX 50 // sentences kept per video; further ones are only counted
#define META_LIST_MAX 1000

void meta_store_free(struct meta_store *store);

// ---- projects

struct meta_project {
    char name[PROJECT_NAME_SIZE];
    int64_t created_us;
    bool deleting;                   // its data is being removed
    int64_t videos, frames, objects; // counted when read
};
// Creating what exists is no error; *created (may be NULL) says whether it was new. ERR_CONFLICT while it is deleted.
enum err_code meta_store_create_project(
    struct meta_store *store, const char *name, bool *created, struct err *err) ERR_MUST_CHECK;
enum err_code meta_store_get_project(
    struct meta_store *store, const char *name, struct meta_project *project, struct err *err) ERR_MUST_CHECK;
// Names > after (NULL: from the first), ascending, at most `limit`; free() the array.
enum err_code meta_store_list_projects(struct meta_store *store, const char *after, size_t limit,
    struct meta_project **projects, size_t *count, struct err *err) ERR_MUST_CHECK;
// Marks it, so that a removal that is interrupted goes on later.
enum err_code meta_store_mark_project_deleting(
    struct meta_store *store, const char *name, struct err *err) ERR_MUST_CHECK;
// Removes the project's row; ERR_CONFLICT while it has videos, those that cannot be right (see the end) aside: they go
// along. One that is not there is no error.
enum err_code meta_store_remove_project(struct meta_store *store, const char *name, struct err *err) ERR_MUST_CHECK;

// ---- videos

enum video_state {
    VIDEO_QUEUED,     // waits for a splitter
    VIDEO_RUNNING,    // being fetched, split, decoded or indexed
    VIDEO_DONE,       // everything that was asked for is indexed
    VIDEO_INCOMPLETE, // finished, but a part is missing: the errors say which and why
    VIDEO_FAILED,     // nothing could be indexed: the errors say why
    VIDEO_CANCELLED,  // stopped by a person; can be resumed
    VIDEO_DELETING,   // its data is being removed
};
const char *video_state_name(enum video_state state);
bool video_state_from_name(const char *name, enum video_state *state);
// done, incomplete, failed or cancelled
bool video_state_is_final(enum video_state state);

// What was found out about the source.
struct meta_media {
    char title[META_TITLE_SIZE];
    char container[32];
    char codec[32];
    char mime_type[64];       // of what /stream serves; "" until it is known
    bool playable_copy;       // /stream serves blob_key_playable, not the source
    int32_t width, height;    // of the upright frame, in its own pixels
    int32_t sar_num, sar_den; // sample aspect ratio of the upright frame; 1/1 for square pixels
    int32_t rotation;         // 0, 90, 180, 270: what was applied, clockwise
    bool has_audio;
    int64_t duration_us;     // exact once split: end of the last frame; before, the header's word, or 0
    int64_t media_offset_us; // a frame's time in what /stream serves is pts_us + this
    int64_t size_bytes;      // of the stored source
    double frame_rate;       // average, of the source
};

struct meta_video {
    char id[VIDEO_ID_SIZE];
    char project[PROJECT_NAME_SIZE];
    char source[META_SOURCE_SIZE]; // canonical, as in the id, without credentials
    char name[META_TITLE_SIZE];    // what to show: the file's name, the page's title
    int64_t chunk_us, limit_us;    // limit -1: none
    struct sampling sampling;
    bool remote_request; // asked for over the network: private addresses are refused
    enum video_state state;
    int64_t created_us, updated_us, finished_us; // wall clock; 0: not yet
    struct meta_media media;
    // Counts. frames_total is what the splitter expects on the grid (an estimate until the segments are done); -1:
    // unknown.
    bool split_done;
    bool source_incomplete; // the source ends early or has unreadable parts
    int64_t segments, segments_done;
    int64_t frames_expected;
    int64_t frames_emitted, frames_indexed, frames_failed;
    int64_t objects;
    int64_t errors_count;            // all, also those beyond META_VIDEO_ERRORS_MAX
    int64_t errors_final;            // those of them that are told again whenever the work is tried again
    int64_t tracks;                  // as meta_store_put_tracks left them
    int64_t tracked_us;              // wall clock of that; 0: never. Before finished_us: of an earlier state
    int64_t track_steps;             // corrections of tracks that they follow
    char detector[64], embedder[64]; // models that indexed it; "" before
};

// Stores a new video in state queued, making its project if need be. If the id exists, the stored one is read into
// *video and *created is false. ERR_CONFLICT while the project or video is being deleted.
enum err_code meta_store_create_video(
    struct meta_store *store, struct meta_video *video, bool *created, struct err *err) ERR_MUST_CHECK;
enum err_code meta_store_get_video(
    struct meta_store *store, const char *id, struct meta_video *video, struct err *err) ERR_MUST_CHECK;
// Newest first; ids of one project (NULL: all). `after`: the last id of the page before. free() the array.
enum err_code meta_store_list_videos(struct meta_store *store, const char *project, const char *after, size_t limit,
    struct meta_video **videos, size_t *count, struct err *err) ERR_MUST_CHECK;

// Guarded change of state: `from` is a mask of (1u << state); ERR_CONFLICT (naming the state found) if the video is in
// none of them. Sets updated_us, and finished_us for final states.
enum err_code meta_store_set_video_state(
    struct meta_store *store, const char *id, unsigned from, enum video_state to, struct err *err) ERR_MUST_CHECK;
enum err_code meta_store_set_video_media(
    struct meta_store *store, const char *id, const struct meta_media *media, struct err *err) ERR_MUST_CHECK;
enum err_code meta_store_set_video_models(struct meta_store *store, const char *id, const char *detector,
    const char *embedder, struct err *err) ERR_MUST_CHECK;
// What to show it as; ERR_INVALID for an empty name and for one that META_TITLE_SIZE does not hold.
enum err_code meta_store_set_video_name(
    struct meta_store *store, const char *id, const char *name, struct err *err) ERR_MUST_CHECK;
// A sentence for the person; the same sentence counts once. `is_final`: trying the work again ends the same way.
enum err_code meta_store_add_video_error(
    struct meta_store *store, const char *id, const char *sentence, bool is_final, struct err *err) ERR_MUST_CHECK;
enum err_code meta_store_clear_video_errors(struct meta_store *store, const char *id, struct err *err) ERR_MUST_CHECK;
// Sentences in the order they came; each and the array are freed by meta_strings_free.
enum err_code meta_store_video_errors(
    struct meta_store *store, const char *id, char ***sentences, size_t *count, struct err *err) ERR_MUST_CHECK;
void meta_strings_free(char **strings, size_t count);
// Removes the video with its segments, frames and objects. From the first moment on nothing is added to it any more:
// puts find no video (ERR_NOT_FOUND). One that is not there is no error; a removal that was interrupted is finished by
// the next.
enum err_code meta_store_remove_video(struct meta_store *store, const char *id, struct err *err) ERR_MUST_CHECK;

// ---- segments

struct meta_segment {
    int32_t index;
    int64_t start_us, end_us;   // [start, end) in microseconds from the first frame
    int64_t prev_pts_us;        // pts_us of the last frame before start; -1: none
    int64_t first_frame_number; // position of its first frame in presentation order
    int64_t source_frames;      // frames in it, sampled or not
    bool done;                  // all its sampled frames are emitted
    bool failed;                // done, but not all could be: see meta_store_fail_segment
    int64_t frames;             // sampled frames, once done
};
// Stores a segment, or its new times; what is done stays done (`done` and `frames` are not looked at).
enum err_code meta_store_put_segment(
    struct meta_store *store, const char *video, const struct meta_segment *segment, struct err *err) ERR_MUST_CHECK;
// The splitter is done: `segments` there are, and the source is whole or not.
enum err_code meta_store_finish_split(struct meta_store *store, const char *video, int64_t segments,
    int64_t frames_expected, int64_t duration_us, bool source_incomplete, struct err *err) ERR_MUST_CHECK;
// The downloader is done with a segment: `frames` were emitted from it.
enum err_code meta_store_finish_segment(
    struct meta_store *store, const char *video, int32_t segment, int64_t frames, struct err *err) ERR_MUST_CHECK;
// Ascending by index; free() the array.
enum err_code meta_store_list_segments(struct meta_store *store, const char *video, int32_t after, size_t limit,
    struct meta_segment **segments, size_t *count, struct err *err) ERR_MUST_CHECK;

// ---- frames and objects

enum frame_state { FRAME_EMITTED, FRAME_INDEXED, FRAME_FAILED };
const char *frame_state_name(enum frame_state state);

struct meta_object {
    float x, y, width, height; // pixels of the upright frame
    float score;
    char class_name[META_CLASS_SIZE];
    int64_t track; // -1: none
};

struct meta_frame {
    int32_t index;
    int32_t segment;
    int64_t pts_us;
    int32_t width, height;
    enum frame_state state;
    struct meta_object *objects; // k is the position; owned by the list
    size_t object_count;
};

struct meta_frames {
    struct meta_frame *items;
    size_t count;
};
void meta_frames_release(struct meta_frames *frames);

// The downloader emitted frames (objects are not looked at). A frame that is known keeps its state and objects.
enum err_code meta_store_put_frames(struct meta_store *store, const char *video, const struct meta_frame *frames,
    size_t count, struct err *err) ERR_MUST_CHECK;
// The indexer's results; several frames of one video in one change. Replaces what was there, counts once; a frame that
// was not put yet counts as emitted too. Boxes and scores must be finite, sides not negative. An object without a track
// that is where the one in its place was keeps that one's track: indexing a frame twice changes nothing.
enum err_code meta_store_put_objects(struct meta_store *store, const char *video, const struct meta_frame *frames,
    size_t count, struct err *err) ERR_MUST_CHECK;
// The frame cannot be indexed (dead letter). Does nothing to a frame that is indexed. `failed` false puts it back to
// emitted (a dead letter is retried).
enum err_code meta_store_fail_frame(
    struct meta_store *store, const char *video, int32_t index, bool failed, struct err *err) ERR_MUST_CHECK;
// The segment cannot be decoded (dead letter): it counts as done with the frames emitted so far, the video as
// incomplete.
enum err_code meta_store_fail_segment(
    struct meta_store *store, const char *video, int32_t segment, struct err *err) ERR_MUST_CHECK;

enum err_code meta_store_get_frame(struct meta_store *store, const char *video, int32_t index,
    struct meta_frames *frame, struct err *err) ERR_MUST_CHECK;
// Frames with from_us <= pts_us < to_us and index > after, by index; `state_mask` of (1u << state), 0 for all.
struct meta_frame_range {
    int64_t from_us, to_us; // to_us -1: to the end
    int32_t after;          // -1: from the first
    unsigned state_mask;
    size_t limit; // 1 … META_LIST_MAX
};
enum err_code meta_store_list_frames(struct meta_store *store, const char *video, const struct meta_frame_range *range,
    struct meta_frames *frames, struct err *err) ERR_MUST_CHECK;

// ---- tracks

struct meta_track {
    int64_t n;                        // of {video}-t{n}; 0 …
    char class_name[META_CLASS_SIZE]; // by vote of its objects
    float score;                      // mean of its objects' scores
    int32_t first_frame, last_frame;  // indices; an object may be hidden in between
    int64_t first_us, last_us;        // their times
    int64_t objects;
    int32_t best_frame, best_k; // the object that shows it best
    // The object that looks most like all of them together: nearest to the mean of their vectors. Where that is not
    // known (no vectors, tracked by an older program), the best one.
    int32_t typical_frame, typical_k;
};
// Which track each object of a frame belongs to; -1: none.
struct meta_frame_tracks {
    int32_t frame;
    const int64_t *tracks; // of object k
    size_t count;
};
// A frame that is not there or has another number of objects is passed over: it was indexed again meanwhile.
enum err_code meta_store_put_frame_tracks(struct meta_store *store, const char *video,
    const struct meta_frame_tracks *frames, size_t count, struct err *err) ERR_MUST_CHECK;
// The tracks of a video, ascending by n: replaces all there were, and notes when (tracked_us) and which corrections
// they follow (track_steps: the first so many, 0 …).
enum err_code meta_store_put_tracks(struct meta_store *store, const char *video, const struct meta_track *tracks,
    size_t count, int64_t track_steps, struct err *err) ERR_MUST_CHECK;
// Those with n > after (-1: from the first), ascending; free() the array.
enum err_code meta_store_list_tracks(struct meta_store *store, const char *video, int64_t after, size_t limit,
    struct meta_track **tracks, size_t *count, struct err *err) ERR_MUST_CHECK;
enum err_code meta_store_get_track(
    struct meta_store *store, const char *video, int64_t n, struct meta_track *track, struct err *err) ERR_MUST_CHECK;

// When the split is done, every segment is done and every emitted frame is indexed or failed: moves a running video to
// done, incomplete or failed (no frame indexed and something went wrong), exactly once. *settled (may be NULL) says
// whether this call did it.
enum err_code meta_store_settle_video(
    struct meta_store *store, const char *video, bool *settled, struct err *err) ERR_MUST_CHECK;

// ---- journals: append-only lists of a project

// A project has any number of journals, by name ([a-z0-9-], 1 … META_JOURNAL_NAME_MAX). An entry is opaque bytes with
// the time when it was appended; entries are numbered 0, 1, 2, … without gaps, never change, and go with the project.
// All of them is ERR_NOT_FOUND for a project that is not there, and appending also for one that is being deleted. A
// journal nobody appended to is empty.
#define META_JOURNAL_NAME_MAX 63
#define META_JOURNAL_ENTRY_MAX ((size_t)16 * 1024 * 1024) // bytes; more is ERR_LIMIT
#define META_JOURNAL_PAGE_BYTES ((size_t)16 * 1024 * 1024)

// Appends atomically. `expected` is the position the entry must get (the length the caller knows), else ERR_CONFLICT;
// -1: whatever comes next. *position (may be NULL) is where it is. An answer may be lost although the entry is there:
// callers that must not append twice give `expected`.
enum err_code meta_store_append_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t expected, const void *value, size_t size, int64_t *position, struct err *err) ERR_MUST_CHECK;

struct meta_journal_info {
    int64_t length;
    int64_t begun_us; // time of the first entry: with another, the project was removed and made again; 0: empty
};
enum err_code meta_store_get_journal(struct meta_store *store, const char *project, const char *journal,
    struct meta_journal_info *info, struct err *err) ERR_MUST_CHECK;

// Names of the journals that were appended to, sorted; to be freed with meta_strings_free.
enum err_code meta_store_list_journals(
    struct meta_store *store, const char *project, char ***names, size_t *count, struct err *err) ERR_MUST_CHECK;

struct meta_journal_entry {
    int64_t position;
    int64_t at_us; // wall clock
    void *value;   // owned by the page; never NULL
    size_t size;
};
struct meta_journal_page {
    struct meta_journal_entry *items;
    size_t count;
};
void meta_journal_page_release(struct meta_journal_page *page);
// Entries with position > after (-1: from the first), in order: at most `limit` (1 … META_LIST_MAX) of them, and no
// more than META_JOURNAL_PAGE_BYTES together, except that a page has at least one if there is one.
enum err_code meta_store_list_journal(struct meta_store *store, const char *project, const char *journal, int64_t after,
    size_t limit, struct meta_journal_page *page, struct err *err) ERR_MUST_CHECK;

// ---- small settings kept with the data ("embedder of project p")

enum err_code meta_store_put_setting(
    struct meta_store *store, const char *key, const char *value, struct err *err) ERR_MUST_CHECK;
// Puts it unless it is there; *kept is its value then, to be freed. Of several that do this at once one is heard.
enum err_code meta_store_keep_setting(
    struct meta_store *store, const char *key, const char *value, char **kept, struct err *err) ERR_MUST_CHECK;
// One that is not there is no error.
enum err_code meta_store_remove_setting(struct meta_store *store, const char *key, struct err *err) ERR_MUST_CHECK;
// ERR_NOT_FOUND when it was never put; free() the value.
enum err_code meta_store_get_setting(
    struct meta_store *store, const char *key, char **value, struct err *err) ERR_MUST_CHECK;
// Names > after (NULL: from the first), sorted, at most `limit`; to be freed with meta_strings_free.
enum err_code meta_store_list_settings(struct meta_store *store, const char *after, size_t limit, char ***names,
    size_t *count, struct err *err) ERR_MUST_CHECK;

// ---- what cannot be right

// A row that is damaged, or was written by somebody else, is in no list and stops none; asked for, it is ERR_CORRUPT.
// Calls back with a sentence for each such project and video: which one it is, and why; and for a video whose project
// is not there, where the store can tell, which is in lists as others are. What a video has in it is not looked at. The
// store is not to be used in the callback.
typedef void meta_wrong_visit(void *context, const char *sentence);
enum err_code meta_store_find_wrong(
    struct meta_store *store, meta_wrong_visit *visit, void *context, struct err *err) ERR_MUST_CHECK;

enum err_code meta_store_ping(struct meta_store *store, struct err *err) ERR_MUST_CHECK;
