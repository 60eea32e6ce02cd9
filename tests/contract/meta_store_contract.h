// What the files of the contract of meta stores share.
#pragma once

#include "base/test.h"
#include "contract.h"
#include "meta_store/meta_store.h"
#include "os/file.h"

#define VIDEO "00000000000000aa"
#define OTHER_VIDEO "00000000000000bb"
#define NO_VIDEO "00000000000000cc"
#define PROJECT "demo"
#define SECOND_US ((int64_t)1000000)
#define RUNNING_OR_QUEUED (1u << VIDEO_RUNNING | 1u << VIDEO_QUEUED)

extern const char *backend;
extern struct err failure; // of the last call

struct fixture {
    char folder[FILE_PATH_MAX];
    struct clock_manual clock;
    struct meta_store *store;
};
int set_up(void **state);
int tear_down(void **state);
#define contract(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

void describe_video(struct meta_video *video, const char *id);
void create(struct fixture *f, const char *id);
struct meta_video get(struct fixture *f, const char *id);
void set_state(struct fixture *f, const char *id, enum video_state state);
struct meta_frame frame_at(int32_t index);
void put_frames(struct fixture *f, const char *id, int32_t from, int32_t count);
void put_objects(struct fixture *f, const char *id, int32_t index, size_t count);
void put_segment(struct fixture *f, const char *id, int32_t index);
bool settle(struct fixture *f, const char *id);
// A running video of one segment with `frames` emitted frames, all split and downloaded.
void run_video(struct fixture *f, const char *id, int32_t frames);

extern const struct contract_part video_part;
extern const struct contract_part frame_part;
extern const struct contract_part record_part;
