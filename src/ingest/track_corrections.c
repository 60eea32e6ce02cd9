#include "ingest/track_corrections.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "blob_store/blob_store.h"
#include "ingest/track_request.h"
#include "ingest/track_store.h"
#include "ingest/tracking.h"
#include "os/file.h"

// Entries read at once.
#define PAGE_ENTRIES 256
// How often is stored again what somebody else stored meanwhile.
#define ATTEMPTS 10
// A person waits for it.
#define LOCK_MS 10000

void corrections_journal(const char *video, char name[CORRECTIONS_JOURNAL_SIZE])
{
    snprintf(name, CORRECTIONS_JOURNAL_SIZE, "tracks-%.16s", video);
}

// ---- reading

static enum err_code add_entry(
    const struct meta_video *video, const struct meta_journal_entry *item, struct track_book *book, struct err *err)
{
    struct track_entry entry;
    enum err_code code = track_entry_decode(item->value, item->size, video->id, &entry, err);
    if (code == ERR_NONE && track_book_add(book, &entry, item->at_us, err) != ERR_NONE) {
        // It was checked before it was written.
        code = err_set(err, ERR_CORRUPT, "it does not follow from the ones before it");
        track_entry_release(&entry);
    }
    if (code != ERR_NONE)
        err_context(
            err, "correction %" PRId64 " of the tracks of video %s cannot be read", item->position + 1, video->id);
    return code;
}

enum err_code corrections_load(
    const struct ingest *ingest, const struct meta_video *video, struct track_book **book, struct err *err)
{
    char name[CORRECTIONS_JOURNAL_SIZE];
    struct meta_journal_page page = {0};
    enum err_code code = ERR_NONE;
    *book = track_book_new();
    corrections_journal(video->id, name);
    do {
        meta_journal_page_release(&page);
        code = meta_store_list_journal(
            ingest->meta, video->project, name, track_book_version(*book) - 1, PAGE_ENTRIES, &page, err);
        for (size_t i = 0; i < page.count && code == ERR_NONE; i++)
            code = add_entry(video, &page.items[i], *book, err);
    } while (code == ERR_NONE && page.count > 0);
    meta_journal_page_release(&page);
    if (code != ERR_NONE) {
        track_book_free(*book);
        *book = NULL;
    }
    return code;
}

enum err_code corrections_are_due(
    const struct ingest *ingest, const struct meta_video *video, bool *due, struct err *err)
{
    char name[CORRECTIONS_JOURNAL_SIZE];
    char key[BLOB_KEY_SIZE];
    struct blob_info blob;
    struct meta_journal_info info;
    *due = false;
    if (video->tracked_us == 0)
        return ERR_NONE;
    blob_key_tracks(video->project, video->id, key);
    enum err_code code = blob_store_stat(ingest->blobs, key, &blob, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        *due = true;
        return ERR_NONE;
    }
    corrections_journal(video->id, name);
    if (code == ERR_NONE)
        code = meta_store_get_journal(ingest->meta, video->project, name, &info, err);
    if (code == ERR_NONE)
        *due = info.length != video->track_steps;
    return code;
}

// ---- on several machines

enum err_code corrections_are_current(const struct ingest *ingest, const struct meta_video *video,
    const struct track_sheet *sheet, int64_t steps, bool *current, struct err *err)
{
    char name[CORRECTIONS_JOURNAL_SIZE];
    struct meta_journal_info info = {0};
    corrections_journal(video->id, name);
    *current = false;
    enum err_code code = track_sheet_is_stored(ingest, video, sheet, current, err);
    if (code == ERR_NONE)
        code = meta_store_get_journal(ingest->meta, video->project, name, &info, err);
    *current = *current && info.length == steps;
    return code;
}

static enum err_code store_once(const struct ingest *ingest, const struct meta_video *video, struct cancel *cancel,
    size_t *tracks, bool *current, struct err *err)
{
    struct track_sheet sheet = {0};
    struct track_book *book = NULL;
    *current = false;
    enum err_code code = track_sheet_get(ingest, video, &sheet, err);
    if (code == ERR_NONE)
        code = corrections_load(ingest, video, &book, err);
    if (code == ERR_NONE) {
        int64_t steps = track_book_version(book);
        struct track_state *state = track_book_replay(book, &sheet, video->id, steps);
        const struct track_results results = {
            .video = video, .sheet = &sheet, .numbers = track_state_numbers(state), .steps = steps};
        code = track_store_put(ingest, &results, cancel, NULL, tracks, err);
        track_state_free(state);
        if (code == ERR_NONE)
            code = corrections_are_current(ingest, video, &sheet, steps, current, err);
    }
    track_book_free(book);
    track_sheet_release(&sheet);
    return code;
}

enum err_code corrections_store(
    const struct ingest *ingest, const struct meta_video *video, struct cancel *cancel, size_t *tracks, struct err *err)
{
    bool current = false;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        enum err_code code = store_once(ingest, video, cancel, tracks, &current, err);
        if (code != ERR_NONE || current)
            return code;
    }
    return err_set(
        err, ERR_UNAVAILABLE, "others are storing tracks of video %s all the time: try again in a moment", video->id);
}

// ---- one change

struct change {
    const struct ingest *ingest;
    struct cancel *cancel;
    const struct correction_request *request;
    struct meta_video video;
    bool wants_tracking; // before it can be corrected
    bool is_kept;        // it is in the journal
    struct track_sheet sheet;
    struct track_book *book;
    struct track_state *state; // what the corrections so far make of the sheet
    int64_t *before;           // its numbers before this one
    struct meta_track *tracks; // all of them, after it
    size_t track_count;
};

static void release(struct change *change)
{
    track_sheet_release(&change->sheet);
    track_book_free(change->book);
    track_state_free(change->state);
    free(change->before);
    free(change->tracks);
}

static enum err_code check_tracked(const struct meta_video *video, struct err *err)
{
    if (video->state == VIDEO_DELETING)
        return err_set(err, ERR_NOT_FOUND, "there is no video %s: it is being removed", video->id);
    if (!video_state_is_final(video->state))
        return err_set(err, ERR_CONFLICT,
            "video %s is %s: its tracks can be corrected when it is done and its objects were followed", video->id,
            video_state_name(video->state));
    if (video->tracked_us == 0 || video->tracked_us < video->finished_us)
        return err_set(err, ERR_CONFLICT,
            "the objects of video %s were not followed yet: its tracks can be corrected when they were", video->id);
    return ERR_NONE;
}

// A sheet that is missing, because an earlier program tracked the video, or is damaged is made by tracking again.
static enum err_code get_sheet(struct change *change, struct err *err)
{
    enum err_code code = track_sheet_get(change->ingest, &change->video, &change->sheet, err);
    change->wants_tracking = code == ERR_NOT_FOUND || code == ERR_CORRUPT;
    return code;
}

static enum err_code load(struct change *change, const char *video, struct err *err)
{
    enum err_code code = meta_store_get_video(change->ingest->meta, video, &change->video, err);
    if (code == ERR_NONE)
        code = check_tracked(&change->video, err);
    if (code == ERR_NONE)
        code = get_sheet(change, err);
    if (code == ERR_NONE)
        code = corrections_load(change->ingest, &change->video, &change->book, err);
    if (code != ERR_NONE)
        return code;
    change->state = track_book_replay(change->book, &change->sheet, change->video.id, track_book_version(change->book));
    change->before = mem_dup(track_state_numbers(change->state), change->sheet.object_count * sizeof(*change->before));
    return ERR_NONE;
}

static enum err_code check_version(const struct change *change, struct err *err)
{
    int64_t version = track_book_version(change->book);
    if (change->request->expected_version < 0 || change->request->expected_version == version)
        return ERR_NONE;
    return err_set(err, ERR_CONFLICT,
        "the tracks were corrected by somebody else: they are at version %" PRId64 ", not %" PRId64
        "; look at them again and repeat the correction if it still is right",
        version, change->request->expected_version);
}

// The objects as the tracker saw them must be those that are stored: while a video is indexed again they are not.
static enum err_code check_stored(const struct change *change, const struct track_anchor *anchor, struct err *err)
{
    struct meta_frames frames = {0};
    int64_t at = track_sheet_find(&change->sheet, anchor->index, anchor->k);
    const struct sheet_frame *frame = &change->sheet.frames[change->sheet.objects[at].frame];
    enum err_code code = meta_store_get_frame(change->ingest->meta, change->video.id, anchor->index, &frames, err);
    bool is_other = code == ERR_NOT_FOUND;
    if (code == ERR_NONE) {
        is_other = frames.items[0].object_count != frame->count;
        const struct meta_object *object = is_other ? NULL : &frames.items[0].objects[anchor->k];
        const float *box = anchor->box;
        is_other = is_other || object->x != box[0] || object->y != box[1] || object->width != box[2] ||
            object->height != box[3];
    }
    meta_frames_release(&frames);
    if (!is_other)
        return code;
    return err_set(err, ERR_CONFLICT,
        "video %s is being indexed again: its tracks can be corrected when that is done and its objects were followed",
        change->video.id);
}

static enum err_code check_anchors(const struct change *change, const struct track_entry *entry, struct err *err)
{
    enum err_code code = ERR_NONE;
    if (entry->kind != TRACK_STEP_GIVE)
        code = check_stored(change, &entry->at, err);
    else
        code = check_stored(change, &entry->objects[0], err);
    return code == ERR_NONE && entry->has_to ? check_stored(change, &entry->to, err) : code;
}

// Undo and redo are about what is last now.
static enum err_code aim(const struct change *change, struct track_entry *entry, struct err *err)
{
    bool is_undo = change->request->kind == TRACK_STEP_UNDO;
    *entry = (struct track_entry){.kind = change->request->kind, .by = change->request->by, .track = -1, .other = -1};
    entry->step = is_undo ? track_book_undo_step(change->book) : track_book_redo_step(change->book);
    if (entry->step != 0)
        return ERR_NONE;
    return err_set(err, ERR_CONFLICT, "there is no correction to %s in video %s", is_undo ? "undo" : "make again",
        change->video.id);
}

static enum err_code make_entry(
    struct change *change, struct track_entry *entry, struct track_anchor **room, struct err *err)
{
    *room = NULL;
    if (change->request->kind == TRACK_STEP_UNDO || change->request->kind == TRACK_STEP_REDO)
        return aim(change, entry, err);
    enum err_code code =
        track_request_entry(change->request, &change->sheet, change->state, change->video.id, entry, room, err);
    if (code == ERR_NONE)
        code = check_anchors(change, entry, err);
    if (code == ERR_NONE)
        code = track_state_apply(change->state, entry, track_book_version(change->book) + 1, err);
    return code;
}

static enum err_code append(struct change *change, const struct track_entry *entry, struct err *err)
{
    char name[CORRECTIONS_JOURNAL_SIZE];
    struct strbuf text;
    struct meta_journal_page page = {0};
    int64_t version = track_book_version(change->book);
    corrections_journal(change->video.id, name);
    strbuf_init(&text);
    track_entry_encode(entry, change->video.id, &text);
    enum err_code code = meta_store_append_journal(
        change->ingest->meta, change->video.project, name, version, text.data, text.size, NULL, err);
    strbuf_release(&text);
    change->is_kept = code == ERR_NONE;
    // With the time that it has there.
    if (code == ERR_NONE)
        code = meta_store_list_journal(change->ingest->meta, change->video.project, name, version - 1, 1, &page, err);
    if (code == ERR_NONE && page.count == 0) {
        change->is_kept = false;
        code = err_set(err, ERR_NOT_FOUND, "there is no project %s any more", change->video.project);
    }
    if (code == ERR_NONE)
        code = add_entry(&change->video, &page.items[0], change->book, err);
    meta_journal_page_release(&page);
    return code;
}

// The tracks after the new entry.
static void apply(struct change *change)
{
    track_state_free(change->state);
    change->state = track_book_replay(change->book, &change->sheet, change->video.id, track_book_version(change->book));
}

// ---- what follows from it

// The correction counts: what could not be stored now is stored by the tracker.
static enum err_code leave_to_tracker(const struct change *change, struct err *err)
{
    struct err later = ERR_INIT;
    if (tracking_request(change->ingest, &change->video, &later) != ERR_NONE)
        log_warn(change->ingest->log, "video %s is not tracked again before the next start: %s", change->video.id,
            later.message);
    return err_context(err, "the correction is kept, but the tracks do not show it yet");
}

static enum err_code follow(struct change *change, struct err *err)
{
    const int64_t *now = track_state_numbers(change->state);
    size_t count = change->sheet.object_count;
    bool *changed = mem_calloc(count + 1, sizeof(*changed));
    for (size_t i = 0; i < count; i++)
        changed[i] = now[i] != change->before[i];
    // Where an earlier correction was interrupted, nobody knows what is stored.
    bool is_sure = change->video.track_steps == track_book_version(change->book) - 1;
    const struct track_results results = {.video = &change->video,
        .sheet = &change->sheet,
        .numbers = now,
        .changed = is_sure ? changed : NULL,
        .steps = track_book_version(change->book)};
    bool current = false;
    enum err_code code =
        track_store_put(change->ingest, &results, change->cancel, &change->tracks, &change->track_count, err);
    if (code == ERR_NONE)
        code = corrections_are_current(change->ingest, &change->video, &change->sheet, results.steps, &current, err);
    if (code == ERR_NONE && !current)
        code = corrections_store(change->ingest, &change->video, change->cancel, NULL, err);
    free(changed);
    if (code == ERR_NONE)
        log_info(change->ingest->log, "the tracks of video %s of project %s were corrected (%s): there are %zu now",
            change->video.id, change->video.project, track_step_kind_name(change->request->kind), change->track_count);
    return code;
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// The tracks among `numbers`, as they are now, and which of them are none any more.
static void describe_tracks(const struct change *change, int64_t *numbers, size_t count, struct correction *out)
{
    const struct meta_track *tracks = change->tracks;
    size_t all = change->track_count;
    out->tracks = mem_calloc(count + 1, sizeof(*out->tracks));
    out->gone = mem_calloc(count + 1, sizeof(*out->gone));
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && numbers[i] == numbers[i - 1])
            continue;
        while (at < all && tracks[at].n < numbers[i])
            at++;
        if (at < all && tracks[at].n == numbers[i])
            out->tracks[out->track_count++] = tracks[at];
        else
            out->gone[out->gone_count++] = numbers[i];
    }
}

static void describe_changes(const struct change *change, struct correction *out)
{
    const int64_t *now = track_state_numbers(change->state);
    size_t all = change->sheet.object_count;
    size_t changed = 0;
    size_t count = 0;
    for (size_t i = 0; i < all; i++)
        changed += now[i] != change->before[i];
    int64_t *numbers = mem_calloc(2 * changed + 1, sizeof(*numbers));
    out->objects = mem_calloc(changed + 1, sizeof(*out->objects));
    for (size_t i = 0; i < all; i++) {
        if (now[i] == change->before[i])
            continue;
        struct corrected_object *object = &out->objects[out->object_count++];
        track_sheet_object_id(&change->sheet, change->video.id, i, object->id);
        object->track = now[i];
        if (now[i] >= 0)
            numbers[count++] = now[i];
        if (change->before[i] >= 0)
            numbers[count++] = change->before[i];
    }
    qsort(numbers, count, sizeof(*numbers), compare_numbers);
    describe_tracks(change, numbers, count, out);
    free(numbers);
}

static void describe_next(
    const struct track_book *book, bool *has_undo, struct track_step *undo, bool *has_redo, struct track_step *redo)
{
    *has_undo = track_book_undo_step(book) != 0;
    *has_redo = track_book_redo_step(book) != 0;
    if (*has_undo)
        track_book_step(book, track_book_undo_step(book), undo);
    if (*has_redo)
        track_book_step(book, track_book_redo_step(book), redo);
}

static void describe(const struct change *change, struct correction *out)
{
    memcpy(out->project, change->video.project, sizeof(out->project));
    out->version = track_book_version(change->book);
    track_book_step(change->book, out->version, &out->step);
    describe_next(change->book, &out->has_undo, &out->undo, &out->has_redo, &out->redo);
    describe_changes(change, out);
}

void correction_release(struct correction *correction)
{
    free(correction->objects);
    free(correction->tracks);
    free(correction->gone);
    *correction = (struct correction){0};
}

static enum err_code change_locked(struct change *change, const char *video, struct correction *out, struct err *err)
{
    struct track_entry entry;
    struct track_anchor *room = NULL;
    enum err_code code = load(change, video, err);
    if (code == ERR_NONE)
        code = check_version(change, err);
    if (code == ERR_NONE)
        code = make_entry(change, &entry, &room, err);
    if (code == ERR_NONE)
        code = track_book_check(change->book, &entry, err);
    if (code == ERR_NONE)
        code = append(change, &entry, err);
    free(room);
    if (code == ERR_NONE) {
        apply(change);
        code = follow(change, err);
    }
    if (code == ERR_NONE)
        describe(change, out);
    return code != ERR_NONE && change->is_kept ? leave_to_tracker(change, err) : code;
}

static enum err_code change_once(const struct ingest *ingest, const char *video,
    const struct correction_request *request, struct cancel *cancel, struct correction *out, bool *wants_tracking,
    struct err *err)
{
    struct change *change = mem_calloc(1, sizeof(*change));
    struct file_lock *lock = NULL;
    change->ingest = ingest;
    change->request = request;
    change->cancel = cancel;
    enum err_code code = track_lock(ingest, video, TRACK_LOCK_STORE, LOCK_MS, cancel, &lock, err);
    if (code == ERR_NONE)
        code = change_locked(change, video, out, err);
    file_lock_release(lock);
    *wants_tracking = change->wants_tracking;
    release(change);
    free(change);
    return code;
}

enum err_code corrections_change(const struct ingest *ingest, const char *video,
    const struct correction_request *request, struct cancel *cancel, struct correction *correction, struct err *err)
{
    bool wants_tracking = false;
    *correction = (struct correction){0};
    if (!video_id_is_valid(video))
        return err_set(err, ERR_INVALID, "\"%.40s\" is no video's id", video);
    if (request->by != NULL && strlen(request->by) >= TRACK_EDITOR_SIZE)
        return err_set(err, ERR_INVALID, "the name of who corrects has at most 100 characters");
    enum err_code code = change_once(ingest, video, request, cancel, correction, &wants_tracking, err);
    if (!wants_tracking)
        return code;
    log_info(ingest->log, "video %s is tracked again before it is corrected: %s", video,
        err != NULL ? err->message : "what the tracker had found is not there");
    code = tracking_run(ingest, video, cancel, NULL, err);
    return code == ERR_NONE ? change_once(ingest, video, request, cancel, correction, &wants_tracking, err) : code;
}

// ---- what was done

void correction_list_release(struct correction_list *list)
{
    free(list->steps);
    *list = (struct correction_list){0};
}

// Which corrections were passed over shows only on what the tracker found; without that, none does.
static enum err_code load_outcomes(
    const struct ingest *ingest, const struct meta_video *video, struct track_book *book, struct err *err)
{
    struct track_sheet sheet = {0};
    if (track_book_version(book) == 0)
        return ERR_NONE;
    enum err_code code = track_sheet_get(ingest, video, &sheet, err);
    if (code == ERR_NONE)
        track_state_free(track_book_replay(book, &sheet, video->id, track_book_version(book)));
    track_sheet_release(&sheet);
    if (code != ERR_NOT_FOUND && code != ERR_CORRUPT)
        return code;
    err_clear(err);
    return ERR_NONE;
}

enum err_code corrections_list(const struct ingest *ingest, const char *id, int64_t before, size_t limit,
    struct correction_list *list, struct err *err)
{
    *list = (struct correction_list){0};
    struct track_book *book = NULL;
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    enum err_code code = ERR_NONE;
    if (limit < 1 || limit > CORRECTIONS_LIST_MAX || before < 0)
        code = err_set(err, ERR_INVALID, "limit must be between 1 and %d", CORRECTIONS_LIST_MAX);
    if (code == ERR_NONE)
        code = meta_store_get_video(ingest->meta, id, video, err);
    if (code == ERR_NONE)
        code = corrections_load(ingest, video, &book, err);
    if (code == ERR_NONE)
        code = load_outcomes(ingest, video, book, err);
    if (code == ERR_NONE) {
        int64_t version = track_book_version(book);
        int64_t step = before == 0 || before > version ? version : before - 1;
        list->version = version;
        list->steps = mem_calloc((size_t)step < limit ? (size_t)step + 1 : limit, sizeof(*list->steps));
        for (; step > 0 && list->count < limit; step--)
            track_book_step(book, step, &list->steps[list->count++]);
        list->more = step > 0;
        describe_next(book, &list->has_undo, &list->undo, &list->has_redo, &list->redo);
    }
    track_book_free(book);
    free(video);
    return code;
}
