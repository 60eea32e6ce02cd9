// Fuzzer: any bytes as a table of labels.
#include "import_fuzz.h"

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        "video,frame,pts_us,frame_width,frame_height,object,track,class,score,x,y,width,height,label,kind,label_"
        "score\r\n"
        "0123456789abcdef,3,600000,640,360,0123456789abcdef-00000003-001,,car,0.9,10.5,20,30,40,'=Bob,explicit,\r\n"
        "0123456789abcdef,3,600000,640,360,0123456789abcdef-00000003-002,,car,0.9,10.5,20,30,40,Ann,negative,\r\n"
        "0123456789abcdef,3,600000,640,360,0123456789abcdef-00000003-003,,car,0.9,10.5,20,30,40,Ann,probable,0.5\r\n",
        "\xEF\xBB\xBFlabel,pts_us,x,y,width,height\n\"a,\"\"b\"\"\n\",5,1,2,3,4\r\xD7\xA9,0,-1.5,2e2,3,4",
        "object,label\n0123456789abcdef-00000003-001,Bob\n",
        "a;b\n",
        "",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_import(EXCHANGE_CSV, data, size);
    return 0;
}
