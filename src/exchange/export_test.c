// Exports with known answers, over real stores. Run as: exchange_export_test BACKEND
#include "exchange/export.h"

#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "base/test.h"
#include "exchange/test_exchange.h"
#include "exchange/zip.h"
#include "meta_store/meta_store_backend.h"

static void a_table_has_a_line_for_each_label_of_an_object_and_each_that_it_is_not(void **state)
{
    struct exchange_fixture *f = *state;
    label_the_clip(f);
    char *text = export_text(f, &(struct export_request){.format = EXCHANGE_CSV});
    assert_string_equal(text,
        "video,frame,pts_us,frame_width,frame_height,object,track,class,score,x,y,width,height,label,kind,label_"
        "score\r\n" CLIP ",0,0,640,360," CLIP "-00000000-000," CLIP "-t0,car,0.9,10.5,20,30,40,'=Bob,explicit,\r\n" CLIP
        ",0,0,640,360," CLIP "-00000000-001,,person,0.8,100,50,20,60,'=Bob,negative,\r\n" CLIP ",2,400123,640,360," CLIP
        "-00000002-000," CLIP "-t0,car,0.75,12.25,21,30,40,'=Bob,track,\r\n" CLIP ",2,400123,640,360," CLIP
        "-00000002-001," CLIP "-t1,dog,0.5,300.123,100,64,36,dog,negative,\r\n");
    free(text);
}

static void a_table_of_all_has_the_others_by_their_class_but_not_what_was_refused(void **state)
{
    struct exchange_fixture *f = *state;
    label_the_clip(f);
    char *text = export_text(f, &(struct export_request){.format = EXCHANGE_CSV, .kind = EXPORT_ALL});
    assert_non_null(strstr(text, "-001,,person,0.8,100,50,20,60,,,\r\n"));
    assert_null(strstr(text, "dog,0.5,300.123,100,64,36,,,\r\n"));
    assert_non_null(strstr(text, "dog,0.5,300.123,100,64,36,dog,negative,\r\n"));
    free(text);
    text = export_text(f, &(struct export_request){.format = EXCHANGE_CSV, .kind = EXPORT_ALL, .tracks = true});
    assert_null(strstr(text, ",,person,0.8,100,50,20,60,,,\r\n"));
    free(text);
}

static void one_label_is_exported_without_the_others(void **state)
{
    struct exchange_fixture *f = *state;
    label_the_clip(f);
    char *text = export_text(f, &(struct export_request){.format = EXCHANGE_CSV, .label = "DOG"});
    assert_null(strstr(text, "Bob"));
    assert_non_null(strstr(text, ",dog,negative,\r\n"));
    free(text);
    text = export_text(f, &(struct export_request){.format = EXCHANGE_COCO, .label = "=bob"});
    json_t *coco = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_array_size(json_object_get(coco, "categories")), 1);
    assert_int_equal(json_array_size(json_object_get(coco, "annotations")), 2);
    assert_int_equal(json_array_size(json_object_get(coco, "negatives")), 1);
    json_decref(coco);
    free(text);
}

static void a_coco_document_has_images_annotations_and_what_objects_are_not(void **state)
{
    struct exchange_fixture *f = *state;
    label_the_clip(f);
    char *text = export_text(f, &(struct export_request){.format = EXCHANGE_COCO});
    assert_string_equal(text,
        "{\"info\":{\"description\":\"Framehound, project demo\",\"version\":\"1\",\"date_created\":"
        "\"2023-11-14T22:13:20.000Z\",\"framehound\":\"" FRAMEHOUND_VERSION "\"},\"licenses\":[],\"annotations\":[\n"
        "{\"id\":1,\"image_id\":1,\"category_id\":1,\"bbox\":[10.5,20,30,40],\"area\":1200,\"segmentation\":[],"
        "\"iscrowd\":0,\"attributes\":{\"object_id\":\"" CLIP "-00000000-000\",\"kind\":\"explicit\",\"class\":\"car\","
        "\"score\":0.9,\"track_id\":\"" CLIP "-t0\"}},\n"
        "{\"id\":2,\"image_id\":3,\"category_id\":1,\"bbox\":[12.25,21,30,40],\"area\":1200,\"segmentation\":[],"
        "\"iscrowd\":0,\"attributes\":{\"object_id\":\"" CLIP "-00000002-000\",\"kind\":\"track\",\"class\":\"car\","
        "\"score\":0.75,\"track_id\":\"" CLIP "-t0\"}}],\"images\":[\n"
        "{\"id\":1,\"file_name\":\"" CLIP "-00000000.jpg\",\"width\":640,\"height\":360,\"video\":\"" CLIP "\","
        "\"frame_index\":0,\"pts_us\":0},\n"
        "{\"id\":3,\"file_name\":\"" CLIP "-00000002.jpg\",\"width\":640,\"height\":360,\"video\":\"" CLIP "\","
        "\"frame_index\":2,\"pts_us\":400123}],\"negatives\":[\n"
        "{\"image_id\":1,\"object_id\":\"" CLIP "-00000000-001\",\"bbox\":[100,50,20,60],\"label\":\"=Bob\"},\n"
        "{\"image_id\":3,\"object_id\":\"" CLIP "-00000002-001\",\"bbox\":[300.123,100,64,36],\"label\":\"dog\"}],"
        "\"videos\":[{\"id\":\"" CLIP "\",\"name\":\"the \\\"clip\\\"\",\"width\":0,\"height\":0,\"duration_us\":0}],"
        "\"categories\":[{\"id\":1,\"name\":\"=Bob\",\"supercategory\":\"\"},"
        "{\"id\":2,\"name\":\"dog\",\"supercategory\":\"\"}]}\n");
    free(text);
}

static void images_have_ids_that_other_videos_do_not_change(void **state)
{
    struct exchange_fixture *f = *state;
    label_the_clip(f);
    say_yes(f->base, "red", object_of(VIDEO_B, 3, 0));
    struct export_request request = {.format = EXCHANGE_COCO};
    char *text = export_from(f, NULL, &request);
    json_t *coco = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const json_t *images = json_object_get(coco, "images");
    assert_int_equal(json_array_size(images), 3);
    // VIDEO_A is the oldest, VIDEO_B the second, the clip the third.
    assert_int_equal(json_integer_value(json_object_get(json_array_get(images, 0), "id")), 100000000 + 3 + 1);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(images, 1), "id")), 200000000 + 1);
    json_decref(coco);
    free(text);
}

static void a_yolo_archive_has_a_text_a_frame_in_shares_of_its_size(void **state)
{
    struct exchange_fixture *f = *state;
    label_the_clip(f);
    struct strbuf archive = export_bytes(f, &(struct export_request){.format = EXCHANGE_YOLO, .kind = EXPORT_ALL});
    assert_members(&archive,
        "labels/train/" CLIP "-00000000.txt\nlabels/train/" CLIP
        "-00000002.txt\nclasses.txt\ndata.yaml\ncategories.csv\nframes.csv\n");
    assert_member(&archive, "labels/train/" CLIP "-00000000.txt",
        "0 0.03984375 0.11111111 0.04687500 0.11111111\n3 0.17187500 0.22222222 0.03125000 0.16666667\n");
    assert_member(&archive, "classes.txt", "=Bob\ndog\ncar\nperson\n");
    assert_member(&archive, "data.yaml",
        "train: images/train\nval: images/train\nnc: 4\nnames:\n  0: \"=Bob\"\n  1: \"dog\"\n  2: \"car\"\n  3: "
        "\"person\"\n");
    assert_member(&archive, "categories.csv",
        "number,name,kind\r\n0,'=Bob,label\r\n1,dog,label\r\n2,car,class\r\n3,person,class\r\n");
    assert_member(&archive, "frames.csv",
        "file,video,frame,pts_us,width,height,image\r\n"
        "labels/train/" CLIP "-00000000.txt," CLIP ",0,0,640,360,\r\n"
        "labels/train/" CLIP "-00000002.txt," CLIP ",2,400123,640,360,\r\n");
    strbuf_release(&archive);
}

static void frames_without_a_label_come_when_they_are_asked_for(void **state)
{
    struct exchange_fixture *f = *state;
    label_the_clip(f);
    struct strbuf archive = export_bytes(f, &(struct export_request){.format = EXCHANGE_YOLO, .label = "dog"});
    assert_members(&archive, "classes.txt\ndata.yaml\ncategories.csv\nframes.csv\n");
    assert_member(&archive, "data.yaml", "train: images/train\nval: images/train\nnc: 1\nnames:\n  0: \"dog\"\n");
    strbuf_release(&archive);
    archive = export_bytes(f, &(struct export_request){.format = EXCHANGE_YOLO, .label = "dog", .all_frames = true});
    assert_member(&archive, "labels/train/" CLIP "-00000002.txt", "");
    strbuf_release(&archive);
}

static void a_mot_archive_has_the_tracks_of_a_video_with_frames_counted_from_one(void **state)
{
    struct exchange_fixture *f = *state;
    label_the_clip(f);
    track_the_clip(f);
    struct strbuf archive = export_bytes(f, &(struct export_request){.format = EXCHANGE_MOT, .kind = EXPORT_ALL});
    assert_members(&archive,
        CLIP "/seqinfo.ini\n" CLIP "/gt/labels.txt\n" CLIP "/categories.csv\n" CLIP "/gt/gt.txt\n" CLIP
             "/frames.csv\n");
    assert_member(&archive, CLIP "/seqinfo.ini",
        "[Sequence]\nname=" CLIP "\nimDir=img1\nframeRate=5\nseqLength=2\nimWidth=640\nimHeight=360\nimExt=.jpg\n");
    assert_member(&archive, CLIP "/gt/labels.txt", "=Bob\ndog\ncar\nperson\n");
    // Whose class was refused does not count, as the format has it for what is not to be followed.
    assert_member(&archive, CLIP "/gt/gt.txt",
        "1,1,10.50,20.00,30.00,40.00,1,1,1\n"
        "2,1,12.25,21.00,30.00,40.00,1,1,1\n"
        "2,2,300.12,100.00,64.00,36.00,0,2,1\n");
    assert_member(&archive, CLIP "/frames.csv",
        "number,frame,pts_us,width,height,image\r\n1,0,0,640,360,\r\n2,2,400123,640,360,\r\n");
    strbuf_release(&archive);
}

static void pictures_come_along_where_they_were_kept(void **state)
{
    struct exchange_fixture *f = *state;
    label_the_clip(f);
    struct export_request request = {.format = EXCHANGE_COCO, .images = true};
    assert_code(try_export(f, CLIP, &request, NULL), ERR_NOT_FOUND);
    assert_string_equal(failure.field, "images");
    put_picture(f, 0, "first");
    struct strbuf archive = export_bytes(f, &request);
    assert_members(&archive, "images/default/" CLIP "-00000000.jpg\nannotations/instances_default.json\n");
    assert_member(&archive, "images/default/" CLIP "-00000000.jpg", "first");
    strbuf_release(&archive);
    request.format = EXCHANGE_YOLO;
    archive = export_bytes(f, &request);
    assert_member(&archive, "images/train/" CLIP "-00000000.jpg", "first");
    assert_member(&archive, "frames.csv",
        "file,video,frame,pts_us,width,height,image\r\n"
        "labels/train/" CLIP "-00000000.txt," CLIP ",0,0,640,360,images/train/" CLIP "-00000000.jpg\r\n"
        "labels/train/" CLIP "-00000002.txt," CLIP ",2,400123,640,360,\r\n");
    strbuf_release(&archive);
}

static void what_makes_no_sense_is_refused_before_the_first_byte(void **state)
{
    struct exchange_fixture *f = *state;
    struct export_request request = {.format = EXCHANGE_CSV, .images = true};
    assert_code(try_export(f, CLIP, &request, NULL), ERR_INVALID);
    assert_string_equal(failure.field, "images");
    request = (struct export_request){.format = EXCHANGE_CSV, .all_frames = true};
    assert_code(try_export(f, CLIP, &request, NULL), ERR_INVALID);
    assert_string_equal(failure.field, "frames");
    request = (struct export_request){.format = EXCHANGE_CSV, .label = "nobody"};
    assert_code(try_export(f, CLIP, &request, NULL), ERR_NOT_FOUND);
    assert_string_equal(failure.field, "label");
    request = (struct export_request){.format = EXCHANGE_CSV};
    assert_code(try_export(f, ELSEWHERE, &request, NULL), ERR_NOT_FOUND);
    assert_says("belongs to other");
    assert_code(try_export(f, "00000000000000ff", &request, NULL), ERR_NOT_FOUND);
    assert_string_equal(failure.field, "video");
    request.project = "nowhere";
    assert_code(try_export(f, NULL, &request, NULL), ERR_NOT_FOUND);
    request = (struct export_request){.format = EXCHANGE_MOT};
    assert_code(try_export(f, CLIP, &request, NULL), ERR_CONFLICT);
    assert_says("not been followed yet");
}

static const struct meta_store_ops *own_ops;
static struct fixture *base;
static int pages;

// Between the first page of frames and the second somebody finds better names.
static enum err_code list_frames_and_rename(struct meta_store *store, const char *video,
    const struct meta_frame_range *range, struct meta_frames *frames, struct err *err)
{
    if (range->limit > 1 && ++pages == 2) {
        struct label_change change;
        assert_ok(labels_rename(base->labels, PROJECT, "Bob", "Robert", &anybody, &change, &failure), &failure);
        assert_ok(labels_rename(base->labels, PROJECT, "dog", "hound", &anybody, &change, &failure), &failure);
    }
    return own_ops->list_frames(store, video, range, frames, err);
}

static void a_label_is_called_the_same_from_the_first_page_to_the_last(void **state)
{
    struct exchange_fixture *f = *state;
    static struct meta_store_ops ops;
    static const char video[] = "00000000000000dd";
    base = f->base;
    add_video(base, PROJECT, video);
    for (int32_t i = 0; i < 150; i++)
        add_frame(base, video, i, 2, -1);
    for (int frame = 0; frame < 150; frame += 149) {
        say_yes(base, "Bob", object_of(video, frame, 0));
        say_no(base, "dog", object_of(video, frame, 1));
    }
    own_ops = base->meta->ops;
    ops = *own_ops;
    ops.list_frames = list_frames_and_rename;
    base->meta->ops = &ops;
    pages = 0;
    char *text = export_from(f, video, &(struct export_request){.format = EXCHANGE_CSV, .label = "bob"});
    assert_true(pages > 1);
    assert_non_null(strstr(text, "-00000000-000,,car"));
    assert_non_null(strstr(text, "-00000149-000,,car"));
    assert_null(strstr(text, "Robert"));
    free(text);
    undo(base);
    undo(base);
    pages = 0;
    text = export_from(f, video, &(struct export_request){.format = EXCHANGE_COCO});
    json_t *coco = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_array_size(json_object_get(coco, "annotations")), 2);
    assert_int_equal(json_array_size(json_object_get(coco, "categories")), 2);
    const json_t *negatives = json_object_get(coco, "negatives");
    assert_int_equal(json_array_size(negatives), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(negatives, 1), "label")), "dog");
    json_decref(coco);
    free(text);
    base->meta->ops = own_ops;
}

static void a_store_that_fails_in_the_middle_is_no_end(void **state)
{
    struct exchange_fixture *f = *state;
    label_the_clip(f);
    const struct export_request request = {.format = EXCHANGE_COCO};
    char *whole = export_text(f, &request);
    bool struck = true;
    for (int64_t at = 1; struck; at++) {
        char *text = NULL;
        fail_call(f, at);
        enum err_code code = try_export(f, CLIP, &request, &text);
        struck = calls(f) >= at;
        fail_call(f, 0);
        assert_true(struck || code == ERR_NONE);
        if (code == ERR_NONE)
            assert_string_equal(text, whole);
        free(text);
        assert_true(at < 200);
    }
    free(whole);
}

static void memory_holds_a_page_not_the_export(void **state)
{
    struct exchange_fixture *f = *state;
    // A video whose table is some megabytes.
    add_video(f->base, PROJECT, "00000000000000dd");
    for (int32_t i = 0; i < 200; i++)
        add_frame(f->base, "00000000000000dd", i, 300, -1);
    struct export *export =
        begin_export(f, "00000000000000dd", &(struct export_request){.format = EXCHANGE_CSV, .kind = EXPORT_ALL});
    struct strbuf out;
    strbuf_init(&out);
    uint64_t total = 0;
    size_t most = 0;
    bool done = false;
    while (!done) {
        strbuf_reset(&out);
        assert_ok(export_next(export, NULL, &out, &done, &failure), &failure);
        total += out.size;
        most = out.size > most ? out.size : most;
    }
    assert_true(total > 5000000);
    assert_true(most < 400000);
    strbuf_release(&out);
    export_free(export);
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_clip(a_table_has_a_line_for_each_label_of_an_object_and_each_that_it_is_not),
        with_clip(a_table_of_all_has_the_others_by_their_class_but_not_what_was_refused),
        with_clip(one_label_is_exported_without_the_others),
        with_clip(a_coco_document_has_images_annotations_and_what_objects_are_not),
        with_clip(images_have_ids_that_other_videos_do_not_change),
        with_clip(a_yolo_archive_has_a_text_a_frame_in_shares_of_its_size),
        with_clip(frames_without_a_label_come_when_they_are_asked_for),
        with_clip(a_mot_archive_has_the_tracks_of_a_video_with_frames_counted_from_one),
        with_clip(pictures_come_along_where_they_were_kept),
        with_clip(what_makes_no_sense_is_refused_before_the_first_byte),
        with_clip(a_label_is_called_the_same_from_the_first_page_to_the_last),
        with_clip(a_store_that_fails_in_the_middle_is_no_end),
        with_clip(memory_holds_a_page_not_the_export),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
