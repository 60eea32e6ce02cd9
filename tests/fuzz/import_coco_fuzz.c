// Fuzzer: any bytes as COCO's annotations, to be imported.
#include "import_fuzz.h"

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        "{\"info\":{},\"annotations\":[\n{\"id\":1,\"image_id\":7,\"category_id\":2,\"bbox\":[1,2.5,3,4],\"area\":12,"
        "\"segmentation\":[],\"iscrowd\":0,\"attributes\":{\"object_id\":\"0123456789abcdef-00000003-001\",\"kind\":"
        "\"track\",\"class\":\"car\"}},{\"image_id\":7,\"category_id\":1,\"bbox\":[1,2,3,4],\"iscrowd\":1}],"
        "\"images\":[{\"id\":7,\"file_name\":\"a/"
        "0123456789abcdef-00000003.jpg\",\"width\":640,\"height\":360,\"video\":"
        "\"0123456789abcdef\",\"frame_index\":3,\"pts_us\":600000}],\"negatives\":[{\"image_id\":7,\"object_id\":"
        "\"0123456789abcdef-00000003-002\",\"bbox\":[5,6,7,8],\"label\":\"x\"}],\"categories\":[{\"id\":2,\"name\":"
        "\"Bob\"},{\"id\":1,\"name\":\"car\"}]}",
        "{\"categories\":[{\"id\":1,\"name\":\"\\u05e9\"}],\"images\":[{\"id\":-1,\"file_name\":\"x.png\"}],"
        "\"annotations\":[{\"id\":5,\"image_id\":-1,\"category_id\":1,\"bbox\":[0,0,0,0]}]}",
        "{\"annotations\":[],\"x\":[1,{\"y\":[[]]}]}",
        "{}",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(EXCHANGE_COCO, data, size);
    return 0;
}
