// Fuzzer: any bytes as COCO's annotations, measured against detections made of themselves.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "vision/coco_eval.h"

#define RESULTS_MAX 200

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        "{\"images\":[{\"id\":1,\"file_name\":\"a.jpg\",\"width\":640,\"height\":480},{\"id\":2,\"file_name\":"
        "\"b.jpg\",\"width\":10,\"height\":10}],\"categories\":[{\"id\":3,\"name\":\"car\"},{\"id\":1,\"name\":"
        "\"person\"}],\"annotations\":[{\"id\":1,\"image_id\":1,\"category_id\":3,\"bbox\":[1.5,2,30,40],"
        "\"area\":1200,\"iscrowd\":0},{\"id\":2,\"image_id\":1,\"category_id\":1,\"bbox\":[5,5,0,0],\"iscrowd\":1},"
        "{\"id\":3,\"image_id\":2,\"category_id\":1,\"bbox\":[0,0,10,10],\"ignore\":1}]}",
        "{\"images\":[],\"categories\":[],\"annotations\":[]}",
        "{\"info\":{\"year\":2017},\"licenses\":[],\"images\":[{\"id\":9,\"file_name\":\"x\",\"width\":1,\"height\":1,"
        "\"coco_url\":\"http://example.org/x\"}],\"categories\":[{\"id\":1,\"name\":\"a\",\"supercategory\":\"b\"}],"
        "\"annotations\":[{\"id\":1,\"image_id\":9,\"category_id\":1,\"bbox\":[0,0,1,1],\"segmentation\":[[0,0,1,1]]}]"
        "}",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

static void measure(const struct coco_set *set)
{
    size_t count = set->truth_count < RESULTS_MAX ? set->truth_count : RESULTS_MAX;
    struct coco_result *results = mem_calloc(count + 1, sizeof(*results));
    for (size_t i = 0; i < count; i++) {
        const struct coco_truth *truth = &set->truths[i];
        results[i] = (struct coco_result){truth->image_id, truth->category_id, truth->x, truth->y, truth->width,
            truth->height, 1.0 / (double)(1 + i % 7)};
    }
    struct coco_scores scores;
    struct err err = ERR_INIT;
    enum err_code code = coco_evaluate(set, results, count, &scores, &err);
    fuzz_require_sentence(code, &err);
    if (code == ERR_NONE)
        fuzz_require(isfinite(scores.ap) && isfinite(scores.ar100) && scores.ap <= 1 && scores.ap50 <= 1);
    free(results);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct coco_set *set = NULL;
    struct err err = ERR_INIT;
    enum err_code code = coco_set_parse(text, size, &set, &err);
    fuzz_require_sentence(code, &err);
    fuzz_require((code == ERR_NONE) == (set != NULL));
    if (set != NULL) {
        for (size_t i = 0; i < set->category_count; i++)
            fuzz_require(coco_set_category(set, set->categories[i].name) != NULL);
        measure(set);
    }
    coco_set_free(set);
    free(text);
    return 0;
}
