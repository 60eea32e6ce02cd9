// Edit lists with several entries, which FFmpeg's program does not write: they are put into the file here.
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "media/split.h"
#include "media/test_clips.h"
#include "os/file.h"

// One frame in 25 is 512 units of the track's time scale, and 40 of the movie's.
#define FRAME 512
#define FRAME_MOVIE 40
#define SOURCE                                                                                                         \
    "-f lavfi -i testsrc2=s=128x96:r=25:d=6 -c:v libx264 -preset veryfast -pix_fmt yuv420p -g 25 -bf 2 "               \
    "-video_track_timescale 12800"

struct edit {
    int from; // frames of the track; its first frame is number 2, as two are reordered
    int frames;
};

static uint32_t be32(const char *at)
{
    const uint8_t *b = (const uint8_t *)at;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

// Where the box's size stands; the box is the first of its kind.
static size_t find_box(const struct strbuf *file, const char *kind)
{
    const char *found = memmem(file->data, file->size, kind, 4);
    assert_non_null(found);
    return (size_t)(found - 4 - file->data);
}

static void grow_box(struct strbuf *file, const char *kind, int64_t by)
{
    size_t at = find_box(file, kind);
    struct strbuf size;
    strbuf_init(&size);
    put_be32(&size, (uint32_t)(be32(file->data + at) + by));
    memcpy(file->data + at, size.data, 4);
    strbuf_release(&size);
}

static const char *clip_with_edits(const char *name, const struct edit *edits, size_t count)
{
    struct err err = ERR_INIT;
    const char *source = clip_make("unedited.mp4", SOURCE);
    char *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(source, 1 << 20, &bytes, &size, &err), &err);
    struct strbuf in;
    struct strbuf out;
    strbuf_init(&in);
    strbuf_init(&out);
    strbuf_add(&in, bytes, size);
    size_t at = find_box(&in, "edts");
    size_t old = be32(in.data + at);
    size_t new = 8 + 16 + 12 * count;
    assert_true(find_box(&in, "moov") > find_box(&in, "mdat")); // else the offsets in it would change too
    strbuf_add(&out, in.data, at);
    put_be32(&out, (uint32_t) new);
    strbuf_add(&out, "edts", 4);
    put_be32(&out, (uint32_t)(new - 8));
    strbuf_add(&out, "elst", 4);
    put_be32(&out, 0);
    put_be32(&out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        put_be32(&out, (uint32_t)(edits[i].frames * FRAME_MOVIE));
        put_be32(&out, (uint32_t)(edits[i].from * FRAME));
        put_be32(&out, 0x10000);
    }
    strbuf_add(&out, in.data + at + old, in.size - at - old);
    grow_box(&out, "trak", (int64_t) new - (int64_t)old);
    grow_box(&out, "moov", (int64_t) new - (int64_t)old);
    const char *path = clip_write(name, out.data, out.size);
    free(bytes);
    strbuf_release(&in);
    strbuf_release(&out);
    return path;
}

static void edits_show_what_ffprobe_shows_whatever_the_chunk_length(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct edit edits[3];
        size_t count;
    } lists[] = {
        {"skipped.mp4", {{2, 40}, {99, 50}}, 2},           // goes on in the middle of a group of pictures
        {"again.mp4", {{2, 24}, {27, 30}, {27, 30}}, 3},   // shows a part twice
        {"exchanged.mp4", {{77, 70}, {2, 75}}, 2},         // shows the end first
        {"pieces.mp4", {{12, 10}, {52, 12}, {112, 20}}, 3} // each begins between keyframes
    };
    static const double chunks[] = {0.1, 1, 2.5};
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        const char *path = clip_with_edits(lists[i].name, lists[i].edits, lists[i].count);
        struct frame_list expected;
        clip_probe(path, 0, &expected);
        assert_in_range(expected.count, 30, 150);
        struct clip_outcome whole;
        clip_must_run(path, &(struct clip_run){.chunk_s = 60, .fps = "all"}, &whole);
        assert_int_equal(whole.split.segments, 1);
        assert_int_equal(whole.split.misplaced, 0);
        assert_int_equal(whole.decode.lost, 0);
        assert_same_frames(&whole.list, &expected, lists[i].name, false);
        for (size_t c = 0; c < sizeof(chunks) / sizeof(*chunks); c++) {
            struct clip_outcome cut;
            clip_must_run(path, &(struct clip_run){.chunk_s = chunks[c], .fps = "all"}, &cut);
            assert_same_frames(&cut.list, &whole.list, lists[i].name, true);
            clip_outcome_release(&cut);
        }
        clip_outcome_release(&whole);
        frame_list_free(&expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_show_what_ffprobe_shows_whatever_the_chunk_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
