// What each format's files say, and which are refused.
#include "exchange/import_file.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "exchange/zip.h"

#define V "0123456789abcdef"

static struct err err;
static const struct import_hints no_hints;

// ---- what was read, as text: a row a line

static void add_row(struct strbuf *out, const struct import_file *file, const struct import_row *row)
{
    static const char *const words[] = {"is", "carries", "is not"};
    char place[IMPORT_PLACE_SIZE];
    import_file_place(file, row, place);
    strbuf_addf(out, "%s:", place);
    if (row->video >= 0)
        strbuf_addf(out, " %s", file->videos[row->video]);
    if (row->frame >= 0)
        strbuf_addf(out, " frame %d", (int)row->frame);
    if (row->number > 0)
        strbuf_addf(out, " number %d", (int)row->number);
    if (row->pts_us >= 0)
        strbuf_addf(out, " at %" PRId64, row->pts_us);
    if (row->object_k >= 0)
        strbuf_addf(
            out, " object %s-%d-%d", file->videos[row->object_video], (int)row->object_frame, (int)row->object_k);
    if (row->has_box)
        strbuf_addf(out, " [%g %g %g %g]", (double)row->x, (double)row->y, (double)row->width, (double)row->height);
    if (row->frame_width > 0)
        strbuf_addf(out, " of %gx%g", (double)row->frame_width, (double)row->frame_height);
    strbuf_addf(out, " %s %s\n", words[row->word], file->labels[row->label]);
}

static char *read_bytes(enum exchange_format format, const char *bytes, size_t size, const struct import_hints *hints)
{
    struct import_file *file = NULL;
    struct strbuf out;
    strbuf_init(&out);
    // What is read beyond the end is seen by a sanitizer.
    char *exact = mem_dup(bytes, size > 0 ? size : 1);
    if (import_file_parse(format, exact, size, hints, &file, &err) != ERR_NONE) {
        strbuf_adds(&out, err.message);
    } else {
        for (size_t i = 0; i < file->count; i++)
            add_row(&out, file, &file->rows[i]);
        if (file->passed_over > 0)
            strbuf_addf(&out, "%" PRId64 " passed over\n", file->passed_over);
    }
    import_file_free(file);
    free(exact);
    return strbuf_detach(&out, NULL);
}

static void assert_bytes(enum exchange_format format, const char *bytes, size_t size, const char *wanted)
{
    char *got = read_bytes(format, bytes, size, &no_hints);
    if (strcmp(got, wanted) != 0)
        fail_msg("%.300s\ngives\n%s\ninstead of\n%s", bytes, got, wanted);
    free(got);
}

static void assert_text(enum exchange_format format, const char *text, const char *wanted)
{
    assert_bytes(format, text, strlen(text), wanted);
}

// ---- CSV

static void a_table_is_read_by_the_names_of_its_columns(void **state)
{
    (void)state;
    assert_text(EXCHANGE_CSV,
        "video,frame,pts_us,frame_width,frame_height,object,track,class,score,x,y,width,height,label,kind,label_"
        "score\r\n" V ",3,600000,640,360," V "-00000003-001," V "-t0,car,0.9,10.5,20,30,40,'=Bob,explicit,\r\n" V
        ",4,800000,640,360," V "-00000004-000," V "-t0,car,0.9,1,2,3,4,'=BOB,track,\r\n" V ",4,800000,640,360," V
        "-00000004-001,,car,0.9,1,2,3,4,'=Bob,negative,\r\n" V ",4,800000,640,360," V
        "-00000004-002,,car,0.9,1,2,3,4,Ann,probable,0.7\r\n" V ",4,800000,640,360," V
        "-00000004-003,,car,0.9,1,2,3,4,,,\r\n",
        "line 2: " V " frame 3 at 600000 object " V "-3-1 [10.5 20 30 40] of 640x360 is =Bob\n"
        "line 3: " V " frame 4 at 800000 object " V "-4-0 [1 2 3 4] of 640x360 carries =Bob\n"
        "line 4: " V " frame 4 at 800000 object " V "-4-1 [1 2 3 4] of 640x360 is not =Bob\n"
        "2 passed over\n");
    assert_text(EXCHANGE_CSV, "\xEF\xBB\xBFlabel,x,y,width,height,pts_us\nBob,1,2,3,4,5\rAnn,-1.5,2e2,3,4,0\n",
        "line 2: at 5 [1 2 3 4] is Bob\nline 3: at 0 [-1.5 200 3 4] is Ann\n");
    assert_text(EXCHANGE_CSV, "object,label\n" V "-00000003-001,\u05e9\u05dc\u05d5\u05dd\n",
        "line 2: object " V "-3-1 is \u05e9\u05dc\u05d5\u05dd\n");
}

static void tables_that_are_broken_are_refused_with_the_line(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "the file is empty: its first line must name the columns"},
        {"object;label\n", "the columns are separated by semicolons: save the file with commas"},
        {"object,name\n", "there is no column \"label\": the first line must name the columns"},
        {"label,frame,x,y\n",
            "there is neither a column \"object\" nor are there \"x\", \"y\", \"width\", \"height\" with \"frame\" or "
            "\"pts_us\": nothing says which object is meant"},
        {"object,label,label\n", "the column \"label\" is there twice"},
        {"object,label\nx", "line 2: there are 1 cells, but the first line has 2: is the file cut off?"},
        {"object,label\nx,Bob", "line 2: \"x\" is no object's id: it looks like 0123456789abcdef-00000042-007"},
        {"object,label\n\"" V "-00000003-001,Bob\n",
            "line 2: a quote is opened and never closed: the file is cut off or damaged"},
        {"object,label,kind\n" V "-00000003-001,Bob,maybe\n",
            "line 2: kind must be explicit, track, probable or negative, not \"maybe\""},
        {"object,label,kind\n" V "-00000003-001,,explicit\n", "line 2: the label is missing"},
        {"object,label\n,Bob\n", "line 2: nothing says which object is meant: neither its id, nor its frame and box"},
        {"label,frame,x,y,width,height\nBob,1,NaN,2,3,4\n", "line 2: x must be a number, not \"NaN\""},
        {"label,frame,x,y,width,height\nBob,1,inf,2,3,4\n", "line 2: x must be a number, not \"inf\""},
        {"label,frame,x,y,width,height\nBob,1,0x10,2,3,4\n", "line 2: x must be a number, not \"0x10\""},
        {"label,frame,x,y,width,height\nBob,1,1e999,2,3,4\n", "line 2: x must be a number, not \"1e999\""},
        {"label,frame,x,y,width,height\nBob,1,99999999999,2,3,4\n",
            "line 2: x must be between -1e+07 and 1e+07, not 99999999999"},
        {"label,frame,x,y,width,height\nBob,1,1,2,-3,4\n",
            "line 2: a box has no negative size, but this one is -3 by 4"},
        {"label,frame,x,y,width,height\nBob,1,1,,3,4\n", "line 2: a box needs x, y, width and height"},
        {"label,frame,x,y,width,height\nBob,-1,1,2,3,4\n", "line 2: frame must be between 0 and 99999999, not -1"},
        {"label,frame,x,y,width,height\nBob,99999999999999999999,1,2,3,4\n",
            "line 2: frame must be between 0 and 99999999, not 99999999999999999999"},
        {"label,frame,x,y,width,height\nBob,1.5,1,2,3,4\n", "line 2: frame must be a whole number, not \"1.5\""},
        {"label,object,video\nBob," V "-00000003-001,../../etc\n",
            "line 2: \"../../etc\" is no video's id: it has 16 digits from 0 to f"},
        {"label,object,video\nBob," V "-00000003-001,fedcba9876543210\n",
            "line 2: the object " V "-00000003-001 is not of the video and frame that the line says"},
        {"label,object\na\xE2\x80\xAEz," V "-00000003-001\n",
            "line 2: a label's name has no marks that turn the text's direction, but this one has U+202E: take it out "
            "(text in right-to-left scripts needs none)"},
        {"label,object\n\"a\nb\"," V "-00000003-001\n",
            "line 2: a label's name has no control characters or line breaks, but this one has U+000A: take it out"},
        {"label,object\na\xE9," V "-00000003-001\n", "line 2 is no UTF-8: save the file as UTF-8"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_text(EXCHANGE_CSV, cases[i][0], cases[i][1]);
}

// The cells of the line before lie where a longer one has moved the text away from.
static void a_short_line_behind_a_long_one_is_refused_without_a_look_at_what_is_not_there(void **state)
{
    (void)state;
    struct strbuf text;
    strbuf_init(&text);
    strbuf_adds(&text, "object,label\n");
    for (int i = 0; i < 5000; i++)
        strbuf_addc(&text, 'x');
    assert_text(EXCHANGE_CSV, text.data, "line 2: there are 1 cells, but the first line has 2: is the file cut off?");
    strbuf_release(&text);
}

static void a_name_of_ten_thousand_characters_is_no_name(void **state)
{
    (void)state;
    struct strbuf text;
    strbuf_init(&text);
    strbuf_adds(&text, "object,label\n" V "-00000003-001,");
    for (int i = 0; i < 10000; i++)
        strbuf_addc(&text, 'x');
    assert_text(EXCHANGE_CSV, text.data, "line 2: a label's name has at most 100 characters; this one has 10000");
    strbuf_release(&text);
}

static void a_file_has_so_many_labels_at_most(void **state)
{
    (void)state;
    struct strbuf text;
    strbuf_init(&text);
    strbuf_adds(&text, "object,label\n");
    for (int i = 0; i <= IMPORT_LABELS_MAX; i++)
        strbuf_addf(&text, V "-00000003-001,label %d\n", i);
    assert_text(EXCHANGE_CSV, text.data, "line 1002: the file has more than 1000 labels");
    strbuf_release(&text);
}

// ---- COCO

#define IMAGES "\"images\":[{\"id\":7,\"file_name\":\"a/" V "-00000003.jpg\",\"width\":640,\"height\":360}]"
#define CATEGORIES "\"categories\":[{\"id\":2,\"name\":\"Bob\"},{\"id\":1,\"name\":\"x\"}]"

static void annotations_are_read_wherever_their_images_and_categories_stand(void **state)
{
    (void)state;
    assert_text(EXCHANGE_COCO,
        "{\"annotations\":[{\"id\":1,\"image_id\":7,\"category_id\":2,\"bbox\":[1,2.5,3,4],\"segmentation\":[[1,2]]}]"
        "," IMAGES "," CATEGORIES "}",
        "annotations[0]: " V " frame 3 [1 2.5 3 4] of 640x360 is Bob\n");
    assert_text(EXCHANGE_COCO,
        "{" CATEGORIES ",\"images\":[{\"id\":7,\"file_name\":\"x.png\",\"video\":\"" V
        "\",\"frame_index\":3,\"pts_us\":600000}],\"annotations\":[{\"image_id\":7,\"category_id\":2,\"bbox\":[1,2,3,4]"
        ","
        "\"attributes\":{\"object_id\":\"" V "-00000003-001\",\"kind\":\"track\"}},{\"image_id\":7,\"category_id\":2,"
        "\"bbox\":[1,2,3,4],\"attributes\":{\"object_id\":\"" V
        "-00000003-002\",\"kind\":\"probable\"}},{\"image_id\":7,\"category_id\":1,\"bbox\":[1,2,3,4],\"iscrowd\":1},"
        "{\"image_id\":7,\"category_id\":2,\"bbox\":[1,2,3,4],\"attributes\":{\"kind\":\"probable\",\"object_id\":9}}],"
        "\"negatives\":[{\"image_id\":7,\"object_id\":\"" V
        "-00000003-003\",\"bbox\":[5,6,7,8],\"label\":\"bob\"}],\"other\":{\"a\":1}}",
        "annotations[0]: " V " frame 3 at 600000 object " V "-3-1 [1 2 3 4] carries bob\n"
        "annotations[3]: " V " frame 3 at 600000 [1 2 3 4] is bob\n"
        "negatives[0]: " V " frame 3 at 600000 object " V "-3-3 [5 6 7 8] is not bob\n"
        "2 passed over\n");
    // An image that names no frame is no error yet: it may be the only video that is meant.
    assert_text(EXCHANGE_COCO,
        "{\"images\":[{\"id\":7,\"file_name\":\"x.png\",\"video\":5}]," CATEGORIES
        ",\"annotations\":[{\"image_id\":7,\"category_id\":2,\"bbox\":[1,2,3,4]}]}",
        "annotations[0]: [1 2 3 4] is Bob\n");
}

static void documents_that_are_broken_are_refused_with_the_place(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "the JSON text ends too early (line 1): it is cut off"},
        {"{\"images\":[]}", "there is no list \"annotations\": is it COCO's format for objects?"},
        {"{\"annotations\":{}}", "field \"annotations\" must be a list"},
        {"{\"annotations\":[7]}", "annotations[0] (line 1): it must be a JSON object"},
        {"{\"annotations\":[{\"image_id\":7,\"category_id\":2,\"bbox\":[1,2,3]}]," IMAGES "," CATEGORIES "}",
            "annotations[0] (line 1): field \"bbox\" must have four numbers: x, y, width, height"},
        {"{\"annotations\":[{\"image_id\":7,\"category_id\":2,\"bbox\":[1,2,3,\"4\"]}]," IMAGES "," CATEGORIES "}",
            "annotations[0] (line 1): field \"bbox\" must have four numbers: x, y, width, height"},
        {"{\"annotations\":[{\"image_id\":7,\"category_id\":2,\"bbox\":[1,NaN,3,4]}]}",
            "annotations[0]: malformed JSON at line 1: invalid token near 'NaN'"},
        {"{\"annotations\":[{\"image_id\":7,\"category_id\":2,\"bbox\":[1,1e300,3,4]}]}",
            "annotations[0] (line 1): a box has numbers between -1e+07 and 1e+07"},
        {"{\"annotations\":[{\"image_id\":\"7\",\"category_id\":2,\"bbox\":[1,2,3,4]}]}",
            "annotations[0] (line 1): field \"image_id\" must be a whole number"},
        {"{\"annotations\":[{\"image_id\":8,\"category_id\":2,\"bbox\":[1,2,3,4]}]," IMAGES "," CATEGORIES "}",
            "annotations[0]: there is no image 8 in the file"},
        {"{\"annotations\":[{\"image_id\":7,\"category_id\":9,\"bbox\":[1,2,3,4]}]," IMAGES "," CATEGORIES "}",
            "annotations[0]: there is no category 9 in the file"},
        {"{\"annotations\":[{\"id\":1,\"image_id\":7,\"category_id\":2,\"bbox\":[1,2,3,4]},{\"id\":1,\"image_id\":7,"
         "\"category_id\":2,\"bbox\":[1,2,3,4]}]," IMAGES "," CATEGORIES "}",
            "the annotation id 1 occurs twice"},
        {"{\"annotations\":[],\"images\":[{\"id\":1},{\"id\":2},{\"id\":1}]}",
            "the image id 1 occurs twice, at images[0] and images[2]"},
        {"{\"annotations\":[],\"categories\":[{\"id\":1,\"name\":\"a\"},{\"id\":1,\"name\":\"b\"}]}",
            "the category id 1 occurs twice, as \"a\" and \"b\""},
        {"{\"annotations\":[],\"images\":[{\"id\":1,\"file_name\":\"../../etc/passwd\"}]}",
            "images[0] (line 1): the file name \"../../etc/passwd\" leads out of its folder: names are relative, with "
            "/ "
            "between folders"},
        {"{\"annotations\":[],\"images\":[{\"id\":1,\"file_name\":\"/etc/passwd\"}]}",
            "images[0] (line 1): the file name \"/etc/passwd\" leads out of its folder: names are relative, with / "
            "between folders"},
        {"{\"annotations\":[],\"images\":[{\"id\":1,\"file_name\":\"a\\\\b\"}]}",
            "images[0] (line 1): the file name \"a\\b\" leads out of its folder: names are relative, with / between "
            "folders"},
        {"{\"annotations\":[{\"image_id\":7,\"category_id\":2,\"bbox\":[1,2,3,4]}]," IMAGES
         ",\"categories\":[{\"id\":2,\"name\":\" \"}]}",
            "annotations[0]: the label's name \" \" begins or ends with a space: take it out"},
        {"{\"annotations\":[{\"image_id\":7,\"category_id\":2,\"bbox\":[1,2,3,4],\"attributes\":{\"object_id\":\"" V
         "-00000009-001\"}}]," IMAGES "," CATEGORIES "}",
            "annotations[0]: its object is not of its image's video and frame"},
        {"{\"annotations\":[],\"annotations\":[]}", "the field \"annotations\" occurs twice (line 1)"},
        {"\xFF\xFE{", "the file is UTF-16: save it as UTF-8"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_text(EXCHANGE_COCO, cases[i][0], cases[i][1]);
}

// ---- archives

struct member {
    const char *name, *text;
};

static struct strbuf make_archive(const struct member *members, size_t count)
{
    struct strbuf out;
    struct zip_writer *writer = NULL;
    strbuf_init(&out);
    assert_ok(zip_writer_new(&out, 0, &writer, &err), &err);
    for (size_t i = 0; i < count; i++)
        assert_ok(zip_writer_put(writer, members[i].name, members[i].text, strlen(members[i].text), true, &err), &err);
    assert_ok(zip_writer_finish(writer, &err), &err);
    zip_writer_free(writer);
    return out;
}

#define assert_archive(format, wanted, ...)                                                                            \
    do {                                                                                                               \
        const struct member members[] = {__VA_ARGS__};                                                                 \
        struct strbuf archive = make_archive(members, sizeof(members) / sizeof(members[0]));                           \
        assert_bytes(format, archive.data, archive.size, wanted);                                                      \
        strbuf_release(&archive);                                                                                      \
    } while (0)

static void yolo_texts_are_read_with_names_from_before_or_after(void **state)
{
    (void)state;
    assert_archive(EXCHANGE_YOLO,
        "labels/train/" V "-00000003.txt, line 1: " V " frame 3 [0.25 0.125 0.5 0.25] of 1x1 is Bob\n"
        "labels/train/" V "-00000003.txt, line 3: " V " frame 3 [0.25 0.125 0.5 0.25] of 1x1 is Ann, the \"2nd\"\n",
        {"labels/train/" V "-00000003.txt", "0 0.5 0.25 0.5 0.25\r\n\r\n1\t0.5 0.25  0.5 0.25 0.9"},
        {"images/train/" V "-00000003.jpg", "no picture"},
        {"data.yaml", "train: x\nlist: [1, {a: b}]\nnames:\n  0: Bob\n  1: \"Ann, the \\\"2nd\\\"\"\nnc: 2\n"});
    assert_archive(EXCHANGE_YOLO,
        "set/labels/a.txt, line 1: " V " frame 3 at 600000 [0.25 0.125 0.5 0.25] of 1x1 is Bob\n1 passed over\n",
        {"set/classes.txt", "Bob\ncar\n"},
        {"frames.csv", "file,video,frame,pts_us\r\nset/labels/a.txt," V ",3,600000\r\n"},
        {"categories.csv", "number,name,kind\r\n0,Bob,label\r\n1,car,class\r\n"},
        {"set/labels/a.txt", "0 0.5 0.25 0.5 0.25\n1 0.5 0.25 0.5 0.25\n"});
    assert_archive(EXCHANGE_YOLO, "obj_train_data/a.txt, line 1: [0 0 1 1] of 1x1 is Bob\n", {"obj.names", "Bob"},
        {"train.txt", "obj_train_data/a.jpg"}, {"obj_train_data/a.txt", "0 0.5 0.5 1 1"});
    assert_archive(EXCHANGE_YOLO, "labels/a.txt, line 1: [0 0 1 1] of 1x1 is Bob\n", {"data.yaml", "names: [Ann, Bob]"},
        {"labels/a.txt", "1 0.5 0.5 1 1"});
}

static void yolo_archives_that_are_broken_are_refused(void **state)
{
    (void)state;
    assert_text(EXCHANGE_YOLO, "0 0.5 0.5 1 1", "the file is no zip archive");
    assert_archive(EXCHANGE_YOLO, "the archive has no texts with boxes: they lie in a folder called labels",
        {"a.txt", "0 0.5 0.5 1 1"});
    assert_archive(EXCHANGE_YOLO,
        "the archive does not name its categories: it needs data.yaml, classes.txt or obj.names",
        {"labels/a.txt", "0 0.5 0.5 1 1"});
#define NAMES {"classes.txt", "Bob"}
    assert_archive(EXCHANGE_YOLO, "labels/a.txt, line 1: there is no name for the category 1", NAMES,
        {"labels/a.txt", "1 0.5 0.5 1 1"});
    assert_archive(EXCHANGE_YOLO, "labels/a.txt, line 2: a box has five numbers: category, x, y, width, height", NAMES,
        {"labels/a.txt", "0 0.5 0.5 1 1\n0 0.5"});
    assert_archive(EXCHANGE_YOLO,
        "labels/a.txt, line 1: there are more than six numbers: outlines and key points are not taken", NAMES,
        {"labels/a.txt", "0 0.5 0.5 1 1 0 0 1"});
    assert_archive(EXCHANGE_YOLO,
        "labels/a.txt, line 1: boxes are shares of the frame: x must be between -0.001 and 1.001, not 320", NAMES,
        {"labels/a.txt", "0 320 0.5 1 1"});
    assert_archive(EXCHANGE_YOLO,
        "labels/a.txt, line 1: boxes are shares of the frame: y must be a number, not \"nan\"", NAMES,
        {"labels/a.txt", "0 0.5 nan 1 1"});
    assert_archive(EXCHANGE_YOLO, "labels/a.txt, line 1: the category must be between 0 and 19999, not -1", NAMES,
        {"labels/a.txt", "-1 0.5 0.5 1 1"});
    assert_archive(EXCHANGE_YOLO, "the archive has two files called \"labels/a.txt\"", NAMES,
        {"labels/a.txt", "0 0.5 0.5 1 1"}, {"labels/a.txt", "0 0.5 0.5 1 1"});
    assert_archive(EXCHANGE_YOLO, "data.yaml: line 2: references (*) are not taken",
        {"data.yaml", "a: &x [1]\nnames: *x"}, {"labels/a.txt", ""});
    assert_archive(EXCHANGE_YOLO, "data.yaml: it has no \"names\"", {"data.yaml", "a: 1"}, {"labels/a.txt", ""});
    assert_archive(
        EXCHANGE_YOLO, "data.yaml: line 1: a name must be a text", {"data.yaml", "names: [[a]]"}, {"labels/a.txt", ""});
    assert_archive(EXCHANGE_YOLO, "data.yaml: the number of a category must be a whole number, not \"a\"",
        {"data.yaml", "names: {a: b}"}, {"labels/a.txt", ""});
    assert_archive(EXCHANGE_YOLO, "frames.csv: line 2: frame must be a whole number, not \"x\"", NAMES,
        {"frames.csv", "file,frame\nlabels/a.txt,x"}, {"labels/a.txt", "0 0.5 0.5 1 1"});
    assert_archive(EXCHANGE_YOLO,
        "the archive has a member called \"labels/../../a.txt\", which leads out of it or is no name", NAMES,
        {"labels/../../a.txt", "0 0.5 0.5 1 1"});
}

static void mot_rows_have_the_names_of_their_classes(void **state)
{
    (void)state;
    assert_archive(EXCHANGE_MOT,
        V "/gt/gt.txt, line 1: " V " frame 5 at 1000000 [1 2 3 4] is Bob\n" V "/gt/gt.txt, line 3: " V
          " number 9 [1 2 3 4] is Bob\n2 passed over\n",
        {V "/gt/gt.txt", "2,1,1,2,3,4,1,1,1\n2,2,1,2,3,4,0,1,1\n9,1,1,2,3,4,1,1,1\n9,3,1,2,3,4,1,2,1\n"},
        {V "/gt/labels.txt", "Bob\ncar\n"}, {V "/categories.csv", "number,name,kind\n1,Bob,label\n2,car,class\n"},
        {V "/frames.csv", "number,frame,pts_us\n2,5,1000000\n"}, {V "/seqinfo.ini", "[Sequence]"});
    const struct import_hints hints = {.label = "Bob"};
    static const char alone[] = "1,1,1,2,3,4\n";
    char *got = read_bytes(EXCHANGE_MOT, alone, strlen(alone), &hints);
    assert_string_equal(got, "line 1: number 1 [1 2 3 4] is Bob\n");
    free(got);
}

static void mot_files_that_are_broken_are_refused(void **state)
{
    (void)state;
    assert_text(EXCHANGE_MOT, "1,1,1,2,3,4,1,1,1\n",
        "line 1: nothing says what the boxes are called: send an archive with gt/labels.txt, or say which label they "
        "are of");
    assert_text(EXCHANGE_MOT, "1,1,1,2,nan,4\n", "the file, line 1: the width is not finite");
    assert_archive(EXCHANGE_MOT, "the archive has no gt/gt.txt", {"gt/labels.txt", "Bob"});
    assert_archive(EXCHANGE_MOT, "a/gt/gt.txt, line 1: there is no name for the class 2 in labels.txt",
        {"a/gt/labels.txt", "Bob"}, {"a/gt/gt.txt", "1,1,1,2,3,4,1,2,1"});
    assert_archive(
        EXCHANGE_MOT, "the archive has two files called \"gt/gt.txt\"", {"gt/gt.txt", ""}, {"gt/gt.txt", ""});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_read_by_the_names_of_its_columns),
        cmocka_unit_test(tables_that_are_broken_are_refused_with_the_line),
        cmocka_unit_test(a_short_line_behind_a_long_one_is_refused_without_a_look_at_what_is_not_there),
        cmocka_unit_test(a_name_of_ten_thousand_characters_is_no_name),
        cmocka_unit_test(a_file_has_so_many_labels_at_most),
        cmocka_unit_test(annotations_are_read_wherever_their_images_and_categories_stand),
        cmocka_unit_test(documents_that_are_broken_are_refused_with_the_place),
        cmocka_unit_test(yolo_texts_are_read_with_names_from_before_or_after),
        cmocka_unit_test(yolo_archives_that_are_broken_are_refused),
        cmocka_unit_test(mot_rows_have_the_names_of_their_classes),
        cmocka_unit_test(mot_files_that_are_broken_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
