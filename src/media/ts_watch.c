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
#define TICKS 90000       // of the times in a second
#define TIME_BITS 33

struct section {
    uint8_t data[SECTION_BYTES_MAX];
    size_t size;
    int64_t at; // offset of its first packet; -1: none is open
};

// What the packets of a table tell without what is in them.
struct table {
    int counter;  // of its newest packet; -1 before the first
    int64_t at;   // where it began last; -1
    bool is_anew; // there it counts from 0 on, and did not come to that by itself
};

struct picture {
    int64_t at; // where it begins; -1: there is none
    bool whole; // no packet of it is missing so far
};

struct video {
    int pid;
    int type;
    int counter;     // of its newest packet; -1 before the first
    int64_t next_at; // offset of the byte after that
    struct picture newest;
    struct picture before;
    bool stuffed; // its newest packet has less than it could hold, as the last one of a picture
    int64_t time; // of decoding its newest picture that has one; -1
    int64_t step; // from the time before that one; 0: not known
};

struct programme {
    int number;
    int table_pid;
    struct table table;
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
    struct table pat_table;
    int64_t pat_at;    // of the newest whole one, if no packet of a video came since; -1
    int64_t first_pat; // offset of the first one; -1
    int64_t end;
    bool following;
    struct programme *programmes[PROGRAMMES_MAX];
    int programme_count;
    int64_t *restarts; // where the newest pictures begin that FFmpeg marks without reason
    size_t restart_count;
};

static const struct table no_table = {.counter = -1, .at = -1};
static const struct picture no_picture = {.at = -1};

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
            watch->pat_table = no_table;
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
            known->table = no_table;
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
            programme->videos[programme->video_count++] = (struct video){
                .pid = pid, .type = data[k], .counter = -1, .newest = no_picture, .before = no_picture, .time = -1};
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

static void note_restart(struct ts_watch *watch, const struct picture *picture)
{
    if (!picture->whole)
        return;
    if (watch->restarts == NULL)
        watch->restarts = mem_calloc(RESTARTS_MAX, sizeof(*watch->restarts));
    watch->restarts[watch->restart_count++ % RESTARTS_MAX] = picture->at;
}

static void forget_restart(struct ts_watch *watch, const struct picture *picture)
{
    size_t kept = watch->restart_count < RESTARTS_MAX ? watch->restart_count : RESTARTS_MAX;
    for (size_t i = 0; i < kept && picture->at >= 0; i++) {
        if (watch->restarts[i] == picture->at)
            watch->restarts[i] = INT64_MIN;
    }
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

static bool is_announced(const uint8_t *data)
{
    return (data[3] & 0x20) != 0 && data[4] > 0 && (data[5] & 0x80) != 0;
}

static void take_table(struct table *table, const uint8_t *data, bool begins, int64_t at)
{
    int counter = data[3] & 0x0F;
    if (begins) {
        table->at = at;
        table->is_anew = table->counter >= 0 && counter == 0 && table->counter != 0x0F;
    }
    table->counter = counter;
}

// When the picture whose packets begin with the data is decoded; -1 if that is not told.
static int64_t time_of(const uint8_t *data, size_t size)
{
    if (size < 19 || data[0] != 0 || data[1] != 0 || data[2] != 1 || (data[6] & 0xC0) != 0x80)
        return -1;
    bool both = (data[7] & 0xC0) == 0xC0;
    if ((data[7] & 0x80) == 0)
        return -1;
    const uint8_t *time = data + (both ? 14 : 9);
    return (int64_t)(time[0] & 0x0E) << 29 | time[1] << 22 | (time[2] & 0xFE) << 14 | time[3] << 7 | time[4] >> 1;
}

static int64_t time_between(int64_t from, int64_t to)
{
    int64_t forward = (to - from) & ((INT64_C(1) << TIME_BITS) - 1);
    return forward < INT64_C(1) << (TIME_BITS - 1) ? forward : forward - (INT64_C(1) << TIME_BITS);
}

// Whether the picture that begins with the packet is the first of another recording. Where pictures were lost, their
// packets' counter does not go on either, and perhaps the tables' (a broadcast loses several packets at once). But no
// loss takes the times back, and none leaves the time of the next picture where it is expected: there, all counters
// must begin with 0 besides. What is neither is told, as a damage that is none does less harm than one that is hidden.
static bool begins_recording(const struct ts_watch *watch, const struct programme *programme, const struct video *video,
    int64_t time, int counter)
{
    bool tables_came = watch->pat_table.at >= video->next_at && programme->table.at >= video->next_at;
    if (!tables_came || !video->newest.whole || !video->stuffed || time < 0 || video->time < 0)
        return false;
    int64_t step = time_between(video->time, time);
    bool all_anew = counter == 0 && watch->pat_table.is_anew && programme->table.is_anew;
    return step < -TICKS || (all_anew && step <= video->step);
}

static void take_time(struct video *video, int64_t time)
{
    if (time < 0)
        return;
    video->step = video->time >= 0 ? time_between(video->time, time) : 0;
    video->time = time;
}

static void take_video(struct ts_watch *watch, const struct programme *programme, struct video *video,
    const uint8_t *data, size_t from, int64_t at)
{
    bool begins = (data[1] & 0x40) != 0;
    int counter = data[3] & 0x0F;
    int64_t time = begins ? time_of(data + from, PACKET_BYTES - from) : -1;
    bool follows = video->counter < 0 || is_announced(data) || counter == ((video->counter + 1) & 0x0F);
    if (!follows && begins && begins_recording(watch, programme, video, time, counter)) {
        // Nothing is missing of the picture that ends here, but FFmpeg marks it, or what it takes from its beginning.
        note_restart(watch, &video->newest);
        note_restart(watch, &video->before);
    } else if (!follows) {
        // From now on there is a reason to mark them.
        video->newest.whole = false;
        forget_restart(watch, &video->newest);
        forget_restart(watch, &video->before);
    }
    if (begins) {
        video->before = video->newest;
        video->newest = (struct picture){.at = at, .whole = true};
    }
    take_time(video, time);
    video->counter = counter;
    video->next_at = at + PACKET_BYTES;
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
    if (pid == PAT_PID) {
        take_table(&watch->pat_table, data, begins, at);
        take_payload(watch, NULL, &watch->pat, data + from, PACKET_BYTES - from, begins, at);
    }
    for (int i = 0; i < watch->programme_count; i++) {
        struct programme *programme = watch->programmes[i];
        if (programme->table_pid == pid) {
            take_table(&programme->table, data, begins, at);
            take_payload(watch, programme, &programme->section, data + from, PACKET_BYTES - from, begins, at);
        }
        for (int k = 0; k < programme->video_count; k++) {
            if (programme->videos[k].pid != pid)
                continue;
            watch->pat_at = -1;
            take_video(watch, programme, &programme->videos[k], data, from, at);
        }
    }
}

static void forget_halves(struct ts_watch *watch)
{
    watch->rest_size = watch->skip = 0;
    watch->pat.at = watch->pat_at = -1;
    watch->pat_table = no_table;
    for (int i = 0; i < watch->programme_count; i++) {
        struct programme *programme = watch->programmes[i];
        programme->section.at = -1;
        programme->table = no_table;
        for (int k = 0; k < programme->video_count; k++) {
            struct video *video = &programme->videos[k];
            video->counter = -1;
            video->newest = video->before = no_picture;
            video->time = -1;
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
