#include "media/ts_watch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/crc.h>

#include "base/mem.h"

#define PACKET_BYTES 188 // without what some writers put before or after each
#define RAW_BYTES_MAX 204
#define SYNC 0x47
#define SYNCS_MIN 4 // in a row tell the size of the packets
#define PAT_PID 0
#define SECTION_BYTES_MAX 1024
#define PROGRAMMES_MAX 64
#define VIDEOS_MAX 8      // of a programme
#define RESTARTS_MAX 4096 // more than FFmpeg reads ahead of what it gives

struct section {
    uint8_t data[SECTION_BYTES_MAX];
    size_t size;
    int64_t at; // offset of its first packet; -1: none is open
};

struct video {
    int pid;
    int type;
    int counter;    // of its newest packet; -1 before the first
    int64_t at;     // where its newest picture begins; -1
    int64_t before; // and the one before that
    bool whole;     // no packet of the newest picture is missing so far
    bool stuffed;   // its newest packet has less than it could hold, as the last one of a picture
};

struct programme {
    int number;
    int table_pid;
    struct section section;
    bool seen; // its table
    int video_count;
    struct video videos[VIDEOS_MAX];
};

struct ts_watch {
    size_t raw_bytes; // of a packet with what is around it
    uint8_t rest[PACKET_BYTES];
    size_t rest_size;
    size_t skip;         // of the next bytes, what is around a packet
    int64_t next_offset; // of the byte after the newest
    struct section pat;
    int64_t pat_at;    // of the newest whole one, if no packet of a video came since; -1
    int64_t first_pat; // offset of the first one; -1
    int64_t end;
    bool following;
    struct programme *programmes[PROGRAMMES_MAX];
    int programme_count;
    int64_t *restarts; // where the newest pictures begin that FFmpeg marks without reason
    size_t restart_count;
};

// Whether FFmpeg takes streams of the type for video.
static bool is_video(int type)
{
    static const uint8_t types[] = {0x01, 0x02, 0x10, 0x1B, 0x20, 0x21, 0x24, 0x42, 0xD1, 0xD2, 0xD4, 0xEA};
    return memchr(types, type, sizeof(types)) != NULL;
}

struct ts_watch *ts_watch_new(const uint8_t *data, size_t size)
{
    static const size_t sizes[] = {PACKET_BYTES, 192, RAW_BYTES_MAX};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        for (size_t at = 0; at < sizes[i] && at + SYNCS_MIN * sizes[i] <= size; at++) {
            bool all = true;
            for (size_t k = 0; k < SYNCS_MIN; k++)
                all = all && data[at + k * sizes[i]] == SYNC;
            if (!all)
                continue;
            struct ts_watch *watch = mem_calloc(1, sizeof(*watch));
            watch->raw_bytes = sizes[i];
            watch->end = INT64_MAX;
            watch->pat.at = watch->pat_at = watch->next_offset = watch->first_pat = -1;
            return watch;
        }
    }
    return NULL;
}

void ts_watch_free(struct ts_watch *watch)
{
    if (watch == NULL)
        return;
    for (int i = 0; i < watch->programme_count; i++)
        free(watch->programmes[i]);
    free(watch->restarts);
    free(watch);
}

void ts_watch_follow(struct ts_watch *watch, int pid)
{
    watch->following = true;
    for (int i = 0; i < watch->programme_count; i++) {
        struct programme *programme = watch->programmes[i];
        int kept = 0;
        for (int k = 0; k < programme->video_count; k++) {
            if (programme->videos[k].pid == pid)
                programme->videos[kept++] = programme->videos[k];
        }
        programme->video_count = kept;
    }
}

int64_t ts_watch_end(const struct ts_watch *watch)
{
    return watch->end;
}

static void end_at(struct ts_watch *watch, int64_t offset)
{
    if (offset < watch->end)
        watch->end = offset;
}

static void take_pat(struct ts_watch *watch, const uint8_t *data, size_t size, int64_t at)
{
    // What is opened begins with the first one: a border there would leave a part without a length.
    if (watch->first_pat < 0 || at < watch->first_pat)
        watch->first_pat = at;
    bool first = at == watch->first_pat;
    watch->pat_at = first ? -1 : at;
    bool whole = data[7] == 0; // the list is in one section
    for (int i = 0; i < watch->programme_count && whole; i++) {
        bool listed = watch->programmes[i]->video_count == 0;
        for (size_t k = 8; k + 8 <= size; k += 4)
            listed = listed || (data[k] << 8 | data[k + 1]) == watch->programmes[i]->number;
        if (!listed && !first)
            end_at(watch, at);
    }
    for (size_t k = 8; k + 8 <= size && at < watch->end; k += 4) {
        int number = data[k] << 8 | data[k + 1];
        int pid = (data[k + 2] & 0x1F) << 8 | data[k + 3];
        struct programme *known = NULL;
        for (int i = 0; i < watch->programme_count; i++) {
            if (watch->programmes[i]->number == number)
                known = watch->programmes[i];
        }
        if (known == NULL && number != 0 && watch->programme_count < PROGRAMMES_MAX) {
            known = watch->programmes[watch->programme_count++] = mem_calloc(1, sizeof(*known));
            known->number = number;
            known->section.at = -1;
        }
        if (known != NULL)
            known->table_pid = pid;
    }
}

static void take_pmt(struct ts_watch *watch, struct programme *programme, const uint8_t *data, size_t size, int64_t at)
{
    if (size < 16 || (data[3] << 8 | data[4]) != programme->number)
        return;
    bool had_none = programme->seen && programme->video_count == 0 && !watch->following;
    bool still[VIDEOS_MAX] = {false};
    size_t k = 12 + (size_t)((data[10] & 0x0F) << 8 | data[11]);
    for (; k + 5 + 4 <= size; k += 5 + (size_t)((data[k + 3] & 0x0F) << 8 | data[k + 4])) {
        int pid = (data[k + 1] & 0x1F) << 8 | data[k + 2];
        if (!is_video(data[k]))
            continue;
        if (had_none)
            end_at(watch, watch->pat_at >= 0 ? watch->pat_at : at);
        for (int i = 0; i < programme->video_count; i++)
            still[i] = still[i] || (programme->videos[i].pid == pid && programme->videos[i].type == data[k]);
        if (!programme->seen && !watch->following && programme->video_count < VIDEOS_MAX) {
            still[programme->video_count] = true;
            programme->videos[programme->video_count++] =
                (struct video){.pid = pid, .type = data[k], .counter = -1, .at = -1, .before = -1};
        }
    }
    programme->seen = true;
    for (int i = 0; i < programme->video_count; i++) {
        if (!still[i])
            end_at(watch, watch->pat_at >= 0 ? watch->pat_at : at);
    }
}

static void take_section(
    struct ts_watch *watch, struct programme *programme, const uint8_t *data, size_t size, int64_t at)
{
    bool current = (data[5] & 1) != 0;
    if (!current || av_crc(av_crc_get_table(AV_CRC_32_IEEE), UINT32_MAX, data, size) != 0)
        return;
    if (programme == NULL && data[0] == 0)
        take_pat(watch, data, size, at);
    else if (programme != NULL && data[0] == 2)
        take_pmt(watch, programme, data, size, at);
}

// Adds bytes to the section and takes it when it is whole.
static void add_to_section(
    struct ts_watch *watch, struct programme *programme, struct section *section, const uint8_t *data, size_t size)
{
    if (section->at < 0)
        return;
    size_t room = sizeof(section->data) - section->size;
    memcpy(section->data + section->size, data, size < room ? size : room);
    section->size += size < room ? size : room;
    if (section->size < 3)
        return;
    size_t length = 3 + (size_t)((section->data[1] & 0x0F) << 8 | section->data[2]);
    if (length > sizeof(section->data) || length < 12) {
        section->at = -1;
    } else if (section->size >= length) {
        take_section(watch, programme, section->data, length, section->at);
        section->at = -1;
    }
}

// Bytes of a section in a packet's payload. A section that begins behind the end of another one is not looked for.
static void take_payload(struct ts_watch *watch, struct programme *programme, struct section *section,
    const uint8_t *data, size_t size, bool begins, int64_t at)
{
    if (!begins) {
        add_to_section(watch, programme, section, data, size);
        return;
    }
    size_t pointer = (size_t)data[0] + 1;
    if (pointer > size)
        return;
    add_to_section(watch, programme, section, data + 1, pointer - 1);
    section->at = at;
    section->size = 0;
    add_to_section(watch, programme, section, data + pointer, size - pointer);
}

bool ts_watch_is_whole(const struct ts_watch *watch, int64_t offset)
{
    size_t kept = watch->restart_count < RESTARTS_MAX ? watch->restart_count : RESTARTS_MAX;
    for (size_t i = 0; i < kept; i++) {
        // FFmpeg counts what is around a packet to the one behind.
        if (watch->restarts[i] == offset + (int64_t)(watch->raw_bytes - PACKET_BYTES))
            return true;
    }
    return false;
}

static void note_restart(struct ts_watch *watch, int64_t at)
{
    if (watch->restarts == NULL)
        watch->restarts = mem_calloc(RESTARTS_MAX, sizeof(*watch->restarts));
    watch->restarts[watch->restart_count++ % RESTARTS_MAX] = at;
}

// Whether the packet has an adaptation field that is longer than what it says.
static bool is_stuffed(const uint8_t *data)
{
    if ((data[3] & 0x20) == 0)
        return false;
    size_t length = data[4];
    if (length == 0)
        return true;
    if (length > PACKET_BYTES - 5)
        return false;
    size_t used =
        1U + ((data[5] & 0x10) != 0 ? 6U : 0) + ((data[5] & 0x08) != 0 ? 6U : 0) + ((data[5] & 0x04) != 0 ? 1U : 0);
    for (int flag = 0x02; flag > 0 && used < length; flag >>= 1) {
        if ((data[5] & flag) != 0)
            used += 1 + (size_t)data[5 + used];
    }
    return used < length;
}

static void take_video(struct ts_watch *watch, struct video *video, const uint8_t *data, bool begins, int64_t at)
{
    int counter = data[3] & 0x0F;
    bool announced = (data[3] & 0x20) != 0 && data[4] > 0 && (data[5] & 0x80) != 0;
    bool follows = video->counter < 0 || announced || counter == ((video->counter + 1) & 0x0F);
    if (begins) {
        // Nothing is missing of the picture that ends here, but FFmpeg marks it, or what it takes from its beginning.
        if (!follows && video->whole && video->stuffed) {
            note_restart(watch, video->at);
            if (video->before >= 0)
                note_restart(watch, video->before);
        }
        video->before = video->at;
        video->at = at;
    }
    video->whole = begins || (video->whole && follows);
    video->counter = counter;
    video->stuffed = is_stuffed(data);
}

static void take_packet(struct ts_watch *watch, const uint8_t *data, int64_t at)
{
    int pid = (data[1] & 0x1F) << 8 | data[2];
    size_t from = 4 + ((data[3] & 0x20) != 0 ? (size_t)data[4] + 1 : 0);
    bool broken = (data[1] & 0x80) != 0;
    if (broken || (data[3] & 0x10) == 0 || from >= PACKET_BYTES)
        return;
    bool begins = (data[1] & 0x40) != 0;
    if (pid == PAT_PID)
        take_payload(watch, NULL, &watch->pat, data + from, PACKET_BYTES - from, begins, at);
    for (int i = 0; i < watch->programme_count; i++) {
        struct programme *programme = watch->programmes[i];
        if (programme->table_pid == pid)
            take_payload(watch, programme, &programme->section, data + from, PACKET_BYTES - from, begins, at);
        for (int k = 0; k < programme->video_count; k++) {
            if (programme->videos[k].pid != pid)
                continue;
            watch->pat_at = -1;
            take_video(watch, &programme->videos[k], data, begins, at);
        }
    }
}

static void forget_halves(struct ts_watch *watch)
{
    watch->rest_size = watch->skip = 0;
    watch->pat.at = watch->pat_at = -1;
    for (int i = 0; i < watch->programme_count; i++) {
        struct programme *programme = watch->programmes[i];
        programme->section.at = -1;
        for (int k = 0; k < programme->video_count; k++) {
            programme->videos[k].counter = -1;
            programme->videos[k].at = programme->videos[k].before = -1;
            programme->videos[k].whole = false;
        }
    }
}

// Takes what there is of a packet that goes over the border between two reads; how many bytes that are.
static size_t take_part(struct ts_watch *watch, const uint8_t *data, size_t size, int64_t offset)
{
    size_t wanted = PACKET_BYTES - watch->rest_size;
    size_t got = size < wanted ? size : wanted;
    memcpy(watch->rest + watch->rest_size, data, got);
    watch->rest_size += got;
    if (watch->rest_size == PACKET_BYTES) {
        watch->rest_size = 0;
        watch->skip = watch->raw_bytes - PACKET_BYTES;
        take_packet(watch, watch->rest, offset + (int64_t)got - PACKET_BYTES);
    }
    return got;
}

void ts_watch_feed(struct ts_watch *watch, int64_t offset, const uint8_t *data, size_t size)
{
    if (offset != watch->next_offset)
        forget_halves(watch);
    watch->next_offset = offset + (int64_t)size;
    size_t at = 0;
    while (at < size && offset + (int64_t)at < watch->end) {
        if (watch->skip > 0) {
            size_t skipped = size - at < watch->skip ? size - at : watch->skip;
            watch->skip -= skipped;
            at += skipped;
        } else if (watch->rest_size > 0) {
            at += take_part(watch, data + at, size - at, offset + (int64_t)at);
        } else if (data[at] == SYNC && (size - at <= watch->raw_bytes || data[at + watch->raw_bytes] == SYNC)) {
            at += take_part(watch, data + at, size - at, offset + (int64_t)at);
        } else {
            at++;
        }
    }
}
