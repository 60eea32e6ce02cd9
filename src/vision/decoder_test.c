#include "vision/decoder.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "vision/test_manifest.h"

// Expected candidates were computed with NumPy in double precision from the formats' definitions, on tensors filled by
// fill(), and are sorted by score.
static const struct candidate yolox_expected[] = {
    {1.4459f, -1.4926f, 12.7445f, 9.8735f, 0.514609f, 1},
    {21.0810f, 6.1981f, 33.2523f, 18.8496f, 0.496899f, 0},
    {3.3403f, -24.3773f, 7.9931f, 47.3297f, 0.493437f, 1},
    {11.6372f, 16.9315f, 20.4104f, 26.3543f, 0.480171f, 0},
    {-7.9620f, 17.0071f, 8.7239f, 35.8024f, 0.457113f, 1},
    {1.4459f, -1.4926f, 12.7445f, 9.8735f, 0.451620f, 0},
    {3.3403f, -24.3773f, 7.9931f, 47.3297f, 0.447653f, 0},
    {28.9075f, -2.6052f, 32.4259f, 29.2243f, 0.438462f, 1},
    {21.0724f, 6.4858f, 25.8800f, 26.8476f, 0.434109f, 0},
    {-7.9620f, 17.0071f, 8.7239f, 35.8024f, 0.432188f, 0},
    {-2.0840f, -0.3120f, 8.0364f, 15.6929f, 0.430030f, 1},
    {28.9075f, -2.6052f, 32.4259f, 29.2243f, 0.397553f, 0},
};
static const struct candidate nanodet_expected[] = {
    {-4.4512f, 0.3260f, 39.2837f, 41.7544f, 0.959325f, 1},
    {-8.1737f, -3.7921f, 48.6108f, 38.2879f, 0.949405f, 0},
    {-4.4512f, 0.3260f, 39.2837f, 41.7544f, 0.834325f, 0},
    {-8.1737f, -3.7921f, 48.6108f, 38.2879f, 0.828373f, 1},
    {9.7726f, -33.4032f, 37.6223f, 30.5354f, 0.770833f, 1},
    {9.7726f, -33.4032f, 37.6223f, 30.5354f, 0.768849f, 0},
    {-16.3474f, -34.6099f, 69.6505f, 52.8085f, 0.744048f, 0},
    {-16.3474f, -34.6099f, 69.6505f, 52.8085f, 0.623016f, 1},
};
static const struct candidate nanodet_joined_expected[] = {
    {-6.0611f, -1.7936f, 31.7004f, 37.9739f, 0.922880f, 0},
    {-32.2987f, -45.8301f, 16.4438f, 5.1478f, 0.888685f, 0},
    {-66.6123f, -84.3163f, 54.4365f, 87.6619f, 0.881421f, 1},
    {-32.2987f, -45.8301f, 16.4438f, 5.1478f, 0.794324f, 1},
    {-15.2102f, -20.4602f, 34.5835f, 41.7697f, 0.684344f, 1},
    {-15.2102f, -20.4602f, 34.5835f, 41.7697f, 0.556308f, 0},
    {-66.6123f, -84.3163f, 54.4365f, 87.6619f, 0.546001f, 0},
};
static const struct candidate ssd_expected[] = {
    {1.9048f, 2.3313f, 16.0794f, 8.1885f, 0.855317f, 0},
    {16.0913f, 6.7956f, 20.7619f, 17.9107f, 0.557074f, 1},
    {0.2976f, 3.9881f, 24.6508f, 14.9345f, 0.382509f, 1},
};
static const struct candidate transposed_expected[] = {
    {17.8125f, 16.8750f, 26.7708f, 28.3036f, 1.000000f, 0},
    {9.2113f, 11.7113f, 28.4673f, 40.3125f, 0.800595f, 0},
    {2.4702f, 0.3571f, 31.3988f, 29.4048f, 0.750992f, 1},
    {6.7708f, 25.4613f, 30.5506f, 30.9077f, 0.736111f, 1},
    {2.4702f, 0.3571f, 31.3988f, 29.4048f, 0.507937f, 0},
};
static const struct candidate objectness_expected[] = {
    {13.0952f, 5.2679f, 42.4107f, 30.4464f, 0.606231f, 1},
    {13.0952f, 5.2679f, 42.4107f, 30.4464f, 0.570659f, 0},
    {29.4643f, 8.7202f, 49.3155f, 11.5179f, 0.445720f, 1},
    {16.1310f, 12.5000f, 26.8452f, 23.2738f, 0.310256f, 1},
};
static const struct candidate detr_expected[] = {
    {3.0089f, 16.4643f, 19.6339f, 28.3929f, 0.929781f, 1},
    {3.0089f, 16.4643f, 19.6339f, 28.3929f, 0.749367f, 0},
    {-2.9107f, 12.7589f, 19.5893f, 34.9911f, 0.659421f, 1},
    {18.0446f, -0.1071f, 28.0982f, 14.1071f, 0.553367f, 1},
};
static const struct candidate detr_softmax_expected[] = {
    {-2.9107f, 12.7589f, 19.5893f, 34.9911f, 0.897395f, 0},
    {3.0089f, 16.4643f, 19.6339f, 28.3929f, 0.890961f, 1},
    {8.7768f, 11.0089f, 19.2232f, 30.3482f, 0.805422f, 1},
    {18.0446f, -0.1071f, 28.0982f, 14.1071f, 0.697144f, 0},
    {10.8482f, 8.6518f, 26.0446f, 23.8839f, 0.548783f, 0},
};
static const struct candidate centernet_expected[] = {
    {14.9127f, 8.6190f, 23.5000f, 14.7698f, 0.936462f, 0},
    {5.3254f, 2.5635f, 16.6984f, 12.4444f, 0.933938f, 1},
    {13.4603f, 7.8730f, 28.8810f, 18.1190f, 0.907687f, 1},
    {-4.9365f, 2.9048f, 4.4206f, 12.2381f, 0.897216f, 1},
    {-3.9444f, 7.6667f, 5.2143f, 19.9286f, 0.850445f, 1},
    {-4.5397f, 4.8333f, 3.6190f, 11.2302f, 0.765760f, 0},
    {-4.4762f, -3.5079f, 3.0317f, 3.0476f, 0.698315f, 0},
};
static const struct candidate centernet_offset_expected[] = {
    {17.1786f, 9.1786f, 27.4960f, 15.2976f, 0.951211f, 0},
    {17.1786f, 5.1786f, 23.7817f, 15.4722f, 0.950376f, 1},
    {5.1786f, 1.1786f, 15.4008f, 11.5754f, 0.947788f, 0},
    {-2.8214f, 5.1786f, 6.2103f, 14.9087f, 0.926202f, 1},
    {13.1825f, 1.1786f, 18.3651f, 10.3373f, 0.891019f, 1},
    {21.1825f, -2.8214f, 25.4524f, 6.2341f, 0.883274f, 1},
    {-2.8214f, 5.1786f, 6.2103f, 14.9087f, 0.881421f, 0},
    {1.1786f, -2.8214f, 12.4087f, 5.9960f, 0.863567f, 1},
};

// Numbers between `low` and `high` that look random and can be made anywhere.
static void fill(float *values, int64_t count, int64_t seed, float low, float high)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t mixed = (i * 7919 + seed * 104729 + i * i % 613 * 31) % 1009;
        values[i] = (float)((double)low + ((double)high - (double)low) * ((double)mixed / 1008.0));
    }
}

struct input {
    int rank;
    int64_t dims[TENSOR_RANK_MAX];
    int64_t seed;
    float low;
    float high;
};

static struct tensor make_tensor(struct arena *arena, const struct input *input)
{
    struct tensor tensor = {.rank = input->rank};
    memcpy(tensor.dims, input->dims, sizeof(tensor.dims));
    float *values = arena_alloc_array(arena, (size_t)tensor_elements(&tensor), sizeof(*values));
    fill(values, tensor_elements(&tensor), input->seed, input->low, input->high);
    tensor.data = values;
    return tensor;
}

static void assert_candidates(const struct candidates *found, const struct candidate *expected, size_t count)
{
    assert_int_equal(found->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_float_equal(found->items[i].x1, expected[i].x1, 2e-3);
        assert_float_equal(found->items[i].y1, expected[i].y1, 2e-3);
        assert_float_equal(found->items[i].x2, expected[i].x2, 2e-3);
        assert_float_equal(found->items[i].y2, expected[i].y2, 2e-3);
        assert_float_equal(found->items[i].score, expected[i].score, 1e-5);
        assert_int_equal(found->items[i].class_id, expected[i].class_id);
    }
}

static void decode_with(
    const struct manifest *manifest, const struct tensor *tensors, float threshold, struct candidates *found)
{
    struct err err = ERR_INIT;
    const char *names[DECODER_TENSORS_MAX];
    size_t count = decoder_of(manifest)->tensors(manifest, names);
    candidates_init(found, manifest, threshold);
    assert_ok(decoder_run(manifest, names, tensors, count, found, &err), &err);
    candidates_keep_best(found, CANDIDATES_MAX);
}

// Decodes tensors filled by formula and compares.
static void check_decoder(int width, int height, const char *output, const struct input *inputs, size_t input_count,
    float threshold, const struct candidate *expected, size_t count)
{
    struct manifest *manifest = test_detector_manifest(width, height, output);
    struct arena *arena = arena_new();
    struct tensor tensors[DECODER_TENSORS_MAX];
    struct candidates found;
    for (size_t i = 0; i < input_count; i++)
        tensors[i] = make_tensor(arena, &inputs[i]);
    decode_with(manifest, tensors, threshold, &found);
    assert_candidates(&found, expected, count);
    candidates_release(&found);
    arena_free(arena);
    manifest_free(manifest);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CHECK(width, height, output, inputs, threshold, expected)                                                      \
    check_decoder(width, height, output, inputs, COUNT(inputs), threshold, expected, COUNT(expected))

static void yolox_decodes_its_raw_grid(void **state)
{
    (void)state;
    const struct input inputs[] = {{3, {1, 20, 7}, 1, -1.5f, 1.5f}};
    CHECK(32, 32, "{'decoder':'yolox','strides':[8,16],'activation':'sigmoid'}", inputs, 0.35f, yolox_expected);
}

static void nanodet_decodes_distances_of_each_level(void **state)
{
    (void)state;
    const struct input inputs[] = {
        {3, {1, 4, 2}, 10, 0, 1}, {3, {1, 4, 16}, 20, -3, 3}, {3, {1, 1, 2}, 11, 0, 1}, {3, {1, 1, 16}, 21, -3, 3}};
    CHECK(32, 32,
        "{'decoder':'nanodet','bins':4,'levels':[{'stride':16,'scores':'s16','distances':'d16'},"
        "{'stride':32,'scores':'s32','distances':'d32'}]}",
        inputs, 0.4f, nanodet_expected);
}

static void nanodet_decodes_one_tensor_with_all_levels(void **state)
{
    (void)state;
    const struct input inputs[] = {{2, {5, 18}, 30, -3, 3}};
    CHECK(32, 32,
        "{'decoder':'nanodet','bins':4,'tensor':'out','strides':[16,32],'centre_offset':0,'activation':'sigmoid'}",
        inputs, 0.5f, nanodet_joined_expected);
}

static void ssd_skips_the_background(void **state)
{
    (void)state;
    struct manifest *manifest =
        test_detector_manifest(40, 20, "{'decoder':'ssd','boxes':'b','scores':'s','activation':'softmax'}");
    struct arena *arena = arena_new();
    struct tensor tensors[] = {make_tensor(arena, &(struct input){3, {1, 5, 4}, 40, 0, 0.5f}),
        make_tensor(arena, &(struct input){3, {1, 5, 3}, 41, -3, 3})};
    float boxes[20];
    for (int i = 0; i < 20; i++)
        boxes[i] = tensors[0].data[i] + (i % 4 >= 2 ? 0.4f : 0.0f);
    tensors[0].data = boxes;
    struct candidates found;
    decode_with(manifest, tensors, 0.3f, &found);
    assert_candidates(&found, ssd_expected, COUNT(ssd_expected));
    candidates_release(&found);
    arena_free(arena);
    manifest_free(manifest);
}

static void boxes_are_read_from_columns(void **state)
{
    (void)state;
    const struct input inputs[] = {{3, {1, 6, 5}, 50, 0, 1}};
    CHECK(30, 30,
        "{'decoder':'boxes','tensor':'o','row':'classes','transposed':true,'box_format':'centre','normalised':true}",
        inputs, 0.5f, transposed_expected);
}

static void objectness_multiplies_class_scores(void **state)
{
    (void)state;
    const struct input inputs[] = {{3, {1, 5, 7}, 51, 0, 1}};
    CHECK(30, 30, "{'decoder':'boxes','tensor':'o','row':'objectness_classes','box_format':'size','normalised':true}",
        inputs, 0.3f, objectness_expected);
}

static void boxes_with_labels_take_the_class_from_them(void **state)
{
    (void)state;
    struct manifest *manifest =
        test_detector_manifest(30, 30, "{'decoder':'boxes','boxes':'b','scores':'s','labels':'l'}");
    const float boxes[] = {1, 2, 11, 12, 3, 4, 13, 14, 5, 6, 15, 16, 7, 8, 17, 18};
    const float scores[] = {0.5f, 0.9f, 0.8f, 0.7f};
    const float labels[] = {1, 0, 7, -1}; // the last two are no classes
    const struct tensor tensors[] = {{boxes, 3, {1, 4, 4}}, {scores, 2, {1, 4}}, {labels, 2, {1, 4}}};
    const struct candidate expected[] = {{3, 4, 13, 14, 0.9f, 0}, {1, 2, 11, 12, 0.5f, 1}};
    struct candidates found;
    decode_with(manifest, tensors, 0.1f, &found);
    assert_candidates(&found, expected, COUNT(expected));
    candidates_release(&found);
    manifest_free(manifest);
}

static void rows_of_score_and_class_are_read(void **state)
{
    (void)state;
    struct manifest *manifest =
        test_detector_manifest(30, 30, "{'decoder':'boxes','tensor':'o','row':'score_class','box_format':'corner_yx'}");
    const float rows[] = {2, 1, 12, 11, 0.6f, 1, 0, 0, 0, 0, 0, 0};
    const struct tensor tensor = {rows, 2, {2, 6}};
    const struct candidate expected[] = {{1, 2, 11, 12, 0.6f, 1}};
    struct candidates found;
    decode_with(manifest, &tensor, 0.0f, &found);
    assert_candidates(&found, expected, COUNT(expected));
    candidates_release(&found);
    manifest_free(manifest);
}

static void detr_keeps_the_best_pairs(void **state)
{
    (void)state;
    const struct input inputs[] = {{3, {1, 6, 4}, 60, 0.2f, 0.8f}, {3, {1, 6, 2}, 61, -3, 3}};
    CHECK(30, 30, "{'decoder':'detr','top_k':4}", inputs, 0.3f, detr_expected);
}

static void detr_with_softmax_gives_each_query_one_class(void **state)
{
    (void)state;
    const struct input inputs[] = {{3, {1, 6, 4}, 60, 0.2f, 0.8f}, {3, {1, 6, 3}, 62, -3, 3}};
    CHECK(30, 30, "{'decoder':'detr','activation':'softmax','background':2}", inputs, 0.3f, detr_softmax_expected);
}

static void centernet_finds_peaks(void **state)
{
    (void)state;
    const struct input inputs[] = {{4, {1, 4, 6, 2}, 70, -3, 3}, {4, {1, 4, 6, 4}, 71, 1, 9}};
    CHECK(24, 16, "{'decoder':'centernet','heatmap':'h','size':'z'}", inputs, 0.6f, centernet_expected);
}

static void centernet_reads_planes_with_offsets(void **state)
{
    (void)state;
    const struct input inputs[] = {
        {4, {1, 2, 4, 6}, 72, -3, 3}, {4, {1, 2, 4, 6}, 73, 1, 3}, {4, {1, 2, 4, 6}, 74, 0, 1}};
    CHECK(24, 16, "{'decoder':'centernet','heatmap':'h','size':'z','offset':'o','layout':'NCHW','size_unit':'cells'}",
        inputs, 0.6f, centernet_offset_expected);
}

static void degenerate_candidates_are_dropped(void **state)
{
    (void)state;
    struct manifest *manifest = test_detector_manifest(30, 30, "{'decoder':'boxes','boxes':'b','scores':'s'}");
    struct candidates found;
    candidates_init(&found, manifest, 0.5f);
    const struct candidate bad[] = {{0, 0, 10, 10, NAN, 0}, {0, 0, 10, 10, INFINITY, 0}, {NAN, 0, 10, 10, 0.9f, 0},
        {0, 0, INFINITY, 10, 0.9f, 0}, {10, 0, 0, 10, 0.9f, 0}, {0, 0, 10, 0, 0.9f, 0}, {0, 0, 10, 10, 0.9f, 2},
        {0, 0, 10, 10, 0.9f, -1}, {0, 0, 10, 10, 0.49f, 0}, {-INFINITY, 0, 10, 10, 0.9f, 0}};
    for (size_t i = 0; i < COUNT(bad); i++)
        candidates_add(&found, bad[i]);
    assert_int_equal(found.count, 0);
    candidates_add(&found, (struct candidate){0, 0, 10, 10, 1.5f, 1});
    assert_int_equal(found.count, 1);
    assert_float_equal(found.items[0].score, 1.0f, 0);
    candidates_release(&found);
    manifest_free(manifest);
}

static void more_candidates_than_the_limit_keep_the_best(void **state)
{
    (void)state;
    struct manifest *manifest = test_detector_manifest(30, 30, "{'decoder':'boxes','boxes':'b','scores':'s'}");
    struct candidates found;
    candidates_init(&found, manifest, 0.0f);
    for (int i = 0; i < 3 * CANDIDATES_MAX; i++)
        candidates_add(&found, (struct candidate){0, 0, 10, 10, (float)i / (3.0f * CANDIDATES_MAX), 0});
    candidates_keep_best(&found, CANDIDATES_MAX);
    assert_int_equal(found.count, CANDIDATES_MAX);
    assert_float_equal(found.items[CANDIDATES_MAX - 1].score, 2.0f / 3.0f, 1e-4);
    candidates_release(&found);
    manifest_free(manifest);
}

static void a_wrong_shape_is_named(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct manifest *manifest = test_detector_manifest(30, 30, "{'decoder':'ssd','boxes':'b','scores':'s'}");
    const struct tensor_spec specs[] = {{"b", 3, {1, 100, 5}}, {"s", 3, {1, 100, 3}}};
    assert_code(decoder_of(manifest)->check(manifest, specs, &err), ERR_INVALID);
    assert_string_equal(err.message, "output \"b\" should have the shape [1, boxes, 4], and has [1, 100, 5]");
    const struct tensor_spec classes[] = {{"b", 3, {1, 100, 4}}, {"s", 3, {1, 100, 2}}};
    assert_code(decoder_of(manifest)->check(manifest, classes, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "\"s\""));
    manifest_free(manifest);
}

static void an_output_that_changes_its_shape_is_no_crash(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct manifest *manifest = test_detector_manifest(30, 30, "{'decoder':'ssd','boxes':'b','scores':'s'}");
    const float numbers[8] = {0};
    const struct tensor tensors[] = {{numbers, 3, {1, 2, 4}}, {numbers, 3, {1, 1, 3}}};
    const char *names[] = {"b", "s"};
    struct candidates found;
    candidates_init(&found, manifest, 0.5f);
    assert_code(decoder_run(manifest, names, tensors, 2, &found, &err), ERR_CORRUPT);
    candidates_release(&found);
    manifest_free(manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yolox_decodes_its_raw_grid),
        cmocka_unit_test(nanodet_decodes_distances_of_each_level),
        cmocka_unit_test(nanodet_decodes_one_tensor_with_all_levels),
        cmocka_unit_test(ssd_skips_the_background),
        cmocka_unit_test(boxes_are_read_from_columns),
        cmocka_unit_test(objectness_multiplies_class_scores),
        cmocka_unit_test(boxes_with_labels_take_the_class_from_them),
        cmocka_unit_test(rows_of_score_and_class_are_read),
        cmocka_unit_test(detr_keeps_the_best_pairs),
        cmocka_unit_test(detr_with_softmax_gives_each_query_one_class),
        cmocka_unit_test(centernet_finds_peaks),
        cmocka_unit_test(centernet_reads_planes_with_offsets),
        cmocka_unit_test(degenerate_candidates_are_dropped),
        cmocka_unit_test(more_candidates_than_the_limit_keep_the_best),
        cmocka_unit_test(a_wrong_shape_is_named),
        cmocka_unit_test(an_output_that_changes_its_shape_is_no_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
