// Files of a few hundred bytes whose tables claim millions of samples.
#include <string.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "media/mp4_tables.h"
#include "media/probe.h"
#include "media/test_clips.h"

static void put_zeros(struct strbuf *out, size_t count)
{
    while (count-- > 0)
        strbuf_addc(out, 0);
}

static size_t begin_box(struct strbuf *out, const char *kind)
{
    size_t at = out->size;
    put_be32(out, 0);
    strbuf_add(out, kind, 4);
    return at;
}

static void end_box(struct strbuf *out, size_t at)
{
    uint32_t size = (uint32_t)(out->size - at);
    for (int i = 0; i < 4; i++)
        out->data[at + (size_t)i] = (char)(size >> (24 - 8 * i));
}

// A box of big-endian numbers behind version and flags.
static void put_table(struct strbuf *out, const char *kind, const uint32_t *values, size_t count)
{
    size_t box = begin_box(out, kind);
    put_be32(out, 0);
    for (size_t i = 0; i < count; i++)
        put_be32(out, values[i]);
    end_box(out, box);
}

#define TABLE(out, kind, ...)                                                                                          \
    put_table(out, kind, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

struct claim {
    uint32_t samples; // of each track, all in one chunk
    int tracks;
    uint32_t edits;
    uint32_t run; // samples of a fragment
    bool hidden;  // the table of sizes is within the sample's description
    bool sound;
    bool twice; // a small table of chunks follows the large one
};

static void put_description(struct strbuf *out, const struct claim *claim)
{
    size_t stsd = begin_box(out, "stsd");
    put_be32(out, 0);
    put_be32(out, 1);
    size_t entry = begin_box(out, claim->sound ? "sowt" : "jpeg");
    put_zeros(out, 7);
    strbuf_addc(out, 1);
    if (claim->sound) {
        put_zeros(out, 8);
        put_be32(out, 1 << 16 | 16); // one channel of 16 bits
        put_be32(out, 0);
        put_be32(out, UINT32_C(48000) << 16);
    } else {
        put_zeros(out, 16);
        put_be32(out, 64 << 16 | 64);
        put_zeros(out, 14);
        put_zeros(out, 32);
        put_be32(out, 24 << 16 | 0xFFFF);
    }
    if (claim->hidden)
        TABLE(out, "stsz", 1, claim->samples);
    end_box(out, entry);
    end_box(out, stsd);
}

static void put_track(struct strbuf *out, const struct claim *claim, uint32_t id)
{
    size_t trak = begin_box(out, "trak");
    TABLE(
        out, "tkhd", 0, 0, id, 0, 1000, 0, 0, 0, 0, 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000, 64 << 16, 64 << 16);
    if (claim->edits > 0) {
        size_t edts = begin_box(out, "edts");
        size_t elst = begin_box(out, "elst");
        put_be32(out, 0);
        put_be32(out, claim->edits);
        for (uint32_t i = 0; i < claim->edits; i++) {
            put_be32(out, claim->samples);
            put_be32(out, 0);
            put_be32(out, 0x10000);
        }
        end_box(out, elst);
        end_box(out, edts);
    }
    size_t mdia = begin_box(out, "mdia");
    TABLE(out, "mdhd", 0, 0, claim->sound ? 48000 : 1000, claim->samples & 0x7FFFFFFF, 0);
    size_t hdlr = begin_box(out, "hdlr");
    put_zeros(out, 8);
    strbuf_add(out, claim->sound ? "soun" : "vide", 4);
    put_zeros(out, 13);
    end_box(out, hdlr);
    size_t minf = begin_box(out, "minf");
    size_t stbl = begin_box(out, "stbl");
    put_description(out, claim);
    TABLE(out, "stts", 1, claim->samples, 1);
    TABLE(out, "stsc", 1, 1, claim->samples, 1);
    if (claim->twice)
        TABLE(out, "stsc", 1, 1, 1, 1);
    if (!claim->hidden)
        TABLE(out, "stsz", 1, claim->samples);
    TABLE(out, "stco", 1, 32);
    end_box(out, stbl);
    end_box(out, minf);
    end_box(out, mdia);
    end_box(out, trak);
}

static void make_file(struct strbuf *out, const struct claim *claim)
{
    strbuf_init(out);
    size_t ftyp = begin_box(out, "ftyp");
    strbuf_add(out, "isom\0\0\2\0isom", 12);
    end_box(out, ftyp);
    size_t mdat = begin_box(out, "mdat");
    strbuf_add(out, "\xff\xd8\xff", 3);
    put_zeros(out, 100);
    end_box(out, mdat);
    size_t moov = begin_box(out, "moov");
    TABLE(out, "mvhd", 0, 0, 1000, 1000, 0x10000, 0x1000000, 0, 0, 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000, 0, 0,
        0, 0, 0, 0, 9);
    for (int i = 0; i < claim->tracks; i++)
        put_track(out, claim, (uint32_t)i + 1);
    end_box(out, moov);
    if (claim->run > 0) {
        size_t moof = begin_box(out, "moof");
        size_t traf = begin_box(out, "traf");
        TABLE(out, "tfhd", 1);
        TABLE(out, "trun", claim->run);
        end_box(out, traf);
        end_box(out, moof);
    }
}

static long largest_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void tables_that_claim_what_is_not_there_are_refused_for_little_memory(void **state)
{
    (void)state;
    static const struct claim claims[] = {
        {.samples = 80000000, .tracks = 1},
        {.samples = 80000000, .tracks = 2},
        {.samples = 2000000, .tracks = 60},
        {.samples = 4000000, .tracks = 1},
        {.samples = 400000, .tracks = 1, .edits = 500},
        {.samples = 1, .tracks = 1, .run = 80000000},
        {.samples = 80000000, .tracks = 1, .hidden = true},
        {.samples = 80000000, .tracks = 1, .sound = true, .twice = true},
    };
    for (size_t i = 0; i < sizeof(claims) / sizeof(*claims); i++) {
        struct strbuf file;
        make_file(&file, &claims[i]);
        const struct media_input input = {.data = file.data, .size = file.size};
        struct media_info info;
        struct err err = ERR_INIT;
        long before = largest_kib();
        assert_code(media_probe(&input, NULL, NULL, &info, &err), ERR_LIMIT);
        assert_non_null(strstr(err.message, "index"));
        assert_true(largest_kib() - before < 64 * 1024);
        strbuf_release(&file);
    }
}

static void a_compressed_index_is_refused(void **state)
{
    (void)state;
    struct strbuf file;
    make_file(&file, &(struct claim){.samples = 1, .tracks = 1});
    char *mvhd = memmem(file.data, file.size, "mvhd", 4);
    assert_non_null(mvhd);
    memcpy(mvhd, "cmov", 4);
    const struct media_input input = {.data = file.data, .size = file.size};
    struct media_info info;
    struct err err = ERR_INIT;
    assert_code(media_probe(&input, NULL, NULL, &info, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "cmov"));
    strbuf_release(&file);
}

// What it is refused for, if it is, has nothing to do with its tables.
static void assert_tables_pass(const struct claim *claim)
{
    struct strbuf file;
    make_file(&file, claim);
    const struct media_input input = {.data = file.data, .size = file.size};
    struct media_info info;
    struct err err = ERR_INIT;
    enum err_code code = media_probe(&input, NULL, NULL, &info, &err);
    if (code == ERR_LIMIT || (code != ERR_NONE && strstr(err.message, "index") != NULL))
        fail_msg("refused: %s", err.message);
    strbuf_release(&file);
}

static void long_videos_and_sound_pass(void **state)
{
    (void)state;
    // Cut off after the beginning: ten hours at 25 frames a second, and raw sound of ten hours, a sample an entry.
    assert_tables_pass(&(struct claim){.samples = 900000, .tracks = 1});
    assert_tables_pass(&(struct claim){.samples = 1728000000 / 4, .tracks = 1, .sound = true});
    const char *path = clip_make(
        "pcm.mov", "-f lavfi -i testsrc2=s=64x48:r=25:d=4 -f lavfi -i sine=r=96000:d=4 -c:v mjpeg -c:a pcm_s16le");
    struct media_info info;
    struct err err = ERR_INIT;
    assert_ok(media_probe(&(struct media_input){.path = path}, NULL, NULL, &info, &err), &err);
    assert_true(info.has_audio);
}

static void a_long_table_of_sound_can_be_cancelled(void **state)
{
    (void)state;
    enum { ENTRIES = 10000 };
    uint32_t *entries = mem_calloc(1 + 3 * ENTRIES, sizeof(*entries));
    entries[0] = ENTRIES;
    for (uint32_t i = 0; i < ENTRIES; i++)
        entries[1 + 3 * i] = i + 1;
    struct strbuf file;
    strbuf_init(&file);
    size_t trak = begin_box(&file, "trak");
    TABLE(&file, "hdlr", 0, MKBETAG('s', 'o', 'u', 'n'));
    TABLE(&file, "stts", 1, ENTRIES, 1);
    TABLE(&file, "stco", ENTRIES);
    put_table(&file, "stsc", entries, 1 + 3 * ENTRIES);
    end_box(&file, trak);
    struct cancel *cancel = cancel_new(NULL);
    struct media_source source = {.data = (const uint8_t *)file.data, .size = (int64_t)file.size, .cancel = cancel};
    struct err err = ERR_INIT;
    assert_ok(mp4_tables_check(&source, &err), &err);
    cancel_request(cancel);
    assert_code(mp4_tables_check(&source, &err), ERR_CANCELLED);
    cancel_free(cancel);
    strbuf_release(&file);
    free(entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_that_claim_what_is_not_there_are_refused_for_little_memory),
        cmocka_unit_test(a_compressed_index_is_refused),
        cmocka_unit_test(long_videos_and_sound_pass),
        cmocka_unit_test(a_long_table_of_sound_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
