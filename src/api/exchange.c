// Export and import of labels and tracks.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "exchange/export.h"
#include "exchange/import.h"
#include "os/file.h"

// ---- export

static enum err_code query_choice(const struct http_request *request, const char *name, const char *const *choices,
    size_t count, int *choice, struct err *err)
{
    const char *text = http_request_query(request, name);
    for (size_t i = 0; i < count && text != NULL; i++) {
        if (strcmp(text, choices[i]) == 0) {
            *choice = (int)i;
            return ERR_NONE;
        }
    }
    if (text == NULL)
        return ERR_NONE;
    struct strbuf list;
    strbuf_init(&list);
    for (size_t i = 0; i < count; i++)
        strbuf_addf(&list, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", choices[i]);
    enum err_code code =
        err_of_field(err, err_set(err, ERR_INVALID, "%s must be %s, not \"%.32s\"", name, list.data, text), name);
    strbuf_release(&list);
    return code;
}

static enum err_code query_format(const struct http_request *request, enum exchange_format *format, struct err *err)
{
    const char *text = http_request_query(request, "format");
    if (text == NULL)
        return err_of_field(
            err, err_set(err, ERR_INVALID, "say in which format: format=coco, yolo, csv or mot"), "format");
    return exchange_format_parse(text, format, err);
}

static enum err_code read_export(struct http_request *request, struct export_request *wanted, struct err *err)
{
    static const char *const allowed[] = {"format", "video", "label", "kind", "tracks", "images", "frames", NULL};
    static const char *const kinds[] = {"explicit", "probable", "all"};
    static const char *const frames[] = {"labelled", "all"};
    int all_frames = 0;
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &wanted->project, err);
    if (code == ERR_NONE)
        code = query_format(request, &wanted->format, err);
    if (code == ERR_NONE)
        code = api_query_video(request, &wanted->video, err);
    const char *label = http_request_query(request, "label");
    if (code == ERR_NONE && label != NULL)
        code = api_clean_label(request, label, "label", &wanted->label, err);
    // Tracks are of interest whether somebody gave them a name or not.
    int kind = wanted->format == EXCHANGE_MOT ? EXPORT_ALL : EXPORT_EXPLICIT;
    if (code == ERR_NONE)
        code = query_choice(request, "kind", kinds, sizeof(kinds) / sizeof(kinds[0]), &kind, err);
    if (code == ERR_NONE)
        code = query_choice(request, "frames", frames, sizeof(frames) / sizeof(frames[0]), &all_frames, err);
    if (code == ERR_NONE)
        code = api_query_flag(request, "tracks", &wanted->tracks, err);
    if (code == ERR_NONE)
        code = api_query_flag(request, "images", &wanted->images, err);
    wanted->kind = (enum export_kind)kind;
    wanted->all_frames = all_frames == 1;
    return code;
}

struct sending {
    struct export *export;
    struct log *log;
    bool is_whole;
};

static bool send_next(void *arg, int64_t wait_ms, struct cancel *cancel, struct strbuf *out)
{
    struct sending *sending = arg;
    struct err err = ERR_INIT;
    bool done = false;
    (void)wait_ms;
    if (export_next(sending->export, cancel, out, &done, &err) != ERR_NONE) {
        // The status is sent; all that is left to say is that this is not all.
        log_warn(sending->log, "the export %s broke off: %s", export_file_name(sending->export), err.message);
        return false;
    }
    sending->is_whole = done;
    return !done;
}

static bool is_whole(void *arg)
{
    const struct sending *sending = arg;
    return sending->is_whole;
}

static void end_sending(void *arg)
{
    struct sending *sending = arg;
    export_free(sending->export);
    free(sending);
}

API_HANDLER(api_export)
{
    struct api *api = context;
    const struct ingest *ingest = api->config.ingest;
    struct export_request wanted = {0};
    struct export *export = NULL;
    enum err_code code = read_export(request, &wanted, err);
    if (code != ERR_NONE)
        return code;
    const struct export_config config = {.meta = ingest->meta,
        .blobs = ingest->blobs,
        .labels = api->config.labels,
        .catalogue = api->catalogue,
        .temp_dir = ingest->temp_dir,
        .now_us = clock_wall_us(ingest->clock)};
    code = export_new(&config, &wanted, &export, err);
    if (code != ERR_NONE)
        return code;
    struct sending *sending = mem_calloc(1, sizeof(*sending));
    sending->export = export;
    sending->log = ingest->log;
    const struct http_stream stream = {.next = send_next, .release = end_sending, .is_whole = is_whole, .arg = sending};
    http_response_header(response, "Content-Disposition",
        arena_sprintf(http_request_arena(request), "attachment; filename=\"%s\"", export_file_name(export)));
    http_response_stream(response, 200, export_type(export), &stream);
    return ERR_NONE;
}

// ---- import

static enum err_code read_label_and_editor(struct http_request *request, struct import_request *wanted, struct err *err)
{
    const char *label = http_request_query(request, "label");
    wanted->editor.by = http_request_query(request, "by");
    enum err_code code = label != NULL ? api_clean_label(request, label, "label", &wanted->label, err) : ERR_NONE;
    if (code == ERR_NONE)
        code = api_check_editor(&wanted->editor.by, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "version", 0, INT64_MAX, -1, &wanted->editor.expected_version, err);
    return code;
}

// "same=W:V", as often as there are such clips.
static enum err_code query_same(struct http_request *request, struct import_request *wanted, struct err *err)
{
    const char *texts[IMPORT_SAME_MAX + 1];
    size_t count = http_request_query_all(request, "same", texts, IMPORT_SAME_MAX + 1);
    struct import_same *same = arena_alloc(http_request_arena(request), (count + 1) * sizeof(*same));
    if (count > IMPORT_SAME_MAX)
        return err_of_field(err, err_set(err, ERR_LIMIT, "same occurs more than %d times", IMPORT_SAME_MAX), "same");
    for (size_t i = 0; i < count; i++) {
        snprintf(same[i].file, sizeof(same[i].file), "%s", texts[i]);
        bool is_pair = strlen(texts[i]) == 2 * VIDEO_ID_LENGTH + 1 && texts[i][VIDEO_ID_LENGTH] == ':' &&
            video_id_is_valid(same[i].file) && video_id_is_valid(texts[i] + VIDEO_ID_SIZE);
        if (!is_pair)
            return err_of_field(err,
                err_set(err, ERR_INVALID,
                    "\"%.64s\" does not say which videos are the same clip: same=FILE:OURS, what the file calls it and "
                    "what it is called here, each with 16 digits from 0 to f",
                    texts[i]),
                "same");
        memcpy(same[i].video, texts[i] + VIDEO_ID_SIZE, VIDEO_ID_SIZE);
    }
    wanted->same = same;
    wanted->same_count = count;
    return ERR_NONE;
}

static enum err_code read_import(struct http_request *request, struct import_request *wanted, struct err *err)
{
    static const char *const allowed[] = {
        "format", "video", "from", "same", "label", "min_iou", "strict", "dry_run", "by", "version", NULL};
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &wanted->project, err);
    if (code == ERR_NONE)
        code = query_format(request, &wanted->format, err);
    if (code == ERR_NONE)
        code = api_query_video(request, &wanted->video, err);
    wanted->from = http_request_query(request, "from");
    if (code == ERR_NONE && wanted->from != NULL && !video_id_is_valid(wanted->from))
        code = api_bad_video(wanted->from, "from", err);
    if (code == ERR_NONE)
        code = query_same(request, wanted, err);
    if (code == ERR_NONE)
        code = http_request_query_double(request, "min_iou", 0, 1, IMPORT_MIN_IOU_DEFAULT, &wanted->min_iou, err);
    if (code == ERR_NONE)
        code = api_query_flag(request, "strict", &wanted->strict, err);
    if (code == ERR_NONE)
        code = api_query_flag(request, "dry_run", &wanted->dry_run, err);
    return code == ERR_NONE ? read_label_and_editor(request, wanted, err) : code;
}

static json_t *shape_import(const struct imported *imported, bool dry_run)
{
    json_t *o = json_object();
    json_t *labels = json_array();
    json_t *problems = json_array();
    for (size_t i = 0; i < imported->label_count; i++) {
        const struct imported_label *label = &imported->labels[i];
        json_t *item = json_object();
        json_set_string(item, "name", label->name);
        json_set_bool(item, "made", label->made);
        json_set_int64(item, "positives", label->positives);
        json_set_int64(item, "negatives", label->negatives);
        json_array_append_new(labels, item);
    }
    for (size_t i = 0; i < imported->problem_count; i++)
        json_array_append_new(problems, json_string_lossy(imported->problems[i]));
    json_t *others = json_array();
    for (size_t i = 0; i < imported->other_count; i++) {
        const struct imported_other *other = &imported->others[i];
        json_t *item = json_object();
        json_set_string(item, "video", other->video);
        json_set_int64(item, "entries", other->entries);
        json_set_string(item, "same", other->same[0] != '\0' ? other->same : NULL);
        json_array_append_new(others, item);
    }
    json_set_bool(o, "dry_run", dry_run);
    json_set_int64(o, "entries", imported->entries);
    json_set_int64(o, "matched", imported->matched);
    json_set_int64(o, "unmatched", imported->unmatched);
    json_set_int64(o, "passed_over", imported->passed_over);
    json_set_int64(o, "unchanged", imported->unchanged);
    json_set_int64(o, "moved", imported->moved);
    json_set_int64(o, "ambiguous", imported->ambiguous);
    json_set(o, "labels", labels);
    json_set(o, "problems", problems);
    json_set(o, "others", others);
    json_set_int64(o, "version", imported->version);
    json_set(o, "step", imported->step != 0 ? json_integer(imported->step) : json_null());
    return o;
}

API_HANDLER(api_import)
{
    struct api *api = context;
    struct import_request wanted = {.editor = {.expected_version = -1}};
    struct imported imported = {0};
    struct file_map file = {0};
    enum err_code code = read_import(request, &wanted, err);
    const char *path = http_request_body_path(request, NULL, NULL);
    if (code == ERR_NONE && path != NULL)
        code = file_map(path, &file, err);
    if (code == ERR_NONE && file.size == 0)
        code = err_set(err, ERR_INVALID, "the file is empty: send its bytes as the request's body");
    const struct import_config config = {.meta = api->config.ingest->meta, .labels = api->config.labels};
    if (code == ERR_NONE)
        code = import_run(&config, &wanted, file.bytes, file.size, http_request_cancel(request), &imported, err);
    if (code == ERR_NONE)
        http_response_json(response, 200, shape_import(&imported, wanted.dry_run));
    imported_release(&imported);
    file_unmap(&file);
    return code;
}
