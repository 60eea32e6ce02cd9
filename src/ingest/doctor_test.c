#include <string.h>

#include "blob_store/blob_store.h"
#include "ingest/doctor.h"
#include "ingest/settle.h"
#include "ingest/test_pipeline.h"
#include "ingest/track_corrections.h"
#include "meta_store/meta_store.h"
#include "os/file.h"
#include "os/held_dir.h"
#include "queue/queue.h"
#include "vector_index/vector_index.h"

struct patient {
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    char *healthy;
};

static void admit(struct patient *patient)
{
    (void)pipeline_street();
    pipeline_open(&patient->p);
    pipeline_start(&patient->p, RUN_ALL);
    pipeline_submit(&patient->p, pipeline_street(), 1, 6, "1", patient->id);
    assert_string_equal(video_state_name(pipeline_wait(&patient->p, patient->id)), "done");
    patient->healthy = pipeline_describe(&patient->p, patient->id);
}

static void discharge(struct patient *patient)
{
    free(patient->healthy);
    pipeline_close(&patient->p);
}

static struct doctor_report see_doctor(struct patient *patient, bool repair)
{
    struct doctor_report report;
    struct err err = ERR_INIT;
    const struct doctor_options options = {.repair = repair, .least_age_us = -1};
    assert_ok(doctor_run(&patient->p.ingest, &options, NULL, &report, &err), &err);
    return report;
}

// Finds `count` of `kind` and nothing else, mends them, and leaves what was there before.
static void expect_cured(struct patient *patient, enum finding_kind kind, int64_t count)
{
    struct doctor_report report = see_doctor(patient, false);
    assert_int_equal(report.findings[kind], count);
    assert_int_equal(report.found, count);
    assert_int_equal(report.mended, 0);
    // Nothing else may run while things of any age are looked at: files just being made would be taken for left behind.
    pipeline_stop(&patient->p);
    report = see_doctor(patient, true);
    assert_int_equal(report.findings[kind], count);
    assert_int_equal(report.found, count);
    assert_int_equal(report.mended, count);
    pipeline_start(&patient->p, RUN_ALL);
    pipeline_wait_queues(&patient->p);
    report = see_doctor(patient, false);
    assert_int_equal(report.found, 0);
    char *now = pipeline_describe(&patient->p, patient->id);
    assert_string_equal(now, patient->healthy);
    free(now);
}

static void a_healthy_store_has_no_findings(void **state)
{
    (void)state;
    struct patient patient;
    admit(&patient);
    struct doctor_report report = see_doctor(&patient, true);
    assert_int_equal(report.found, 0);
    assert_int_equal(report.videos, 1);
    assert_int_equal(report.frames, 6);
    assert_int_equal(report.objects, pipeline_video(&patient.p, patient.id).objects);
    discharge(&patient);
}

// The id of the first object there is.
static bool first_object(void *context, const char *object)
{
    snprintf(context, OBJECT_ID_SIZE, "%s", object);
    return false;
}

static void find_object(struct patient *patient, char id[OBJECT_ID_SIZE], char key[BLOB_KEY_SIZE])
{
    struct err err = ERR_INIT;
    assert_ok(vector_index_list(patient->p.ingest.vectors, "demo", patient->id, first_object, id, &err), &err);
    blob_key_object("demo", id, key);
}

static void a_crop_that_is_missing_is_made_again(void **state)
{
    (void)state;
    struct patient patient;
    char id[OBJECT_ID_SIZE], key[BLOB_KEY_SIZE];
    struct err err = ERR_INIT;
    admit(&patient);
    find_object(&patient, id, key);
    assert_ok(blob_store_remove(patient.p.ingest.blobs, key, &err), &err);
    expect_cured(&patient, FINDING_OBJECT_WITHOUT_CROP, 1);
    discharge(&patient);
}

static void a_vector_that_is_missing_is_made_again(void **state)
{
    (void)state;
    struct patient patient;
    char id[OBJECT_ID_SIZE], key[BLOB_KEY_SIZE];
    const char *object = id;
    struct err err = ERR_INIT;
    admit(&patient);
    find_object(&patient, id, key);
    assert_ok(vector_index_remove(patient.p.ingest.vectors, "demo", &object, 1, &err), &err);
    expect_cured(&patient, FINDING_OBJECT_WITHOUT_VECTOR, 1);
    discharge(&patient);
}

static void a_picture_that_is_missing_is_decoded_again(void **state)
{
    (void)state;
    struct patient patient;
    char key[BLOB_KEY_SIZE];
    struct err err = ERR_INIT;
    admit(&patient);
    blob_key_frame("demo", patient.id, 3, key);
    assert_ok(blob_store_remove(patient.p.ingest.blobs, key, &err), &err);
    expect_cured(&patient, FINDING_FRAME_WITHOUT_BLOB, 1);
    // Also when the segments are gone.
    assert_ok(blob_store_remove(patient.p.ingest.blobs, key, &err), &err);
    char prefix[BLOB_KEY_SIZE];
    snprintf(prefix, sizeof(prefix), "demo/%s/segments/", patient.id);
    assert_ok(blob_store_remove_prefix(patient.p.ingest.blobs, prefix, NULL, &err), &err);
    expect_cured(&patient, FINDING_FRAME_WITHOUT_BLOB, 1);
    discharge(&patient);
}

static void what_belongs_to_nothing_is_removed(void **state)
{
    (void)state;
    struct patient patient;
    struct err err = ERR_INIT;
    char id[OBJECT_ID_SIZE], key[BLOB_KEY_SIZE];
    float vector[VECTOR_DIMENSION_MAX] = {1};
    struct vector_stats stats;
    admit(&patient);
    object_id_make(patient.id, 5, 900, id);
    blob_key_object("demo", id, key);
    assert_ok(blob_store_put(patient.p.ingest.blobs, key, "x", 1, &err), &err);
    expect_cured(&patient, FINDING_CROP_WITHOUT_OBJECT, 1);

    assert_ok(vector_index_stats(patient.p.ingest.vectors, "demo", NULL, &stats, &err), &err);
    struct vector_item item = {.track = -1, .vector = vector};
    memcpy(item.object, id, sizeof(id));
    assert_ok(
        vector_index_upsert(patient.p.ingest.vectors, "demo", stats.model, stats.dimension, &item, 1, &err), &err);
    expect_cured(&patient, FINDING_VECTOR_WITHOUT_OBJECT, 1);

    blob_key_frame("demo", patient.id, 77, key);
    assert_ok(blob_store_put(patient.p.ingest.blobs, key, "x", 1, &err), &err);
    expect_cured(&patient, FINDING_BLOB_WITHOUT_FRAME, 1);

    blob_key_frame("demo", "00000000000000aa", 1, key);
    assert_ok(blob_store_put(patient.p.ingest.blobs, key, "x", 1, &err), &err);
    expect_cured(&patient, FINDING_BLOB_WITHOUT_VIDEO, 1);

    char left[FILE_PATH_MAX + 64];
    snprintf(left, sizeof(left), "%s/split-left", patient.p.dir);
    assert_ok(dir_make(left, &err), &err);
    expect_cured(&patient, FINDING_TEMPORARY_FILE, 1);

    // What a process was killed at: what nobody holds, and not what another process holds.
    struct held_dir *held = NULL;
    static const char *const prefixes[] = {INGEST_UPLOADS_PREFIX, INGEST_CUT_PREFIX, INGEST_COPY_PREFIX};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        assert_ok(held_dir_make(patient.p.dir, prefixes[i], &held, &err), &err);
        snprintf(left, sizeof(left), "%s/upload-abcdef", held_dir_path(held));
        assert_ok(file_write(left, "x", 1, FILE_SYNC_NONE, &err), &err);
        snprintf(left, sizeof(left), "%s/%sabcdef/upload-abcdef", patient.p.dir, prefixes[i]);
        assert_ok(dir_make_parent(left, &err), &err);
        assert_ok(file_write(left, "x", 1, FILE_SYNC_NONE, &err), &err);
        expect_cured(&patient, FINDING_TEMPORARY_FILE, 1);
        assert_false(file_exists(left));
        assert_true(file_exists(held_dir_path(held)));
        held_dir_free(held);
    }
    snprintf(left, sizeof(left), "%s/upload-abcdef", patient.p.dir);
    assert_ok(file_write(left, "x", 1, FILE_SYNC_NONE, &err), &err);
    expect_cured(&patient, FINDING_TEMPORARY_FILE, 1);
    discharge(&patient);
}

static void a_video_that_nobody_works_on_is_resumed(void **state)
{
    (void)state;
    struct patient patient;
    struct err err = ERR_INIT;
    admit(&patient);
    assert_ok(
        meta_store_set_video_state(patient.p.ingest.meta, patient.id, 1u << VIDEO_DONE, VIDEO_RUNNING, &err), &err);
    expect_cured(&patient, FINDING_STUCK_VIDEO, 1);
    assert_string_equal(video_state_name(pipeline_video(&patient.p, patient.id).state), "done");
    discharge(&patient);
}

static void tracks_that_cannot_be_corrected_are_made_again(void **state)
{
    (void)state;
    struct patient patient;
    struct err err = ERR_INIT;
    char key[BLOB_KEY_SIZE];
    admit(&patient);
    blob_key_tracks("demo", patient.id, key);
    assert_ok(blob_store_remove(patient.p.ingest.blobs, key, &err), &err);
    expect_cured(&patient, FINDING_TRACKS_BEHIND, 1);
    assert_ok(blob_store_put(patient.p.ingest.blobs, key, "FHTRACKS\1 no more than this", 27, &err), &err);
    expect_cured(&patient, FINDING_TRACKS_BEHIND, 1);
    discharge(&patient);
}

static void tracks_that_nobody_asks_for_any_more_are_asked_for(void **state)
{
    (void)state;
    struct patient patient;
    struct queue_message *taken[1] = {0};
    size_t count = 0;
    struct err err = ERR_INIT;
    admit(&patient);
    pipeline_stop(&patient.p);
    // As if it had ended once more, with a queue that was lost before its tracker had its turn.
    assert_ok(
        meta_store_set_video_state(patient.p.ingest.meta, patient.id, 1u << VIDEO_DONE, VIDEO_RUNNING, &err), &err);
    assert_ok(settle_video(&patient.p.ingest, patient.id, &err), &err);
    struct meta_video video = pipeline_video(&patient.p, patient.id);
    assert_true(tracking_is_due(&video));
    // As long as the message is there, it will be done.
    assert_int_equal(see_doctor(&patient, true).found, 0);
    assert_ok(queue_receive(patient.p.ingest.queue, TOPIC_DETECTIONS, "test", 1, 0, NULL, taken, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_int_equal(see_doctor(&patient, true).found, 0);
    assert_ok(queue_ack(patient.p.ingest.queue, taken, 1, &err), &err);
    queue_message_free(taken[0]);
    expect_cured(&patient, FINDING_TRACKS_BEHIND, 1);
    video = pipeline_video(&patient.p, patient.id);
    assert_false(tracking_is_due(&video));
    discharge(&patient);
}

static void tracks_that_do_not_follow_their_corrections_are_made_again(void **state)
{
    (void)state;
    struct patient patient;
    struct err err = ERR_INIT;
    char journal[META_JOURNAL_NAME_MAX + 1];
    static const char undone[] = "{\"format\":1,\"kind\":\"undo\",\"step\":1}";
    admit(&patient);
    struct meta_track *tracks = NULL;
    size_t count = 0;
    assert_ok(
        meta_store_list_tracks(patient.p.ingest.meta, patient.id, -1, META_LIST_MAX, &tracks, &count, &err), &err);
    size_t longest = 0;
    for (size_t i = 0; i < count; i++)
        longest = tracks[i].objects > tracks[longest].objects ? i : longest;
    const struct correction_request split = {
        .kind = TRACK_STEP_SPLIT, .track = tracks[longest].n, .at_us = tracks[longest].last_us, .expected_version = -1};
    struct correction correction;
    assert_ok(corrections_change(&patient.p.ingest, patient.id, &split, NULL, &correction, &err), &err);
    correction_release(&correction);
    free(tracks);
    // The journal alone, as when the process ended there; healthy is what was before the split.
    snprintf(journal, sizeof(journal), "tracks-%s", patient.id);
    assert_ok(
        meta_store_append_journal(patient.p.ingest.meta, "demo", journal, 1, undone, sizeof(undone) - 1, NULL, &err),
        &err);
    expect_cured(&patient, FINDING_TRACKS_BEHIND, 1);
    discharge(&patient);
}

static void young_things_are_left_alone(void **state)
{
    (void)state;
    struct patient patient;
    struct doctor_report report;
    struct err err = ERR_INIT;
    char key[BLOB_KEY_SIZE];
    const struct doctor_options options = {.repair = true};
    admit(&patient);
    blob_key_frame("demo", "00000000000000aa", 1, key);
    assert_ok(blob_store_put(patient.p.ingest.blobs, key, "x", 1, &err), &err);
    blob_key_frame("demo", patient.id, 77, key);
    assert_ok(blob_store_put(patient.p.ingest.blobs, key, "x", 1, &err), &err);
    assert_ok(doctor_run(&patient.p.ingest, &options, NULL, &report, &err), &err);
    assert_int_equal(report.found, 0);
    discharge(&patient);
}

static void expect_newer(struct patient *patient)
{
    struct doctor_report report = see_doctor(patient, true);
    assert_int_equal(report.findings[FINDING_TRACKS_NEWER], 1);
    assert_int_equal(report.found, 1);
    assert_int_equal(report.mended, 0);
}

static size_t messages_for_the_tracker(struct patient *patient)
{
    struct queue_stats stats = {0};
    struct err err = ERR_INIT;
    assert_ok(queue_stats(patient->p.ingest.queue, TOPIC_DETECTIONS, &stats, &err), &err);
    return (size_t)(stats.ready + stats.leased);
}

// A newer program's are more than this one can make: nobody is asked to make them anew, whatever else is wrong.
static void tracks_of_a_newer_program_stop_no_doctor_and_stay(void **state)
{
    (void)state;
    struct patient patient;
    struct err err = ERR_INIT;
    char key[BLOB_KEY_SIZE];
    char journal[META_JOURNAL_NAME_MAX + 1];
    static const char newer[] = "{\"format\":99,\"kind\":\"undo\",\"step\":1}";
    void *sheet = NULL;
    size_t size = 0;
    admit(&patient);
    pipeline_stop(&patient.p);
    blob_key_tracks("demo", patient.id, key);
    assert_ok(blob_store_get(patient.p.ingest.blobs, key, 1 << 20, &sheet, &size, &err), &err);
    unsigned char format = ((unsigned char *)sheet)[8];
    ((unsigned char *)sheet)[8] = 99;
    assert_ok(blob_store_put(patient.p.ingest.blobs, key, sheet, size, &err), &err);
    expect_newer(&patient);
    // Its corrections too.
    snprintf(journal, sizeof(journal), "tracks-%s", patient.id);
    assert_ok(
        meta_store_append_journal(patient.p.ingest.meta, "demo", journal, 0, newer, sizeof(newer) - 1, NULL, &err),
        &err);
    expect_newer(&patient);
    ((unsigned char *)sheet)[8] = format;
    assert_ok(blob_store_put(patient.p.ingest.blobs, key, sheet, size, &err), &err);
    expect_newer(&patient);
    free(sheet);
    assert_int_equal(messages_for_the_tracker(&patient), 0);
    discharge(&patient);
}

static struct pipeline_ops own, ops;

static enum err_code find_damaged(struct meta_store *store, meta_wrong_visit *visit, void *context, struct err *err)
{
    (void)store, (void)err;
    visit(context, "a row that is damaged");
    return ERR_NONE;
}

static void files_that_may_be_of_a_damaged_row_stay(void **state)
{
    (void)state;
    struct patient patient;
    struct err err = ERR_INIT;
    char key[BLOB_KEY_SIZE];
    struct blob_info info;
    admit(&patient);
    blob_key_frame("demo", "00000000000000aa", 1, key);
    assert_ok(blob_store_put(patient.p.ingest.blobs, key, "x", 1, &err), &err);
    pipeline_intercept(&patient.p, &own, &ops);
    ops.meta.find_wrong = find_damaged;
    struct doctor_report report = see_doctor(&patient, true);
    assert_int_equal(report.findings[FINDING_WRONG_ROW], 1);
    assert_int_equal(report.findings[FINDING_BLOB_WITHOUT_VIDEO], 1);
    assert_int_equal(report.mended, 0);
    assert_ok(blob_store_stat(patient.p.ingest.blobs, key, &info, &err), &err);
    discharge(&patient);
}

static enum err_code illness;

static enum err_code list_unreadable(struct meta_store *store, const char *video, const struct meta_frame_range *range,
    struct meta_frames *frames, struct err *err)
{
    (void)store, (void)video, (void)range, (void)frames;
    return err_set(err, illness, "unreadable by the test");
}

static void only_what_is_damaged_of_a_video_is_a_finding_of_it(void **state)
{
    (void)state;
    struct patient patient;
    struct doctor_report report;
    struct err err = ERR_INIT;
    const struct doctor_options options = {.least_age_us = -1};
    admit(&patient);
    pipeline_stop(&patient.p);
    pipeline_intercept(&patient.p, &own, &ops);
    ops.meta.list_frames = list_unreadable;
    illness = ERR_CORRUPT;
    report = see_doctor(&patient, false);
    assert_int_equal(report.findings[FINDING_WRONG_ROW], 1);
    assert_int_equal(report.found, 1);
    illness = ERR_INVALID;
    assert_code(doctor_run(&patient.p.ingest, &options, NULL, &report, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "unreadable by the test"));
    assert_int_equal(report.found, 0);
    discharge(&patient);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_store_has_no_findings),
        cmocka_unit_test(a_crop_that_is_missing_is_made_again),
        cmocka_unit_test(a_vector_that_is_missing_is_made_again),
        cmocka_unit_test(a_picture_that_is_missing_is_decoded_again),
        cmocka_unit_test(what_belongs_to_nothing_is_removed),
        cmocka_unit_test(a_video_that_nobody_works_on_is_resumed),
        cmocka_unit_test(tracks_that_cannot_be_corrected_are_made_again),
        cmocka_unit_test(tracks_that_nobody_asks_for_any_more_are_asked_for),
        cmocka_unit_test(tracks_that_do_not_follow_their_corrections_are_made_again),
        cmocka_unit_test(tracks_of_a_newer_program_stop_no_doctor_and_stay),
        cmocka_unit_test(files_that_may_be_of_a_damaged_row_stay),
        cmocka_unit_test(only_what_is_damaged_of_a_video_is_a_finding_of_it),
        cmocka_unit_test(young_things_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, pipeline_models_close);
}
