#include "ingest/doctor.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "blob_store/blob_store.h"
#include "ingest/doctor_internal.h"
#include "ingest/lifecycle_internal.h"
#include "os/file.h"
#include "os/held_dir.h"
#include "queue/queue.h"
#include "vector_index/vector_index.h"

#define UPLOAD_AGE_US (INT64_C(24) * 3600 * 1000000)

static const char *const kind_names[FINDING_KIND_COUNT] = {"crop_without_object", "object_without_crop",
    "object_without_vector", "vector_without_object", "frame_without_blob", "blob_without_frame", "blob_without_video",
    "source_missing", "stuck_video", "deletion_unfinished", "temporary_file", "tracks_behind", "tracks_newer",
    "unfinished_upload", "wrong_row"};

const char *finding_kind_name(enum finding_kind kind)
{
    return (size_t)kind < FINDING_KIND_COUNT ? kind_names[kind] : "";
}

bool finding_kind_is_mendable(enum finding_kind kind)
{
    return kind != FINDING_SOURCE_MISSING && kind != FINDING_TRACKS_NEWER && kind != FINDING_WRONG_ROW;
}

static bool is_older(const struct doctor *doctor, int64_t since_us, int64_t age_us)
{
    return clock_wall_us(doctor->ingest->clock) - since_us >= age_us;
}

bool doctor_judges(const struct doctor *doctor, int64_t modified_us)
{
    return is_older(doctor, modified_us, doctor->least_age_us);
}

void doctor_report_finding(
    struct doctor *doctor, enum finding_kind kind, const char *subject, bool mended, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    doctor->report->findings[kind]++;
    doctor->report->found++;
    doctor->report->mended += mended;
    const struct finding finding = {.kind = kind,
        .project = doctor->project,
        .video = doctor->video,
        .subject = subject,
        .text = text,
        .mended = mended};
    if (doctor->options->found != NULL)
        doctor->options->found(doctor->options->context, &finding);
}

// ---- what belongs to videos that are not there

// Video ids met in a listing that is sorted by them.
struct strangers {
    struct doctor *doctor;
    size_t prefix;
    char last[VIDEO_ID_SIZE];
    char (*ids)[VIDEO_ID_SIZE];
    size_t count;
};

static void meet(struct strangers *strangers, const char *id)
{
    if (strncmp(strangers->last, id, VIDEO_ID_LENGTH) == 0)
        return;
    memcpy(strangers->last, id, VIDEO_ID_LENGTH);
    strangers->last[VIDEO_ID_LENGTH] = '\0';
    if (!video_id_is_valid(strangers->last))
        return;
    struct meta_video video;
    if (meta_store_get_video(strangers->doctor->ingest->meta, strangers->last, &video, NULL) != ERR_NOT_FOUND)
        return;
    strangers->ids = mem_realloc_array(strangers->ids, strangers->count + 1, sizeof(*strangers->ids));
    memcpy(strangers->ids[strangers->count++], strangers->last, VIDEO_ID_SIZE);
}

static bool meet_blob(void *context, const char *key, const struct blob_info *info)
{
    struct strangers *strangers = context;
    const char *id = key + strangers->prefix;
    if (strnlen(id, VIDEO_ID_LENGTH + 1) > VIDEO_ID_LENGTH && doctor_judges(strangers->doctor, info->modified_us))
        meet(strangers, id);
    return !cancel_requested(strangers->doctor->cancel);
}

static enum err_code check_blobs_of_strangers(struct doctor *doctor, struct err *err)
{
    char prefix[BLOB_KEY_SIZE];
    struct strangers strangers = {.doctor = doctor};
    blob_key_prefix(doctor->project, NULL, prefix);
    strangers.prefix = strlen(prefix);
    enum err_code code = blob_store_list(doctor->ingest->blobs, prefix, meet_blob, &strangers, err);
    for (size_t i = 0; i < strangers.count && code == ERR_NONE; i++) {
        const char *id = strangers.ids[i];
        bool mends = doctor->options->repair && !doctor->has_wrong_rows;
        doctor->video = id;
        if (mends) {
            code = vector_index_remove_video(doctor->ingest->vectors, doctor->project, id, err);
            blob_key_prefix(doctor->project, id, prefix);
            if (code == ERR_NONE)
                code = blob_store_remove_prefix(doctor->ingest->blobs, prefix, doctor->cancel, err);
        }
        if (code == ERR_NONE)
            doctor_report_finding(doctor, FINDING_BLOB_WITHOUT_VIDEO, id, mends,
                "there are files of video %s in project %s, which is not there%s", id, doctor->project,
                doctor->has_wrong_rows ? "; while rows are damaged nobody knows whose they are, and they stay" : "");
    }
    doctor->video = "";
    free(strangers.ids);
    return code;
}

// ---- temporary files

static bool is_held(const char *name)
{
    static const char *const prefixes[] = {INGEST_UPLOADS_PREFIX, INGEST_CUT_PREFIX, INGEST_COPY_PREFIX};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return false;
}

static bool is_leftover(struct doctor *doctor, const char *path, const char *name)
{
    char id[VIDEO_ID_SIZE];
    struct meta_video video;
    if (is_held(name))
        return dir_size_bytes(path) > 0 && held_dir_is_left(path);
    // Of versions that held none of their folders.
    if (strncmp(name, "upload-", 7) == 0 && strlen(name) == strlen("upload-XXXXXX"))
        return true;
    if (strncmp(name, "split-", 6) == 0 || strncmp(name, "playable-", 9) == 0)
        return true;
    size_t prefix = strlen(INGEST_FETCH_PREFIX);
    if (strncmp(name, INGEST_FETCH_PREFIX, prefix) != 0 || strlen(name) != prefix + VIDEO_ID_LENGTH)
        return false;
    memcpy(id, name + prefix, sizeof(id));
    enum err_code code = meta_store_get_video(doctor->ingest->meta, id, &video, NULL);
    return code == ERR_NOT_FOUND || (code == ERR_NONE && video.split_done);
}

static enum err_code check_temporary(struct doctor *doctor, struct err *err)
{
    DIR *dir = opendir(doctor->ingest->temp_dir);
    enum err_code code = ERR_NONE;
    if (dir == NULL)
        return ERR_NONE;
    for (struct dirent *entry = readdir(dir); entry != NULL && code == ERR_NONE; entry = readdir(dir)) {
        char path[FILE_PATH_MAX];
        struct file_info info;
        if (snprintf(path, sizeof(path), "%s/%s", doctor->ingest->temp_dir, entry->d_name) >= (int)sizeof(path) ||
            !is_leftover(doctor, path, entry->d_name) || file_stat(path, &info, NULL) != ERR_NONE ||
            !doctor_judges(doctor, info.modified_us))
            continue;
        if (doctor->options->repair)
            code = is_held(entry->d_name) ? held_dir_remove(path, err) : dir_remove_tree(path, err);
        if (code == ERR_CONFLICT) { // somebody has it by now
            err_clear(err);
            code = ERR_NONE;
            continue;
        }
        if (code == ERR_NONE)
            doctor_report_finding(doctor, FINDING_TEMPORARY_FILE, path, doctor->options->repair,
                "the temporary %s %s was left behind", info.is_directory ? "folder" : "file", path);
    }
    closedir(dir);
    return code;
}

// ---- uploads

struct upload {
    char *key, *id;
};

struct uploads {
    struct doctor *doctor;
    int64_t least_age_us;
    struct upload *items;
    size_t count;
};

static bool meet_upload(void *context, const char *key, const char *id, int64_t begun_us)
{
    struct uploads *uploads = context;
    if (is_older(uploads->doctor, begun_us, uploads->least_age_us)) {
        uploads->items = mem_realloc_array(uploads->items, uploads->count + 1, sizeof(*uploads->items));
        uploads->items[uploads->count++] = (struct upload){.key = mem_strdup(key), .id = mem_strdup(id)};
    }
    return !cancel_requested(uploads->doctor->cancel);
}

// Somebody may be at a large one for longer than other things are left alone: a day, beside others.
static enum err_code check_uploads(struct doctor *doctor, struct err *err)
{
    bool beside_others = doctor->least_age_us >= 0;
    struct uploads uploads = {.doctor = doctor, .least_age_us = beside_others ? UPLOAD_AGE_US : INT64_MIN};
    enum err_code code = blob_store_list_unfinished(doctor->ingest->blobs, meet_upload, &uploads, err);
    for (size_t i = 0; i < uploads.count; i++) {
        const struct upload *upload = &uploads.items[i];
        if (code == ERR_NONE && doctor->options->repair)
            code = blob_store_remove_unfinished(doctor->ingest->blobs, upload->key, upload->id, err);
        if (code == ERR_NONE)
            doctor_report_finding(doctor, FINDING_UNFINISHED_UPLOAD, upload->key, doctor->options->repair,
                "an upload of %s was begun and never ended; its parts take up room in the bucket", upload->key);
        free(upload->key);
        free(upload->id);
    }
    free(uploads.items);
    return code;
}

// ---- what cannot be right

#define WRONG_ROW_REMEDY                                                                                               \
    "it is left out of everything and nothing of it is removed; put back a copy of the meta store, or mend or remove " \
    "the row by hand while nothing runs"

static void report_wrong(void *context, const char *sentence)
{
    struct doctor *doctor = context;
    doctor->has_wrong_rows = true;
    doctor_report_finding(doctor, FINDING_WRONG_ROW, sentence, false, "%s: %s", sentence, WRONG_ROW_REMEDY);
}

// What cannot be read of one video keeps nobody from the others; a store that cannot be used does.
static enum err_code report_unreadable(struct doctor *doctor, const char *video, enum err_code code, struct err *err)
{
    if (code != ERR_CORRUPT)
        return code;
    doctor_report_finding(doctor, FINDING_WRONG_ROW, video, false,
        "video %s cannot be looked at: %s: put back a copy of what is damaged, or remove the video and ingest it again",
        video, err->message);
    err_clear(err);
    return ERR_NONE;
}

// ---- all

static enum err_code check_one(
    const struct ingest *ingest, const struct meta_video *video, void *context, struct err *err)
{
    struct doctor *doctor = context;
    (void)ingest;
    doctor->video = video->id;
    doctor->report->videos++;
    struct err why = ERR_INIT;
    enum err_code code = report_unreadable(doctor, video->id, doctor_check_video(doctor, video, &why), &why);
    doctor->video = "";
    return code == ERR_NONE ? code : err_set(err, code, "%s", why.message);
}

static enum err_code check_project(struct doctor *doctor, const struct meta_project *project, struct err *err)
{
    enum err_code code = ERR_NONE;
    doctor->project = project->name;
    doctor->report->projects++;
    if (project->deleting) {
        if (doctor->options->repair)
            code = lifecycle_delete_project(doctor->ingest, project->name, doctor->cancel, err);
        if (code == ERR_NONE)
            doctor_report_finding(doctor, FINDING_DELETION_UNFINISHED, project->name, doctor->options->repair,
                "the removal of project %s was not finished", project->name);
        return code;
    }
    code = lifecycle_each_video(doctor->ingest, project->name, doctor->cancel, check_one, doctor, err);
    return code == ERR_NONE ? check_blobs_of_strangers(doctor, err) : code;
}

static enum err_code check_projects(struct doctor *doctor, struct err *err)
{
    char after[PROJECT_NAME_SIZE] = "";
    for (;;) {
        struct meta_project *projects = NULL;
        size_t count = 0;
        enum err_code code = meta_store_list_projects(
            doctor->ingest->meta, after[0] != '\0' ? after : NULL, LIFECYCLE_LIST_AT_ONCE, &projects, &count, err);
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            memcpy(after, projects[i].name, sizeof(after));
            if (doctor->options->project == NULL || strcmp(doctor->options->project, projects[i].name) == 0)
                code = check_project(doctor, &projects[i], err);
        }
        free(projects);
        doctor->project = "";
        if (code != ERR_NONE || count < LIFECYCLE_LIST_AT_ONCE)
            return code;
    }
}

enum err_code doctor_run(const struct ingest *ingest, const struct doctor_options *options, struct cancel *cancel,
    struct doctor_report *report, struct err *err)
{
    struct doctor doctor = {.ingest = ingest,
        .options = options,
        .report = report,
        .cancel = cancel,
        .least_age_us = options->least_age_us == 0 ? DOCTOR_AGE_US_DEFAULT : options->least_age_us,
        .project = "",
        .video = ""};
    struct meta_project project;
    *report = (struct doctor_report){0};
    // -1: everything, whatever the clock says.
    if (options->least_age_us < 0)
        doctor.least_age_us = INT64_MIN;
    enum err_code code = ERR_NONE;
    if (options->project != NULL)
        code = meta_store_get_project(ingest->meta, options->project, &project, err);
    if (code == ERR_NONE)
        code = meta_store_find_wrong(ingest->meta, report_wrong, &doctor, err);
    if (code == ERR_NONE)
        code = lifecycle_queues_empty(ingest, &doctor.queues_empty, err);
    if (code == ERR_NONE)
        code = check_projects(&doctor, err);
    if (code == ERR_NONE && options->project == NULL)
        code = check_temporary(&doctor, err);
    if (code == ERR_NONE && options->project == NULL)
        code = check_uploads(&doctor, err);
    return code;
}
