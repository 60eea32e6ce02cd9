#include "vision/manifest.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "vision/test_manifest.h"
#include "vision/test_network.h"

#define HASH "0000000000000000000000000000000000000000000000000000000000000000"
// Members that stand in every manifest below.
#define COMMON                                                                                                         \
    "'schema':1,'name':'m','network':'m.onnx','sha256':{'m.onnx':'" HASH "'},'licence':'MIT','source':'a test'"
#define DETECTOR_REST "'classes':['cat',''],'score_threshold':0.4"
#define DETECTOR(output)                                                                                               \
    "{" COMMON ",'kind':'detector','input':{'width':320,'height':240},'output':" output "," DETECTOR_REST "}"

static enum err_code parse(const char *text, struct manifest **manifest, struct err *err)
{
    char *json = test_json(text);
    enum err_code code = manifest_parse("m/model.json", "m", json, strlen(json), manifest, err);
    free(json);
    return code;
}

static struct manifest *parse_good(const char *text)
{
    struct err err = ERR_INIT;
    struct manifest *manifest = NULL;
    assert_ok(parse(text, &manifest, &err), &err);
    return manifest;
}

static void what_is_left_out_has_its_default(void **state)
{
    (void)state;
    struct manifest *m = parse_good(DETECTOR("{'decoder':'yolox'}"));
    assert_int_equal(m->kind, MODEL_DETECTOR);
    assert_string_equal(m->name, "m");
    assert_null(m->input.tensor);
    assert_int_equal(m->input.layout, LAYOUT_NHWC);
    assert_int_equal(m->input.type, TENSOR_U8);
    assert_int_equal(m->input.colour, PIXELS_RGB);
    assert_int_equal(m->input.resize, RESIZE_STRETCH);
    assert_int_equal(m->input.pad, 114);
    assert_near(m->input.deviation[2], 1, 0);
    assert_int_equal(m->output.level_count, 3);
    assert_int_equal(m->output.levels[2].stride, 32);
    assert_int_equal(m->output.background, -1);
    assert_near(m->nms_iou, 0.5, 0);
    assert_int_equal(m->max_detections, 100);
    assert_string_equal(manifest_class_name(m, 0), "cat");
    assert_string_equal(manifest_class_name(m, 1), "");
    assert_string_equal(manifest_class_name(m, 2), "");
    assert_string_equal(manifest_class_name(m, -1), "");
    manifest_free(m);
}

static void each_decoder_has_its_own_defaults(void **state)
{
    (void)state;
    struct manifest *m = parse_good(DETECTOR("{'decoder':'ssd','boxes':'b','scores':'s'}"));
    assert_int_equal(m->output.background, 0);
    assert_int_equal(m->output.box_format, BOX_CORNER_YX);
    assert_true(m->output.normalised);
    manifest_free(m);
    m = parse_good(DETECTOR("{'decoder':'ssd','boxes':'b','scores':'s','background':-1}"));
    assert_int_equal(m->output.background, -1);
    manifest_free(m);
    m = parse_good(DETECTOR("{'decoder':'detr'}"));
    assert_string_equal(m->output.scores, "logits");
    assert_int_equal(m->output.activation, ACTIVATION_SIGMOID);
    assert_int_equal(m->output.top_k, 300);
    manifest_free(m);
    m = parse_good(DETECTOR("{'decoder':'centernet','heatmap':'h','size':'s'}"));
    assert_int_equal(m->output.stride, 4);
    assert_int_equal(m->output.peak_window, 3);
    assert_near(m->output.centre_offset, 0, 0);
    manifest_free(m);
    m = parse_good(DETECTOR("{'decoder':'boxes','tensor':'t','row':'classes','transposed':true}"));
    assert_int_equal(m->output.row, ROW_CLASSES);
    assert_true(m->output.transposed);
    assert_false(m->output.normalised);
    manifest_free(m);
}

static void an_embedder_has_a_descriptor(void **state)
{
    (void)state;
    struct manifest *m = parse_good(
        "{" COMMON ",'kind':'embedder','input':{'width':224,'height':224,'layout':'NCHW','type':'f32','colour':'BGR',"
        "'mean':[1,2,3],'deviation':[4,5,6],'resize':'letterbox'},'output':{'embedding':'e'},'crop_margin':0.1,"
        "'descriptor':{'deep_weight':0.85,'colour':{'space':'lab','levels':64,'bins':[4,10,10],'binning':'linear',"
        "'ranges':[[0,100],[-90,90],[-80,80]],'compand':0.7,'margin':0.125,'power':0.5,'bands':2,'weight':1.5}}}");
    assert_near(m->input.mean[1], 2, 0);
    assert_near(m->input.deviation[0], 4, 0);
    assert_near(m->crop_margin, 0.1, 1e-9);
    assert_near(m->deep_weight, 0.85, 1e-9);
    assert_true(m->has_colour);
    assert_int_equal(m->colour.levels, 64);
    assert_int_equal(m->colour.binning, BINNING_LINEAR);
    assert_near(m->colour.ranges[2][1], 80, 0);
    assert_near(m->colour.compand, 0.7, 1e-9);
    assert_int_equal(m->colour.bands, 2);
    assert_near(m->colour.weight, 1.5, 0);
    manifest_free(m);
}

static void a_text_encoder_names_its_partner(void **state)
{
    (void)state;
    struct manifest *m = parse_good(
        "{'schema':1,'name':'t','network':'m.onnx','sha256':{'m.onnx':'" HASH "','tokenizer.json':'" HASH "'},"
        "'licence':'MIT','source':'a test','kind':'text-encoder',"
        "'input':{'tensor':'input_ids','length':64,'type':'i64','tokenizer':'tokenizer.json'},"
        "'output':{'embedding':'text_embeds'},'pairs_with':'siglip-base'}");
    assert_int_equal(m->kind, MODEL_TEXT_ENCODER);
    assert_int_equal(m->input.length, 64);
    assert_string_equal(m->pairs_with, "siglip-base");
    manifest_free(m);
}

static void comments_are_ignored_at_any_depth(void **state)
{
    (void)state;
    struct manifest *m =
        parse_good("{" COMMON ",'x_note':[1],'kind':'detector','input':{'x_w':{},'width':3,'height':2},"
                   "'output':{'decoder':'yolox','x_':null}," DETECTOR_REST "}");
    assert_int_equal(m->input.width, 3);
    assert_int_equal(strlen(m->fingerprint), 64);
    manifest_free(m);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *sentence;
    } cases[] = {
        {"[]", "no JSON object"},
        {"{", "m/model.json"},
        {"{" COMMON ",'kind':'detektor','input':{},'output':{}}", "\"kind\" must be \"detector\", \"embedder\" or"},
        {DETECTOR("{'decoder':'yolo'}"), "\"decoder\" must be \"yolox\""},
        {DETECTOR("{'decoder':'yolox','bins':3}"), "bins"},
        {DETECTOR("{'decoder':'yolox','strides':[]}"), "\"strides\""},
        {DETECTOR("{'decoder':'yolox','strides':[8,1.5]}"), "\"strides\""},
        {DETECTOR("{'decoder':'yolox','activation':'softmax'}"), "needs rows of class scores"},
        {DETECTOR("{'decoder':'nanodet','bins':8}"), "either \"levels\" or \"tensor\""},
        {DETECTOR("{'decoder':'nanodet','tensor':'t'}"), "\"bins\" is missing"},
        {DETECTOR("{'decoder':'nanodet','bins':8,'levels':[{'stride':8,'scores':'s'}]}"), "\"distances\" is missing"},
        {DETECTOR("{'decoder':'ssd','boxes':'b'}"), "\"scores\" is missing"},
        {DETECTOR("{'decoder':'boxes'}"), "either \"boxes\" or \"tensor\""},
        {DETECTOR("{'decoder':'boxes','tensor':'t'}"), "needs \"row\" too"},
        {DETECTOR("{'decoder':'boxes','boxes':'b'}"), "needs \"scores\" too"},
        {DETECTOR("{'decoder':'centernet','heatmap':'h','size':'s','peak_window':4}"), "must be odd"},
        {"{" COMMON ",'kind':'detector','input':{'width':0,'height':2},'output':{'decoder':'yolox'}," DETECTOR_REST "}",
            "width"},
        {"{" COMMON ",'kind':'detector','input':{'width':9,'height':2,'mean':[1,2,3]},'output':{'decoder':'yolox'}"
         "," DETECTOR_REST "}",
            "need \"type\": \"f32\""},
        {"{" COMMON ",'kind':'detector','input':{'width':9,'height':2,'type':'f32','deviation':[1,0,1]},"
         "'output':{'decoder':'yolox'}," DETECTOR_REST "}",
            "\"deviation\""},
        {"{" COMMON ",'kind':'detector','input':{'width':9,'height':2},'output':{'decoder':'yolox'},'classes':[],"
         "'score_threshold':0.4}",
            "at least one class"},
        {"{" COMMON ",'kind':'detector','input':{'width':9,'height':2},'output':{'decoder':'yolox'},'classes':['a']}",
            "\"score_threshold\" is missing"},
        {"{" COMMON ",'kind':'detector','input':{'width':9,'height':2},'output':{'decoder':'yolox'},'classes':['a'],"
         "'score_threshold':1.5}",
            "score_threshold"},
        {"{" COMMON ",'kind':'embedder','input':{'width':9,'height':2},'output':{'embedding':'e'},'descriptor':"
         "{'colour':{'levels':48}}}",
            "power of two"},
        {"{" COMMON ",'kind':'embedder','input':{'width':9,'height':2},'output':{'embedding':'e'},'descriptor':"
         "{'colour':{'ranges':[[0,100],[5,5],[0,1]]}}}",
            "\"ranges\""},
        {"{" COMMON ",'kind':'embedder','input':{'width':9,'height':2},'output':{}}", "\"embedding\" is missing"},
        {"{'schema':2,'name':'m','network':'m.onnx','sha256':{},'licence':'MIT','source':'s','kind':'embedder'}",
            "a newer Framehound is needed"},
        {"{'schema':1,'name':'../m','network':'m.onnx','sha256':{},'licence':'MIT','source':'s','kind':'embedder'}",
            "\"name\" must be"},
        {"{'schema':1,'name':'m','network':'../m.onnx','sha256':{'../m.onnx':'" HASH "'},'licence':'MIT','source':'s',"
         "'kind':'embedder','input':{'width':9,'height':2},'output':{'embedding':'e'}}",
            "no file name in the model's folder"},
        {"{'schema':1,'name':'m','network':'m.pt','sha256':{'m.pt':'" HASH "'},'licence':'MIT','source':'s',"
         "'kind':'embedder','input':{'width':9,'height':2},'output':{'embedding':'e'}}",
            ".xml or .onnx"},
        {"{'schema':1,'name':'m','network':'m.xml','sha256':{'m.xml':'" HASH "'},'licence':'MIT','source':'s',"
         "'kind':'embedder','input':{'width':9,'height':2},'output':{'embedding':'e'}}",
            "lacks the file \"m.bin\""},
        {"{'schema':1,'name':'m','network':'m.onnx','sha256':{'m.onnx':'ABC'},'licence':'MIT','source':'s',"
         "'kind':'embedder','input':{'width':9,'height':2},'output':{'embedding':'e'}}",
            "64 lower-case hex digits"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = ERR_INIT;
        struct manifest *manifest = NULL;
        assert_code(parse(cases[i].text, &manifest, &err), ERR_INVALID);
        assert_null(manifest);
        if (strstr(err.message, cases[i].sentence) == NULL)
            fail_msg("\"%s\" does not contain \"%s\"", err.message, cases[i].sentence);
    }
}

static void a_cut_manifest_is_refused_wherever_it_is_cut(void **state)
{
    (void)state;
    char *json =
        test_json(DETECTOR("{'decoder':'nanodet','bins':8,'levels':[{'stride':8,'scores':'s','distances':'d'}]}"));
    size_t length = strlen(json);
    for (size_t i = 0; i < length; i++) {
        struct err err = ERR_INIT;
        struct manifest *manifest = NULL;
        assert_code(manifest_parse("cut", "m", json, i, &manifest, &err), ERR_INVALID);
    }
    free(json);
}

static void a_folder_is_called_like_its_model(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct manifest *manifest = NULL;
    char *dir = test_dir_make();
    test_write_detector(dir);
    char *folder = mem_sprintf("%s/rows/", dir);
    assert_ok(manifest_load(folder, &manifest, &err), &err);
    assert_ok(manifest_check_files(manifest, &err), &err);
    manifest_free(manifest);
    free(folder);
    char *from = mem_sprintf("%s/rows", dir);
    folder = mem_sprintf("%s/lines", dir);
    assert_int_equal(rename(from, folder), 0);
    assert_code(manifest_load(folder, &manifest, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "the model is called \"rows\""));
    assert_code(manifest_load(from, &manifest, &err), ERR_NOT_FOUND);
    free(from);
    free(folder);
    test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(each_decoder_has_its_own_defaults),
        cmocka_unit_test(an_embedder_has_a_descriptor),
        cmocka_unit_test(a_text_encoder_names_its_partner),
        cmocka_unit_test(comments_are_ignored_at_any_depth),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_cut_manifest_is_refused_wherever_it_is_cut),
        cmocka_unit_test(a_folder_is_called_like_its_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
