#include "exchange/test_exchange.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "blob_store/blob_store_memory.h"
#include "exchange/zip.h"
#include "fault.h"
#include "search/labels_exchange.h"

// ---- the clip

static void add_clip(struct fixture *f)
{
    struct meta_object first[] = {
        {.x = 10.5f, .y = 20, .width = 30, .height = 40, .score = 0.9f, .class_name = "car", .track = 0},
        {.x = 100, .y = 50, .width = 20, .height = 60, .score = 0.8f, .class_name = "person", .track = -1}};
    struct meta_object second[] = {
        {.x = 12.25f, .y = 21, .width = 30, .height = 40, .score = 0.75f, .class_name = "car", .track = 0},
        {.x = 300.123f, .y = 100, .width = 64, .height = 36, .score = 0.5f, .class_name = "dog", .track = 1}};
    const struct meta_frame frames[] = {
        {.index = 0, .pts_us = 0, .width = 640, .height = 360, .objects = first, .object_count = 2},
        {.index = 2, .pts_us = 400123, .width = 640, .height = 360, .objects = second, .object_count = 2}};
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    snprintf(video->id, sizeof(video->id), "%s", CLIP);
    snprintf(video->project, sizeof(video->project), "%s", PROJECT);
    snprintf(video->name, sizeof(video->name), "the \"clip\"");
    video->limit_us = -1;
    video->sampling = (struct sampling){.fps_num = 5, .fps_den = 1};
    // Later than the other videos.
    pass_seconds(f, 1);
    assert_ok(meta_store_create_video(f->meta, video, NULL, &failure), &failure);
    assert_ok(meta_store_put_objects(f->meta, CLIP, frames, 2, &failure), &failure);
    free(video);
}

int set_up_clip(void **state)
{
    struct exchange_fixture *f = mem_calloc(1, sizeof(*f));
    int failed = set_up((void **)&f->base);
    if (failed != 0)
        return failed;
    add_clip(f->base);
    f->blobs = blob_store_memory_new(&f->base->clock.clock);
    f->catalogue = catalogue_new(f->base->meta);
    assert_ok(dir_make_temporary(NULL, "exchange-", f->folder, &failure), &failure);
    *state = f;
    return 0;
}

int tear_down_clip(void **state)
{
    struct exchange_fixture *f = *state;
    catalogue_free(f->catalogue);
    blob_store_free(f->blobs);
    assert_ok(dir_remove_tree(f->folder, &failure), &failure);
    int failed = tear_down((void **)&f->base);
    free(f);
    return failed;
}

void label_the_clip(struct exchange_fixture *f)
{
    say_yes(f->base, "=Bob", object_of(CLIP, 0, 0));
    say_no(f->base, "=Bob", object_of(CLIP, 0, 1));
    say_no(f->base, "dog", object_of(CLIP, 2, 1));
}

void track_the_clip(struct exchange_fixture *f)
{
    const struct meta_track tracks[] = {{.n = 0, .class_name = "car", .last_frame = 2, .last_us = 400123, .objects = 2},
        {.n = 1, .class_name = "dog", .first_frame = 2, .last_frame = 2, .objects = 1}};
    assert_ok(meta_store_put_tracks(f->base->meta, CLIP, tracks, 2, 0, &failure), &failure);
}

void put_picture(struct exchange_fixture *f, int32_t frame, const char *bytes)
{
    char key[BLOB_KEY_SIZE];
    blob_key_frame(PROJECT, CLIP, frame, key);
    assert_ok(blob_store_put(f->blobs, key, bytes, strlen(bytes), &failure), &failure);
}

void fail_call(struct exchange_fixture *f, int64_t at)
{
    f->base->fault->at = at;
    // A service that knows nothing asks the store for everything.
    if (at > 0)
        restart(f->base);
    atomic_store(&f->base->fault->calls, 0);
}

int64_t calls(struct exchange_fixture *f)
{
    return atomic_load(&f->base->fault->calls);
}

// ---- exports

static enum err_code open_export(
    struct exchange_fixture *f, const char *video, const struct export_request *request, struct export **export)
{
    const struct export_config config = {.meta = f->base->meta,
        .blobs = f->blobs,
        .labels = f->base->labels,
        .catalogue = f->catalogue,
        .temp_dir = f->folder,
        .now_us = INT64_C(1700000000000000)};
    struct export_request wanted = *request;
    wanted.video = video;
    if (wanted.project == NULL)
        wanted.project = PROJECT;
    return export_new(&config, &wanted, export, &failure);
}

struct export *begin_export(struct exchange_fixture *f, const char *video, const struct export_request *request)
{
    struct export *export = NULL;
    assert_ok(open_export(f, video, request, &export), &failure);
    return export;
}

static enum err_code take_all(struct export *export, struct strbuf *out)
{
    bool done = false;
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && !done)
        code = export_next(export, NULL, out, &done, &failure);
    return code;
}

enum err_code try_export(
    struct exchange_fixture *f, const char *video, const struct export_request *request, char **text)
{
    struct export *export = NULL;
    struct strbuf out;
    strbuf_init(&out);
    enum err_code code = open_export(f, video, request, &export);
    if (code == ERR_NONE)
        code = take_all(export, &out);
    if (text != NULL)
        *text = mem_strdup(out.data);
    strbuf_release(&out);
    export_free(export);
    return code;
}

char *export_from(struct exchange_fixture *f, const char *video, const struct export_request *request)
{
    struct export *export = begin_export(f, video, request);
    struct strbuf out;
    strbuf_init(&out);
    assert_ok(take_all(export, &out), &failure);
    export_free(export);
    return strbuf_detach(&out, NULL);
}

char *export_text(struct exchange_fixture *f, const struct export_request *request)
{
    return export_from(f, CLIP, request);
}

struct strbuf export_bytes(struct exchange_fixture *f, const struct export_request *request)
{
    struct export *export = begin_export(f, CLIP, request);
    struct strbuf out;
    strbuf_init(&out);
    assert_ok(take_all(export, &out), &failure);
    assert_string_equal(export_type(export), "application/zip");
    export_free(export);
    return out;
}

// ---- archives

static struct zip_reader *open_archive(const struct strbuf *archive)
{
    static const struct zip_limits limits = {.member_bytes = UINT64_MAX, .total_bytes = UINT64_MAX};
    struct zip_reader *reader = NULL;
    assert_ok(zip_reader_new(archive->data, archive->size, &limits, &reader, &failure), &failure);
    return reader;
}

static const char *next_name(struct zip_reader *reader)
{
    const char *name = NULL;
    assert_ok(zip_next(reader, &name, &failure), &failure);
    return name;
}

void assert_members(const struct strbuf *archive, const char *wanted)
{
    struct zip_reader *reader = open_archive(archive);
    struct strbuf names;
    strbuf_init(&names);
    const char *name;
    while ((name = next_name(reader)) != NULL)
        strbuf_addf(&names, "%s\n", name);
    assert_string_equal(names.data, wanted);
    strbuf_release(&names);
    zip_reader_free(reader);
}

void assert_member(const struct strbuf *archive, const char *name, const char *wanted)
{
    struct zip_reader *reader = open_archive(archive);
    const char *bytes = NULL;
    size_t size = 0;
    const char *found;
    while ((found = next_name(reader)) != NULL && strcmp(found, name) != 0)
        ;
    if (found == NULL)
        fail_msg("there is no %s in the archive", name);
    assert_ok(zip_read(reader, &bytes, &size, &failure), &failure);
    assert_string_equal(bytes, wanted);
    assert_int_equal(size, strlen(wanted));
    zip_reader_free(reader);
}

// ---- imports

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum err_code try_import(struct exchange_fixture *f, const struct import_request *request, const void *bytes,
    size_t size, struct imported *imported)
{
    const struct import_config config = {.meta = f->base->meta, .labels = f->base->labels};
    struct import_request wanted = *request;
    if (wanted.project == NULL)
        wanted.project = PROJECT;
    if (wanted.min_iou < 0)
        wanted.min_iou = 0;
    else if (wanted.min_iou <= 0)
        wanted.min_iou = IMPORT_MIN_IOU_DEFAULT;
    wanted.editor.expected_version = -1;
    return import_run(&config, &wanted, bytes, size, NULL, imported, &failure);
}

static void add_states(
    struct exchange_fixture *f, const char *video, const struct meta_frame *frame, struct strbuf *out)
{
    struct label_object *asked = mem_calloc(frame->object_count, sizeof(*asked));
    char(*ids)[OBJECT_ID_SIZE] = mem_calloc(frame->object_count, sizeof(*ids));
    struct label_states set;
    for (size_t k = 0; k < frame->object_count; k++) {
        object_id_make(video, frame->index, (int32_t)k, ids[k]);
        asked[k] = (struct label_object){.object = ids[k], .track = frame->objects[k].track};
    }
    assert_ok(labels_states(f->base->labels, PROJECT, asked, frame->object_count, NULL, &set, &failure), &failure);
    for (size_t k = 0; k < frame->object_count; k++) {
        const struct label_state *state = &set.items[k];
        if (state->kind == LABEL_EXPLICIT)
            strbuf_addf(out, "%s is %s%s\n", ids[k], state->name, state->said ? ", said" : "");
        // They are in no order.
        if (state->negative_count > 1)
            qsort(set.negatives + state->negative_first, state->negative_count, sizeof(*set.negatives), compare_texts);
        for (size_t i = 0; i < state->negative_count; i++)
            strbuf_addf(out, "%s is not %s\n", ids[k], set.negatives[state->negative_first + i]);
    }
    label_states_release(&set);
    free(asked);
    free(ids);
}

char *labels_text(struct exchange_fixture *f)
{
    static const char *const videos[] = {VIDEO_A, VIDEO_B, CLIP};
    struct strbuf out;
    strbuf_init(&out);
    for (size_t v = 0; v < 3; v++) {
        const struct meta_frame_range range = {.to_us = -1, .after = -1, .limit = META_LIST_MAX};
        struct meta_frames frames = {0};
        assert_ok(meta_store_list_frames(f->base->meta, videos[v], &range, &frames, &failure), &failure);
        for (size_t i = 0; i < frames.count; i++)
            add_states(f, videos[v], &frames.items[i], &out);
        meta_frames_release(&frames);
    }
    return strbuf_detach(&out, NULL);
}

void assert_labels(struct exchange_fixture *f, const char *wanted)
{
    char *text = labels_text(f);
    assert_string_equal(text, wanted);
    free(text);
}

void forget_labels(struct exchange_fixture *f)
{
    struct label_list list;
    struct label_change change;
    assert_ok(labels_list(f->base->labels, PROJECT, &list, &failure), &failure);
    for (size_t i = 0; i < list.count; i++)
        assert_ok(labels_delete(f->base->labels, PROJECT, list.items[i].name, &anybody, &change, &failure), &failure);
    label_list_release(&list);
}
