// Fuzzer: any bytes as a model's manifest, and as a message of the inference library.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "vision/manifest.h"
#include "vision/network_check.h"

#define HEAD(kind, input)                                                                                              \
    "{\"schema\":1,\"name\":\"test\",\"kind\":\"" kind "\",\"network\":\"n.onnx\",\"sha256\":{\"n.onnx\":"             \
    "\"0000000000000000000000000000000000000000000000000000000000000000\"},\"licence\":\"MIT\",\"source\":\"a test\"," \
    "\"input\":{" input "},"
#define PICTURE "\"width\":416,\"height\":416"
#define CLASSES "\"classes\":[\"cat\",\"dog\"],\"score_threshold\":0.3,"

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        HEAD("detector", PICTURE) CLASSES "\"output\":{\"decoder\":\"yolox\",\"levels\":[{\"stride\":8}]}}",
        HEAD("detector",
            PICTURE ",\"layout\":\"nchw\",\"type\":\"f32\",\"colour\":\"bgr\",\"mean\":[1,2,3],"
                    "\"deviation\":[4,5,6],\"resize\":\"letterbox\",\"pad\":114") CLASSES
        "\"output\":{\"decoder\":\"nanodet\",\"bins\":11,\"levels\":[{\"stride\":8,\"scores\":\"a\",\"distances\":"
        "\"b\"},{\"stride\":16,\"scores\":\"c\",\"distances\":\"d\"}]},\"nms_iou\":0.6,\"max_detections\":50}",
        HEAD("detector", PICTURE) CLASSES "\"output\":{\"decoder\":\"ssd\",\"boxes\":\"b\",\"scores\":\"s\","
                                          "\"background\":0,\"normalised\":true}}",
        HEAD("detector", PICTURE) CLASSES "\"output\":{\"decoder\":\"centernet\",\"heatmap\":\"h\",\"size\":\"s\","
                                          "\"offset\":\"o\",\"stride\":4,\"top_k\":100}}",
        HEAD("embedder", "\"width\":224,\"height\":224") "\"output\":{\"embedding\":\"e\",\"scores\":\"s\"},"
                                                         "\"classes\":[\"a\"],\"descriptor\":{\"colour\":{\"bins\":[4,"
                                                         "10,10],\"weight\":1.0},\"deep_weight\":1.0}}",
        HEAD("text_encoder", "\"length\":77,\"tokenizer\":\"t.json\"") "\"output\":{\"embedding\":\"e\"},"
                                                                       "\"pairs_with\":\"clip\"}",
        "src/plugins/intel_cpu/src/node.cpp:1234:\nCheck 'shape' failed at /build/x.cpp:1:\nthe sentence\n",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

static void judge(const struct manifest *manifest)
{
    fuzz_require(manifest_name_is_valid(manifest->name));
    fuzz_require(strchr(manifest->network, '/') == NULL);
    fuzz_require(manifest->file_count <= MANIFEST_FILES_MAX);
    fuzz_require(manifest->output.level_count <= MANIFEST_LEVELS_MAX);
    for (size_t i = 0; i < manifest->file_count; i++)
        fuzz_require(strchr(manifest->files[i].name, '/') == NULL);
    fuzz_require(manifest_class_name(manifest, -1) != NULL && manifest_class_name(manifest, INT32_MAX) != NULL);
    for (size_t i = 0; i < manifest->class_count; i++)
        fuzz_require(manifest_class_name(manifest, (int32_t)i) != NULL);
    fuzz_require(model_kind_name(manifest->kind) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct manifest *manifest = NULL;
    struct err err = ERR_INIT;
    enum err_code code = manifest_parse("an input", "/nowhere", text, size, &manifest, &err);
    fuzz_require_sentence(code, &err);
    fuzz_require((code == ERR_NONE) == (manifest != NULL));
    if (manifest != NULL)
        judge(manifest);
    manifest_free(manifest);
    char clean[64];
    network_message_clean(text, "nothing is known", clean, sizeof(clean));
    fuzz_require(strlen(clean) < sizeof(clean) && strchr(clean, '\n') == NULL);
    free(text);
    return 0;
}
