// A meta store becomes a file.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "meta_store/archive_file.h"
#include "meta_store/archive_record.h"
#include "meta_store/meta_archive.h"

#define SETTINGS_AT_ONCE 1000
#define PROJECTS_AT_ONCE 1000
#define ENTRIES_AT_ONCE 1000
#define VIDEOS_AT_ONCE 200
#define SEGMENTS_AT_ONCE 1000
#define FRAMES_AT_ONCE 500
#define TRACKS_AT_ONCE 1000

struct export
{
    struct meta_store *store;
    struct cancel *cancel;
    struct archive_writer *writer;
    struct strbuf record;
    struct meta_archive_totals totals;
};

static enum err_code add(struct export *e, enum archive_kind kind, int64_t *total, struct err *err)
{
    enum err_code code = archive_writer_add(e->writer, kind, &e->record, err);
    strbuf_reset(&e->record);
    if (total != NULL)
        ++*total;
    return code;
}

static void put_text(struct export *e, const char *text)
{
    value_put_bytes(&e->record, text, strlen(text));
}

// ---- settings and projects

static enum err_code export_settings(struct export *e, struct err *err)
{
    char *after = NULL;
    size_t count = SETTINGS_AT_ONCE;
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && count == SETTINGS_AT_ONCE) {
        char **names = NULL;
        code = meta_store_list_settings(e->store, after, SETTINGS_AT_ONCE, &names, &count, err);
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            char *value = NULL;
            // How an import into this store went is nothing that another is to know.
            if (strcmp(names[i], META_ARCHIVE_SETTING) == 0)
                continue;
            code = meta_store_get_setting(e->store, names[i], &value, err);
            if (code == ERR_NONE) {
                put_text(e, names[i]);
                put_text(e, value);
                code = add(e, ARCHIVE_SETTING, &e->totals.settings, err);
            }
            free(value);
        }
        free(after);
        after = code == ERR_NONE && count > 0 ? mem_strdup(names[count - 1]) : NULL;
        meta_strings_free(names, count);
    }
    free(after);
    return code;
}

static enum err_code export_journal(struct export *e, const char *project, const char *journal, struct err *err)
{
    int64_t after = -1;
    bool more = true;
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && more) {
        struct meta_journal_page page = {0};
        code = cancel_check(e->cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_journal(e->store, project, journal, after, ENTRIES_AT_ONCE, &page, err);
        more = page.count > 0;
        for (size_t i = 0; i < page.count && code == ERR_NONE; i++) {
            after = page.items[i].position;
            put_text(e, project);
            put_text(e, journal);
            value_put_int(&e->record, after);
            value_put_int(&e->record, page.items[i].at_us);
            value_put_bytes(&e->record, page.items[i].value, page.items[i].size);
            code = add(e, ARCHIVE_ENTRY, &e->totals.entries, err);
        }
        meta_journal_page_release(&page);
    }
    return code;
}

static enum err_code export_project(struct export *e, const struct meta_project *project, struct err *err)
{
    char **journals = NULL;
    size_t count = 0;
    put_text(e, project->name);
    value_put_int(&e->record, project->created_us);
    value_put_int(&e->record, project->deleting);
    enum err_code code = add(e, ARCHIVE_PROJECT, &e->totals.projects, err);
    if (code == ERR_NONE)
        code = meta_store_list_journals(e->store, project->name, &journals, &count, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = export_journal(e, project->name, journals[i], err);
    meta_strings_free(journals, count);
    return code;
}

static enum err_code export_projects(struct export *e, struct err *err)
{
    char after[PROJECT_NAME_SIZE] = "";
    size_t count = PROJECTS_AT_ONCE;
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && count == PROJECTS_AT_ONCE) {
        struct meta_project *projects = NULL;
        code = meta_store_list_projects(
            e->store, after[0] != '\0' ? after : NULL, PROJECTS_AT_ONCE, &projects, &count, err);
        for (size_t i = 0; i < count && code == ERR_NONE; i++)
            code = export_project(e, &projects[i], err);
        if (code == ERR_NONE && count > 0)
            memcpy(after, projects[count - 1].name, sizeof(after));
        free(projects);
    }
    return code;
}

// ---- videos

static enum err_code export_segments(struct export *e, const char *video, struct err *err)
{
    int32_t after = -1;
    size_t count = SEGMENTS_AT_ONCE;
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && count == SEGMENTS_AT_ONCE) {
        struct meta_segment *segments = NULL;
        code = meta_store_list_segments(e->store, video, after, SEGMENTS_AT_ONCE, &segments, &count, err);
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            after = segments[i].index;
            archive_put_segment(&e->record, &segments[i]);
            code = add(e, ARCHIVE_SEGMENT, &e->totals.segments, err);
        }
        free(segments);
    }
    return code;
}

static enum err_code export_frames(struct export *e, const char *video, struct err *err)
{
    struct meta_frame_range range = {.from_us = INT64_MIN, .to_us = -1, .after = -1, .limit = FRAMES_AT_ONCE};
    size_t count = FRAMES_AT_ONCE;
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && count == FRAMES_AT_ONCE) {
        struct meta_frames frames = {0};
        code = cancel_check(e->cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_frames(e->store, video, &range, &frames, err);
        count = frames.count;
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            range.after = frames.items[i].index;
            archive_put_frame(&e->record, &frames.items[i]);
            e->totals.objects += (int64_t)frames.items[i].object_count;
            code = add(e, ARCHIVE_FRAME, &e->totals.frames, err);
        }
        meta_frames_release(&frames);
    }
    return code;
}

static enum err_code export_tracks(struct export *e, const char *video, struct err *err)
{
    int64_t after = -1;
    size_t count = TRACKS_AT_ONCE;
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && count == TRACKS_AT_ONCE) {
        struct meta_track *tracks = NULL;
        code = meta_store_list_tracks(e->store, video, after, TRACKS_AT_ONCE, &tracks, &count, err);
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            after = tracks[i].n;
            archive_put_track(&e->record, &tracks[i]);
            code = add(e, ARCHIVE_TRACK, &e->totals.tracks, err);
        }
        free(tracks);
    }
    return code;
}

static enum err_code export_sentences(struct export *e, const char *video, struct err *err)
{
    char **sentences = NULL;
    size_t count = 0;
    enum err_code code = meta_store_video_errors(e->store, video, &sentences, &count, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        put_text(e, sentences[i]);
        code = add(e, ARCHIVE_SENTENCE, NULL, err);
    }
    meta_strings_free(sentences, count);
    return code;
}

static enum err_code export_video(struct export *e, const char *id, struct err *err)
{
    struct meta_video video;
    enum err_code code = meta_store_get_video(e->store, id, &video, err);
    if (code != ERR_NONE || video.state == VIDEO_DELETING)
        return code;
    archive_put_video(&e->record, &video);
    code = add(e, ARCHIVE_VIDEO, &e->totals.videos, err);
    if (code == ERR_NONE)
        code = export_segments(e, id, err);
    if (code == ERR_NONE)
        code = export_frames(e, id, err);
    if (code == ERR_NONE)
        code = export_tracks(e, id, err);
    if (code == ERR_NONE)
        code = export_sentences(e, id, err);
    return code == ERR_NONE ? add(e, ARCHIVE_VIDEO_END, NULL, err) : code;
}

// The list is newest first; the file is oldest first, so that an import makes them in the order they were made.
static enum err_code export_videos(struct export *e, struct err *err)
{
    char(*ids)[VIDEO_ID_SIZE] = NULL;
    size_t listed = 0;
    size_t count = VIDEOS_AT_ONCE;
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && count == VIDEOS_AT_ONCE) {
        struct meta_video *videos = NULL;
        code = meta_store_list_videos(
            e->store, NULL, listed > 0 ? ids[listed - 1] : NULL, VIDEOS_AT_ONCE, &videos, &count, err);
        ids = mem_realloc_array(ids, listed + count + 1, sizeof(*ids));
        for (size_t i = 0; i < count; i++)
            memcpy(ids[listed++], videos[i].id, VIDEO_ID_SIZE);
        free(videos);
    }
    for (size_t i = listed; i > 0 && code == ERR_NONE; i--) {
        code = export_video(e, ids[i - 1], err);
        if (code == ERR_NOT_FOUND)
            code = err_set(err, ERR_CONFLICT,
                "the video %s was removed while it was exported: stop what changes the store and export again",
                ids[i - 1]);
    }
    free(ids);
    return code;
}

struct wrong {
    struct err first;
    int64_t count;
};

static void note_wrong(void *context, const char *sentence)
{
    struct wrong *wrong = context;
    if (wrong->count++ == 0)
        (void)!err_set(&wrong->first, ERR_CORRUPT, "%s", sentence);
}

// What is in no list would be left out without a word.
static enum err_code check_rows(struct meta_store *store, struct err *err)
{
    struct wrong wrong = {.first = ERR_INIT};
    enum err_code code = meta_store_find_wrong(store, note_wrong, &wrong, err);
    if (code != ERR_NONE || wrong.count == 0)
        return code;
    return err_set(err, ERR_CORRUPT, "%s: mend or remove it first (%lld in all; \"framehound doctor\" lists them)",
        wrong.first.message, (long long)wrong.count);
}

enum err_code meta_archive_export(struct meta_store *store, int fd, const char *name, struct cancel *cancel,
    struct meta_archive_totals *totals, struct err *err)
{
    struct export e = {.store = store, .cancel = cancel, .writer = archive_writer_new(fd, name)};
    strbuf_init(&e.record);
    enum err_code code = check_rows(store, err);
    if (code == ERR_NONE)
        code = export_settings(&e, err);
    if (code == ERR_NONE)
        code = export_projects(&e, err);
    if (code == ERR_NONE)
        code = export_videos(&e, err);
    if (code == ERR_NONE) {
        archive_put_totals(&e.record, &e.totals);
        code = add(&e, ARCHIVE_TOTALS, NULL, err);
    }
    if (code == ERR_NONE)
        code = archive_writer_finish(e.writer, err);
    *totals = e.totals;
    strbuf_release(&e.record);
    archive_writer_free(e.writer);
    return code;
}
