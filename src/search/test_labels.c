#include "search/test_labels.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/test.h"
#include "meta_store/meta_store_memory.h"
#include "meta_store/meta_store_sqlite.h"
#include "meta_store_fault.h"
#include "vector_index/vector_index_flat.h"

const char *backend;
struct err failure;

struct labels *new_labels(struct fixture *f)
{
    return labels_new(
        &(struct labels_config){.meta = f->meta, .vectors = f->vectors, .clock = &f->clock.clock, .log = log_none()});
}

void restart(struct fixture *f)
{
    labels_free(f->labels);
    f->labels = new_labels(f);
}

void pass_seconds(struct fixture *f, int seconds)
{
    f->clock.now_us += seconds * INT64_C(1000000);
}

void add_video(struct fixture *f, const char *project, const char *id)
{
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    snprintf(video->id, sizeof(video->id), "%s", id);
    snprintf(video->project, sizeof(video->project), "%s", project);
    video->limit_us = -1;
    video->sampling = (struct sampling){.fps_num = 5, .fps_den = 1};
    assert_ok(meta_store_create_video(f->meta, video, NULL, &failure), &failure);
    free(video);
}

struct meta_object thing_on(size_t k, int64_t track)
{
    return (struct meta_object){
        .x = (float)k * 100, .width = 50, .height = 50, .score = 0.9f, .class_name = "car", .track = track};
}

void put_frame(struct fixture *f, const char *video, int32_t index, struct meta_object *objects, size_t count)
{
    const struct meta_frame frame = {.index = index,
        .pts_us = index * INT64_C(200000),
        .width = 640,
        .height = 360,
        .objects = objects,
        .object_count = count};
    assert_ok(meta_store_put_objects(f->meta, video, &frame, 1, &failure), &failure);
}

void add_frame(struct fixture *f, const char *video, int32_t index, size_t count, int64_t track)
{
    struct meta_object *objects = mem_calloc(count, sizeof(*objects));
    for (size_t k = 0; k < count; k++)
        objects[k] = thing_on(k, track >= 0 ? track + (int64_t)k : -1);
    put_frame(f, video, index, objects, count);
    free(objects);
}

// Thing k points along axis k, a little differently in every frame.
void add_vectors(struct fixture *f, const char *project, const char *video)
{
    float vectors[FRAMES * THINGS][DIMENSION] = {0};
    struct vector_item items[FRAMES * THINGS] = {0};
    for (int i = 0; i < FRAMES * THINGS; i++) {
        int frame = i / THINGS;
        int k = i % THINGS;
        vectors[i][k] = 1;
        vectors[i][THINGS + frame] = 0.12f;
        items[i] = (struct vector_item){.class_name = "car", .track = -1, .vector = vectors[i]};
        object_id_make(video, frame, k, items[i].object);
    }
    assert_ok(vector_index_upsert(f->vectors, project, "model", DIMENSION, items, FRAMES * THINGS, &failure), &failure);
}

void ingest(struct fixture *f, const char *project, const char *video)
{
    add_video(f, project, video);
    for (int32_t i = 0; i < FRAMES; i++)
        add_frame(f, video, i, THINGS, -1);
    add_vectors(f, project, video);
}

int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    clock_manual_init(&f->clock, INT64_C(1000000000));
    struct meta_store *inner = NULL;
    f->fault = mem_calloc(1, sizeof(*f->fault));
    if (strcmp(backend, "sqlite") == 0) {
        assert_ok(dir_make_temporary(NULL, "labels-", f->folder, &failure), &failure);
        char *path = mem_sprintf("%s/meta.db", f->folder);
        assert_ok(meta_store_sqlite_open(path, &f->clock.clock, &inner, &failure), &failure);
        free(path);
    } else {
        inner = meta_store_memory_new(&f->clock.clock);
    }
    f->meta = meta_store_fault_new(inner, f->fault);
    f->vectors = vector_index_flat_new();
    f->labels = new_labels(f);
    ingest(f, PROJECT, VIDEO_A);
    ingest(f, PROJECT, VIDEO_B);
    ingest(f, "other", ELSEWHERE);
    *state = f;
    return 0;
}

int tear_down(void **state)
{
    struct fixture *f = *state;
    labels_free(f->labels);
    vector_index_free(f->vectors);
    meta_store_free(f->meta);
    if (f->folder[0] != '\0')
        assert_ok(dir_remove_tree(f->folder, &failure), &failure);
    free(f->fault);
    free(f);
    return 0;
}

// ---- saying and asking

const struct label_editor anybody = {.expected_version = -1};

const char *object_of(const char *video, int frame, int k)
{
    static char ids[8][OBJECT_ID_SIZE];
    static int next;
    char *id = ids[next++ % 8];
    object_id_make(video, frame, k, id);
    return id;
}

enum err_code try_say(struct fixture *f, const char *label, const char *yes, const char *no)
{
    struct label_change change;
    const struct label_examples examples = {
        .positive = &yes, .positive_count = yes != NULL, .negative = &no, .negative_count = no != NULL};
    return labels_examples(f->labels, PROJECT, label, &examples, &anybody, &change, &failure);
}

void say_yes(struct fixture *f, const char *label, const char *object)
{
    assert_ok(try_say(f, label, object, NULL), &failure);
}

void say_no(struct fixture *f, const char *label, const char *object)
{
    assert_ok(try_say(f, label, NULL, object), &failure);
}

void undo(struct fixture *f)
{
    struct label_change change;
    assert_ok(labels_undo(f->labels, PROJECT, &anybody, &change, &failure), &failure);
}

// What an object is shown as: "red", "red?" or "-".
const char *shown_on(struct fixture *f, const char *object, int64_t track)
{
    static char text[LABEL_NAME_SIZE + 2];
    struct object_labels set;
    const struct label_object asked = {.object = object, .track = track};
    assert_ok(labels_of_objects(f->labels, PROJECT, &asked, 1, &set, &failure), &failure);
    const struct object_label *item = &set.items[0];
    snprintf(text, sizeof(text), "%s%s", item->kind == LABEL_NONE ? "-" : item->name,
        item->kind == LABEL_PROBABLE ? "?" : "");
    assert_true(item->score >= 0 && item->score <= 1);
    object_labels_release(&set);
    return text;
}

const char *shown(struct fixture *f, const char *object)
{
    return shown_on(f, object, -1);
}

// "name positives/negatives/probable" of each label.
const char *listed(struct fixture *f)
{
    static char text[2048];
    struct label_list list;
    size_t used = 0;
    assert_ok(labels_list(f->labels, PROJECT, &list, &failure), &failure);
    text[0] = '\0';
    for (size_t i = 0; i < list.count; i++)
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %d/%d/%d", i > 0 ? ", " : "", list.items[i].name,
                (int)list.items[i].positives, (int)list.items[i].negatives, (int)list.items[i].probable);
    label_list_release(&list);
    return text;
}

size_t count_found(
    struct fixture *f, const char *label, enum label_listing listing, const char *video, const char *without)
{
    struct labelled_objects hits;
    assert_ok(labels_objects(f->labels, PROJECT, label, listing, video, 0, LABELS_LIST_MAX, &hits, &failure), &failure);
    for (size_t i = 0; i < hits.count && without != NULL; i++)
        assert_string_not_equal(hits.items[i].object, without);
    size_t count = hits.count;
    labelled_objects_release(&hits);
    return count;
}

static size_t count_hits(struct fixture *f, const struct vector_filter *filter)
{
    float any[DIMENSION] = {1, 1, 1};
    struct vector_hit *hits;
    size_t count;
    const struct vector_query query = {.project = PROJECT,
        .vector = any,
        .dimension = DIMENSION,
        .limit = VECTOR_QUERY_LIMIT_MAX,
        .min_score = -1,
        .filter = *filter};
    assert_ok(vector_index_query(f->vectors, &query, &hits, &count, &failure), &failure);
    free(hits);
    return count;
}

size_t count_indexed(struct fixture *f, const char *label)
{
    return count_hits(f, &(struct vector_filter){.labels = &label, .label_count = 1});
}

size_t count_searched(struct fixture *f, const char *label)
{
    struct label_filter filter;
    assert_ok(labels_filter(f->labels, PROJECT, &label, 1, &filter, &failure), &failure);
    label_filter_release(&filter);
    return count_indexed(f, label);
}

size_t count_indexed_negatives(struct fixture *f, const char *label)
{
    return count_hits(f, &(struct vector_filter){0}) -
        count_hits(f, &(struct vector_filter){.refused = &label, .refused_count = 1});
}

size_t count_negatives(struct fixture *f, const char *label)
{
    (void)count_searched(f, label);
    return count_indexed_negatives(f, label);
}

void assert_says(const char *words)
{
    if (strstr(failure.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", failure.message, words);
}
