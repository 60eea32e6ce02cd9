// Transport streams that go on as another video in the middle.
#include <libavutil/crc.h>
#include <string.h>

#include "base/mem.h"
#include "media/remux.h"
#include "media/source.h"
#include "media/test_clips.h"
#include "os/file.h"

#define SMALL "-f lavfi -i testsrc2=s=128x96:r=25:d=2 -f lavfi -i sine=d=2 "
#define LARGE "-f lavfi -i testsrc=s=192x128:r=25:d=2 -f lavfi -i sine=f=880:d=2 "
#define X264 "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 20 -bf 2 "
#define X265 "-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=none:keyint=20 "
#define MPEG2 "-c:v mpeg2video -g 12 -bf 2 "
#define FRAMES 50 // of each
#define FRAME_US 40000

#define PARTS_MAX 4

static const struct clip {
    const char *name;
    const char *arguments;
} h264 = {"a264.ts", SMALL X264 "-c:a mp2"}, hevc = {"b265.ts", LARGE X265 "-c:a aac"},
  mpeg2 = {"bm2.ts", LARGE MPEG2 "-c:a mp2"},
  elsewhere = {"b264.ts", LARGE X264 "-c:a mp2 -streamid 0:500 -streamid 1:501"}, mute = {"am2.ts", SMALL MPEG2 "-an"},
  radio = {"radio.ts", "-f lavfi -i sine=d=1 -c:a mp2"}, aac = {"aac.ts", SMALL X264 "-c:a aac"},
  blu_ray = {"a264.m2ts", SMALL X264 "-c:a mp2 -mpegts_m2ts_mode 1"},
  blu_ray_hevc = {"b265.m2ts", LARGE X265 "-c:a mp2 -mpegts_m2ts_mode 1"};

static const struct splice {
    const char *name;
    const struct clip *parts[PARTS_MAX];
} splices[] = {
    {"codec.ts", {&h264, &hevc}},
    {"codecs.ts", {&mpeg2, &h264, &hevc, &h264}},
    {"packets.ts", {&h264, &elsewhere}},
    {"mute.ts", {&h264, &mute, &hevc}},
    {"sound.ts", {&hevc, &aac}},
    {"blu-ray.m2ts", {&blu_ray, &blu_ray_hevc}},
};

static const char *join(const char *name, const struct clip *const parts[PARTS_MAX])
{
    char *command = mem_sprintf(": > '%s/%s'", clips_dir(), name);
    for (int i = 0; i < PARTS_MAX && parts[i] != NULL; i++) {
        char *longer = mem_sprintf(
            "%s && cat '%s' >> '%s/%s'", command, clip_make(parts[i]->name, parts[i]->arguments), clips_dir(), name);
        free(command);
        command = longer;
    }
    assert_int_equal(system(command), 0);
    free(command);
    return clip_make(name, "");
}

// The frames of the parts, each by itself, one after the other.
static void list_parts(const struct splice *splice, struct frame_list *all)
{
    *all = (struct frame_list){.frames = mem_calloc(PARTS_MAX * FRAMES, sizeof(*all->frames))};
    for (int i = 0; i < PARTS_MAX && splice->parts[i] != NULL; i++) {
        struct clip_outcome part;
        const char *path = clip_make(splice->parts[i]->name, splice->parts[i]->arguments);
        clip_must_run(path, &(struct clip_run){.chunk_s = 100, .fps = "all"}, &part);
        assert_int_equal(part.list.count, FRAMES);
        for (int f = 0; f < FRAMES; f++) {
            struct clip_frame *frame = &all->frames[all->count];
            *frame = part.list.frames[f];
            frame->index = (int32_t)all->count;
            frame->pts_us = (int64_t)all->count++ * FRAME_US;
        }
        clip_outcome_release(&part);
    }
}

static void every_frame_of_a_stream_that_goes_on_as_another_one_is_found(void **state)
{
    (void)state;
    static const double chunks[] = {0.5, 1.2, 100};
    for (size_t i = 0; i < sizeof(splices) / sizeof(*splices); i++) {
        const char *path = join(splices[i].name, splices[i].parts);
        struct frame_list expected;
        list_parts(&splices[i], &expected);
        for (size_t c = 0; c < sizeof(chunks) / sizeof(*chunks); c++) {
            struct clip_outcome got;
            clip_must_run(path, &(struct clip_run){.chunk_s = chunks[c], .fps = "all"}, &got);
            assert_same_frames(&got.list, &expected, splices[i].name, true);
            assert_false(got.split.incomplete);
            assert_int_equal(got.decode.lost, 0);
            assert_int_equal(got.decode.damaged, 0);
            assert_int_equal(got.split.duration_us, (int64_t)expected.count * FRAME_US);
            clip_outcome_release(&got);
        }
        frame_list_free(&expected);
    }
}

static void a_limit_behind_the_change_is_kept(void **state)
{
    (void)state;
    const char *path = join(splices[0].name, splices[0].parts);
    static const double limits[] = {1.0, 2.0, 3.0};
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        struct clip_outcome got;
        clip_must_run(path, &(struct clip_run){.chunk_s = 0.8, .limit_s = limits[i], .fps = "all"}, &got);
        assert_int_equal(got.list.count, (int)(limits[i] * 25));
        assert_int_equal(got.split.duration_us, (int64_t)(limits[i] * 1e6));
        clip_outcome_release(&got);
    }
}

static void what_follows_without_a_video_is_told(void **state)
{
    (void)state;
    const char *path = join("radio-after.ts", (const struct clip *const[PARTS_MAX]){&h264, &radio});
    struct clip_outcome got;
    clip_must_run(path, &(struct clip_run){.chunk_s = 100, .fps = "all"}, &got);
    assert_int_equal(got.list.count, FRAMES);
    assert_true(got.split.incomplete);
    assert_string_equal(got.split.reason,
        "only the first 2.0 s could be read, not what follows there as another video: it is none that can be read");
    clip_outcome_release(&got);
    path = join("radio-between.ts", (const struct clip *const[PARTS_MAX]){&h264, &radio, &hevc});
    clip_must_run(path, &(struct clip_run){.chunk_s = 100, .fps = "all"}, &got);
    assert_int_equal(got.list.count, 2 * FRAMES);
    assert_false(got.split.incomplete);
    clip_outcome_release(&got);
}

static const struct clip keyless = {
    "keyless.ts", LARGE X264 "-g 100 -bsf:v filter_units=remove_types=5 -c:a mp2 -streamid 0:500 -streamid 1:501"};

static void what_follows_without_a_keyframe_is_told(void **state)
{
    (void)state;
    static const char *const reason =
        "what follows after 2.0 s as another video was left out: no frame of it can be decoded";
    const struct clip *const joined[][PARTS_MAX] = {{&h264, &keyless}, {&h264, &keyless, &hevc}};
    for (int i = 0; i < 2; i++) {
        struct clip_outcome got;
        clip_must_run(join(i == 0 ? "keyless-last.ts" : "keyless-between.ts", joined[i]),
            &(struct clip_run){.chunk_s = 100, .fps = "all"}, &got);
        assert_int_equal(got.list.count, (i + 1) * FRAMES);
        assert_true(got.split.incomplete);
        assert_string_equal(got.split.reason, reason);
        clip_outcome_release(&got);
    }
}

static void what_is_damaged_in_a_row_of_videos_is_told(void **state)
{
    (void)state;
    // Without any parameter set or keyframe nothing says how large its pictures are.
    static const struct clip damaged = {"damaged.ts",
        SMALL X264 "-g 100 -bsf:v 'filter_units=remove_types=5|7|8' -c:a mp2 -streamid 0:500 -streamid 1:501"};
    const struct clip *const joined[][PARTS_MAX] = {{&damaged, &hevc}, {&h264, &damaged, &hevc}};
    static const char *const reasons[] = {
        "what comes first as another video was left out: no frame of it can be decoded",
        "what follows after 2.0 s as another video was left out: no frame of it can be decoded"};
    for (int i = 0; i < 2; i++) {
        struct clip_outcome got;
        clip_must_run(join(i == 0 ? "damaged-first.ts" : "damaged-between.ts", joined[i]),
            &(struct clip_run){.chunk_s = 100, .fps = "all"}, &got);
        assert_int_equal(got.list.count, (i + 1) * FRAMES);
        assert_true(got.split.incomplete);
        assert_string_equal(got.split.reason, reasons[i]);
        clip_outcome_release(&got);
    }
}

static void what_precedes_without_a_video_is_left_out(void **state)
{
    (void)state;
    const char *path = join("radio-before.ts", (const struct clip *const[PARTS_MAX]){&radio, &elsewhere});
    struct clip_outcome got;
    clip_must_run(path, &(struct clip_run){.chunk_s = 100, .fps = "all"}, &got);
    struct frame_list expected;
    list_parts(&(struct splice){"", {&elsewhere}}, &expected);
    assert_same_frames(&got.list, &expected, path, true);
    assert_int_equal(got.split.info.width, 192);
    frame_list_free(&expected);
    clip_outcome_release(&got);
    struct media_info info;
    struct err err = ERR_INIT;
    assert_int_equal(media_probe(&(struct media_input){.path = path}, NULL, NULL, &info, &err), ERR_NONE);
    assert_string_equal(err.message, "");
    path = join("radios.ts", (const struct clip *const[PARTS_MAX]){&radio, &radio});
    assert_int_equal(media_probe(&(struct media_input){.path = path}, NULL, NULL, &info, &err), ERR_INVALID);
}

#define PACKET 188

// A table of the programme that lists one stream of sound and no video.
static void make_radio_table(uint8_t packet[PACKET])
{
    static const uint8_t head[] = {0x47, 0x50, 0x00, 0x10, 0x00};
    static const uint8_t table[] = {
        2, 0xB0, 18, 0, 1, 0xC3, 0, 0, 0xE1, 0xF5, 0xF0, 0, 0x03, 0xE1, 0xF5, 0xF0, 0, 0, 0, 0, 0};
    memset(packet, 0xFF, PACKET);
    memcpy(packet, head, sizeof(head));
    memcpy(packet + sizeof(head), table, sizeof(table));
    uint8_t *crc = packet + sizeof(head) + sizeof(table) - 4;
    uint32_t sum = av_crc(av_crc_get_table(AV_CRC_32_IEEE), UINT32_MAX, packet + sizeof(head), sizeof(table) - 4);
    for (int i = 0; i < 4; i++)
        crc[i] = (uint8_t)(sum >> 8 * i);
}

// Puts such a table behind the first list of programmes.
static const char *take_video_back(const char *name, const struct clip *clip)
{
    char *data;
    size_t size;
    struct strbuf out;
    strbuf_init(&out);
    struct err err = ERR_INIT;
    assert_int_equal(file_read(clip_make(clip->name, clip->arguments), 1 << 24, &data, &size, &err), ERR_NONE);
    bool done = false;
    for (size_t at = 0; at + PACKET <= size; at += PACKET) {
        const uint8_t *packet = (const uint8_t *)data + at;
        strbuf_add(&out, packet, PACKET);
        if (!done && ((packet[1] & 0x1F) << 8 | packet[2]) == 0) {
            uint8_t table[PACKET];
            make_radio_table(table);
            strbuf_add(&out, table, PACKET);
            done = true;
        }
    }
    const char *path = clip_write(name, out.data, out.size);
    free(data);
    strbuf_release(&out);
    return path;
}

// Of two tables behind one list of programmes, the part that begins with the list has no length.
static void a_table_that_is_replaced_before_the_next_list_costs_nothing_that_follows(void **state)
{
    (void)state;
    static const struct clip changing = {"changing.ts", ""};
    take_video_back(changing.name, &elsewhere);
    const char *path = join("two-tables.ts", (const struct clip *const[PARTS_MAX]){&h264, &changing, &hevc});
    struct clip_outcome got;
    clip_must_run(path, &(struct clip_run){.chunk_s = 100, .fps = "all"}, &got);
    assert_false(got.split.incomplete);
    assert_int_equal(got.list.count, 3 * FRAMES);
    clip_outcome_release(&got);
}

static double stream_seconds(const char *path, const char *stream)
{
    char *command =
        mem_sprintf("ffprobe -v quiet -select_streams %s -show_entries stream=duration -of csv=p=0 '%s'", stream, path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    double seconds = -1;
    assert_int_equal(fscanf(pipe, "%lf", &seconds), 1);
    pclose(pipe);
    free(command);
    return seconds;
}

static int count_packets(const char *path, const char *stream)
{
    char *command = mem_sprintf(
        "ffprobe -v quiet -count_packets -select_streams %s -show_entries stream=nb_read_packets -of csv=p=0 '%s'",
        stream, path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    int count = -1;
    assert_int_equal(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    free(command);
    return count;
}

// When the first sound from `from_s` on begins; -1: there is none.
static double sound_from(const char *path, double from_s)
{
    char *command =
        mem_sprintf("ffprobe -v quiet -select_streams a:0 -show_entries packet=pts_time -of csv=p=0 '%s'", path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char line[64];
    double first = -1;
    while (fgets(line, sizeof(line), pipe) != NULL) {
        double seconds;
        if (sscanf(line, "%lf", &seconds) == 1 && seconds >= from_s && (first < 0 || seconds < first))
            first = seconds;
    }
    pclose(pipe);
    free(command);
    return first;
}

static void make_copy(const char *source, char *output, struct remux_result *result)
{
    const struct media_input input = {.path = source};
    const struct remux_options options = {.threads = 1};
    struct err err = ERR_INIT;
    if (media_make_playable(&input, output, &options, result, &err) != ERR_NONE)
        fail_msg("%s: %s", source, err.message);
}

static void a_copy_for_browsers_shows_all_of_it_with_its_sound(void **state)
{
    (void)state;
    char *output = mem_sprintf("%s/copy.out", clips_dir());
    for (size_t i = 0; i < sizeof(splices) / sizeof(*splices); i++) {
        struct remux_result result;
        make_copy(join(splices[i].name, splices[i].parts), output, &result);
        assert_true(result.video_encoded);
        struct frame_list expected;
        struct frame_list got;
        list_parts(&splices[i], &expected);
        clip_probe(output, 0, &got);
        assert_same_frames(&got, &expected, splices[i].name, false);
        double seconds = (double)expected.count * FRAME_US / 1e6;
        double sound = stream_seconds(output, "a:0");
        if (sound < seconds - 0.1 || sound > seconds + 0.2)
            fail_msg("%s: %f s of sound with %f s of pictures", splices[i].name, sound, seconds);
        frame_list_free(&expected);
        frame_list_free(&got);
    }
    free(output);
}

// Of one kind, nothing is encoded again, and the sound follows the pictures.
static void a_copy_of_recordings_put_end_to_end_keeps_their_sound(void **state)
{
    (void)state;
    static const struct clip recording = {"recording.ts", SMALL X264 "-c:a aac"};
    const char *path = join("twice.ts", (const struct clip *const[PARTS_MAX]){&recording, &recording});
    char *output = mem_sprintf("%s/copy.out", clips_dir());
    struct remux_result result;
    make_copy(path, output, &result);
    assert_false(result.video_encoded);
    assert_false(result.audio_encoded);
    assert_true(stream_seconds(output, "v:0") > 3.9);
    assert_true(stream_seconds(output, "a:0") > 3.9);
    free(output);
}

// Then the first sound of the next one comes while the pictures of the one before still show.
static void sound_that_ends_before_its_pictures_costs_none_of_the_next_recording(void **state)
{
    (void)state;
    static const struct {
        struct clip early;
        double seconds; // until the sound of the second ends
        bool is_encoded;
    } cases[] = {
        {{"early.ts", "-f lavfi -i testsrc2=s=128x96:r=25:d=4 -f lavfi -i sine=d=3 " X264 "-c:a aac"}, 7, false},
        {{"much-earlier.ts", "-f lavfi -i testsrc2=s=128x96:r=25:d=12 -f lavfi -i sine=d=4 " X264 "-c:a aac"}, 16,
            false},
        {{"early-mp2.ts", "-f lavfi -i testsrc2=s=128x96:r=25:d=4 -f lavfi -i sine=d=3 " X264 "-c:a mp2"}, 7, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct clip *early = &cases[i].early;
        const char *path = join("early-twice.ts", (const struct clip *const[PARTS_MAX]){early, early});
        char *output = mem_sprintf("%s/copy.out", clips_dir());
        struct remux_result result;
        make_copy(path, output, &result);
        assert_int_equal(result.audio_encoded, cases[i].is_encoded);
        double sound = stream_seconds(output, "a:0");
        if (sound < cases[i].seconds - 0.2 || sound > cases[i].seconds + 0.3)
            fail_msg("%s: sound ends at %f s, not at %f s", early->name, sound, cases[i].seconds);
        int packets = count_packets(output, "a:0");
        int once = count_packets(clip_make(early->name, early->arguments), "a:0");
        if (!cases[i].is_encoded && packets < 2 * once - 2)
            fail_msg("%s: %d packets of sound, from two times %d", early->name, packets, once);
        free(output);
    }
}

static void what_comes_first_without_a_keyframe_costs_the_copy_nothing(void **state)
{
    (void)state;
    const struct splice splice = {"keyless-first.ts", {&keyless, &hevc}};
    const char *path = join(splice.name, splice.parts);
    char *output = mem_sprintf("%s/copy.out", clips_dir());
    struct clip_outcome split;
    clip_must_run(path, &(struct clip_run){.chunk_s = 100, .fps = "all"}, &split);
    assert_true(split.split.incomplete);
    assert_string_equal(
        split.split.reason, "what comes first as another video was left out: no frame of it can be decoded");
    struct remux_result result;
    make_copy(path, output, &result);
    struct frame_list expected;
    struct frame_list got;
    list_parts(&(struct splice){"", {&hevc}}, &expected);
    clip_probe(output, 0, &got);
    assert_same_frames(&split.list, &expected, path, true);
    assert_same_frames(&got, &expected, path, false);
    double sound = stream_seconds(output, "a:0");
    if (sound < 1.9 || sound > 2.2)
        fail_msg("%f s of sound", sound);
    frame_list_free(&expected);
    frame_list_free(&got);
    clip_outcome_release(&split);
    free(output);
}

static void sound_that_begins_in_the_middle_is_in_the_copy(void **state)
{
    (void)state;
    static const struct clip mute_h264 = {"mute264.ts", SMALL X264 "-an"};
    static const struct {
        struct splice splice;
        bool is_encoded; // the video
    } cases[] = {
        {{"mute-first.ts", {&mute, &hevc}}, true},           // another video
        {{"mute-then-sound.ts", {&mute_h264, &aac}}, false}, // the same one
        {{"mute-mute-sound.ts", {&mute, &mute_h264, &aac}}, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *output = mem_sprintf("%s/copy.out", clips_dir());
        struct remux_result result;
        make_copy(join(cases[i].splice.name, cases[i].splice.parts), output, &result);
        assert_true(result.has_audio);
        assert_int_equal(result.video_encoded, cases[i].is_encoded);
        double begin = i == 2 ? 4 : 2;
        double first = sound_from(output, 0);
        if (first < begin - 0.1 || first > begin + 0.1)
            fail_msg("%s: sound begins at %f s", cases[i].splice.name, first);
        assert_true(sound_from(output, begin + 1.9) > 0);
        free(output);
    }
}

#define FIRST_SOUND_PID 0x101

// Leaves out the packets of the first of two streams of sound, and those of the second up to the given part of the
// file.
static const char *take_sound_away(const char *name, const struct clip *clip, double until)
{
    char *data;
    size_t size;
    struct strbuf out;
    strbuf_init(&out);
    struct err err = ERR_INIT;
    assert_int_equal(file_read(clip_make(clip->name, clip->arguments), 1 << 24, &data, &size, &err), ERR_NONE);
    for (size_t at = 0; at + PACKET <= size; at += PACKET) {
        const uint8_t *packet = (const uint8_t *)data + at;
        int pid = (packet[1] & 0x1F) << 8 | packet[2];
        bool early = (double)at < until * (double)size;
        if (pid != FIRST_SOUND_PID && (pid != FIRST_SOUND_PID + 1 || !early))
            strbuf_add(&out, packet, PACKET);
    }
    const char *path = clip_write(name, out.data, out.size);
    free(data);
    strbuf_release(&out);
    return path;
}

// A broadcast announces a description for the blind that is there for some programmes only.
static void sound_that_is_announced_and_never_comes_keeps_none_from_the_copy(void **state)
{
    (void)state;
    static const struct clip mute_h264 = {"mute264.ts", SMALL X264 "-an"};
    static const struct clip two = {"two-sounds.ts", SMALL X264 "-map 0 -map 1 -map 1 -c:a aac"};
    static const struct clip long_two = {"two-long-sounds.ts",
        "-f lavfi -i testsrc2=s=128x96:r=25:d=16 -f lavfi -i sine=d=16 " X264 "-map 0 -map 1 -map 1 -c:a aac"};
    static const struct clip one_of_two = {"one-of-two.ts", ""};
    take_sound_away(one_of_two.name, &two, 0);
    const char *const paths[] = {
        join("announced-late.ts", (const struct clip *const[PARTS_MAX]){&mute_h264, &one_of_two}),
        // Later than what is read to learn what there is.
        take_sound_away("announced-first.ts", &long_two, 0.8)};
    static const double begins[] = {2, 12.8};
    static const double ends[] = {4, 16};
    for (int i = 0; i < 2; i++) {
        char *output = mem_sprintf("%s/copy.out", clips_dir());
        struct remux_result result;
        make_copy(paths[i], output, &result);
        assert_true(result.has_audio);
        double first = sound_from(output, 0);
        if (first < begins[i] - 0.5 || first > begins[i] + 0.5)
            fail_msg("%s: sound begins at %f s", paths[i], first);
        assert_true(sound_from(output, ends[i] - 0.2) > 0);
        free(output);
    }
}

static void sound_that_begins_in_the_middle_counts_only_with_a_decoder(void **state)
{
    (void)state;
    struct media_source *source;
    struct err err = ERR_INIT;
    const struct media_input input = {.path = clip_make(aac.name, aac.arguments)};
    assert_ok(media_source_open(&input, MEDIA_SOURCE_FOREIGN, NULL, NULL, &source, &err), &err);
    AVPacket *packet = av_packet_alloc();
    assert_int_equal(av_new_packet(packet, 1), 0);
    packet->stream_index = source->info.audio_stream;
    AVStream *stream = source->format->streams[packet->stream_index];
    media_source_hear(source, packet); // there is sound from the beginning on
    assert_null(source->late_sound);
    source->info.has_audio = false;
    stream->codecpar->codec_id = AV_CODEC_ID_MPEGH_3D_AUDIO;
    media_source_hear(source, packet);
    assert_null(source->late_sound);
    assert_ptr_equal(source->unheard, stream);
    stream->codecpar->codec_id = AV_CODEC_ID_AAC;
    media_source_hear(source, packet);
    assert_ptr_equal(source->late_sound, stream);
    av_packet_free(&packet);
    media_source_close(source);
}

// Broadcasts go from 5.1 to stereo and back.
static void sound_whose_channels_change_is_in_the_copy(void **state)
{
    (void)state;
    static const struct clip mono = {"mono.ts", SMALL X264 "-c:a mp2 -ac 1"};
    static const struct clip many = {"many.ts", SMALL X264 "-c:a ac3 -ac 6"};
    static const struct clip stereo = {"stereo.ts", SMALL X264 "-c:a ac3 -ac 2 -ar 44100"};
    static const struct splice cases[] = {
        {"channels.ts", {&h264, &mono, &h264}}, {"fewer-channels.ts", {&many, &stereo, &many}}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *output = mem_sprintf("%s/copy.out", clips_dir());
        struct remux_result result;
        make_copy(join(cases[i].name, cases[i].parts), output, &result);
        assert_true(result.audio_encoded);
        double sound = stream_seconds(output, "a:0");
        if (sound < 5.9 || sound > 6.2)
            fail_msg("%s: %f s of sound", cases[i].name, sound);
        free(output);
    }
}

// Its times do not jump back where those of the pictures do.
static void sound_that_ended_before_goes_with_the_pictures_of_the_next_recording(void **state)
{
    (void)state;
    static const struct clip early = {
        "ends-early.ts", "-f lavfi -i testsrc2=s=128x96:r=25:d=8 -f lavfi -i sine=d=2 " X264 "-c:a aac"};
    static const struct clip later = {"later-times.ts", SMALL X264 "-c:a aac -output_ts_offset 5"};
    static const struct clip shorter = {
        "shorter.ts", "-f lavfi -i testsrc2=s=128x96:r=25:d=8 -f lavfi -i sine=d=0.5 " X264 "-c:a aac"};
    static const struct splice cases[] = {
        {"early-then-later.ts", {&early, &later}}, {"hardly-any-sound.ts", {&shorter, &early}}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *output = mem_sprintf("%s/copy.out", clips_dir());
        struct remux_result result;
        make_copy(join(cases[i].name, cases[i].parts), output, &result);
        double second = sound_from(output, 2.5);
        if (second < 7.9 || second > 8.1)
            fail_msg("%s: the sound of the second begins at %f s", cases[i].name, second);
        free(output);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_of_a_stream_that_goes_on_as_another_one_is_found),
        cmocka_unit_test(a_limit_behind_the_change_is_kept),
        cmocka_unit_test(what_follows_without_a_video_is_told),
        cmocka_unit_test(what_follows_without_a_keyframe_is_told),
        cmocka_unit_test(what_is_damaged_in_a_row_of_videos_is_told),
        cmocka_unit_test(what_precedes_without_a_video_is_left_out),
        cmocka_unit_test(a_table_that_is_replaced_before_the_next_list_costs_nothing_that_follows),
        cmocka_unit_test(a_copy_for_browsers_shows_all_of_it_with_its_sound),
        cmocka_unit_test(a_copy_of_recordings_put_end_to_end_keeps_their_sound),
        cmocka_unit_test(sound_that_ends_before_its_pictures_costs_none_of_the_next_recording),
        cmocka_unit_test(what_comes_first_without_a_keyframe_costs_the_copy_nothing),
        cmocka_unit_test(sound_that_begins_in_the_middle_is_in_the_copy),
        cmocka_unit_test(sound_that_is_announced_and_never_comes_keeps_none_from_the_copy),
        cmocka_unit_test(sound_that_begins_in_the_middle_counts_only_with_a_decoder),
        cmocka_unit_test(sound_whose_channels_change_is_in_the_copy),
        cmocka_unit_test(sound_that_ended_before_goes_with_the_pictures_of_the_next_recording),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
