// Fuzzer: any bytes as a zip archive of YOLO or MOTChallenge, or as one of the texts in one, which are behind
// checksums.
//
// The first byte says what the rest is.
#include <stdlib.h>

#include "base/mem.h"
#include "exchange/zip.h"
#include "import_fuzz.h"

#define FRAME "0123456789abcdef-00000003"

static const struct part {
    char sign;
    enum exchange_format format;
    const char *name;
} parts[] = {
    {'t', EXCHANGE_YOLO, "labels/train/" FRAME ".txt"},
    {'y', EXCHANGE_YOLO, "data.yaml"},
    {'c', EXCHANGE_YOLO, "classes.txt"},
    {'k', EXCHANGE_YOLO, "categories.csv"},
    {'f', EXCHANGE_YOLO, "frames.csv"},
    {'g', EXCHANGE_MOT, "0123456789abcdef/gt/gt.txt"},
    {'l', EXCHANGE_MOT, "0123456789abcdef/gt/labels.txt"},
    {'n', EXCHANGE_MOT, "0123456789abcdef/frames.csv"},
};

// What stands in the other members.
static const struct part others[] = {{'0', EXCHANGE_YOLO, "labels/a.txt"}, {'0', EXCHANGE_YOLO, "obj.names"},
    {'1', EXCHANGE_MOT, "0123456789abcdef/gt/gt.txt"}};

static void put(struct zip_writer *writer, const char *name, const void *bytes, size_t size)
{
    struct err err = ERR_INIT;
    fuzz_require(zip_writer_put(writer, name, bytes, size, false, &err) == ERR_NONE);
}

static void make_archive(const struct part *part, const uint8_t *data, size_t size, struct strbuf *out)
{
    static const char box[] = "0 0.5 0.5 0.1 0.1\n1 0.2 0.2 0.1 0.1\n";
    static const char rows[] = "1,1,1,2,3,4,1,1,1\n2,1,1,2,3,4,1,2,1\n";
    struct zip_writer *writer = NULL;
    struct err err = ERR_INIT;
    strbuf_init(out);
    fuzz_require(zip_writer_new(out, 0, &writer, &err) == ERR_NONE);
    put(writer, part->name, data, size);
    if (part->format == EXCHANGE_YOLO) {
        put(writer, others[0].name, box, strlen(box));
        put(writer, others[1].name, "a\nb\n", 4);
    } else if (part->sign != 'g') {
        put(writer, others[2].name, rows, strlen(rows));
    }
    fuzz_require(zip_writer_finish(writer, &err) == ERR_NONE);
    zip_writer_free(writer);
}

static void seed_with(fuzz_seed_add add, void *context, char sign, const void *bytes, size_t size)
{
    char *seed = mem_alloc(size + 1);
    seed[0] = sign;
    memcpy(seed + 1, bytes, size);
    add(context, seed, size + 1);
    free(seed);
}

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        "t0 0.5 0.25 0.5 0.25 0.9\r\n\n1\t0.5 0.25  0.5 0.25\n",
        "ytrain: x\nlist: [1, {a: b}]\nnames:\n  0: Bob\n  1: \"Ann, \\u00e9\"\nnc: 2\n",
        "ynames: [a, 'b', c]\n---\n",
        "ca\nb\r\nc",
        "knumber,name,kind\r\n0,'=a,label\r\n1,b,class\r\n",
        "ffile,video,frame,pts_us,width,height,image\r\nlabels/a.txt,0123456789abcdef,3,600000,640,360,\r\n",
        "g1,1,1,2,3,4,1,1,1\n2,1,1,2,3,4,0,1,1\n3,1,1,2,3,4\n",
        "lBob\ncar\n",
        "nnumber,frame,pts_us\n1,5,1000000\n2,6,1200000\n",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i += 5) {
        struct strbuf archive;
        make_archive(&parts[i], (const uint8_t *)"0 0.5 0.5 1 1", 13, &archive);
        seed_with(add, context, parts[i].format == EXCHANGE_YOLO ? 'Y' : 'M', archive.data, archive.size);
        strbuf_release(&archive);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] == 'Y' || data[0] == 'M') {
        fuzz_import(data[0] == 'Y' ? EXCHANGE_YOLO : EXCHANGE_MOT, data + 1, size - 1);
        return 0;
    }
    const struct part *part = &parts[data[0] % (sizeof(parts) / sizeof(parts[0]))];
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].sign == (char)data[0])
            part = &parts[i];
    }
    struct strbuf archive;
    make_archive(part, data + 1, size - 1, &archive);
    fuzz_import(part->format, archive.data, archive.size);
    strbuf_release(&archive);
    return 0;
}
