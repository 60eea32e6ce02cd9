// Changes over a connection that is cut at every place, of what is sent and of what is answered: each is made once, and
// says what it would have said.
#include "meta_store/meta_store_redis.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "meta_store/redis_testing.h"

#define VIDEO "00000000000000aa"
#define PROJECT "demo"
#define TRACKS 2500
#define PLACES_MOST 25 // of a change that is sent, where a cut is tried

static struct err err;
static struct redis_testing server;

// ---- a proxy that cuts

enum direction { TO_SERVER, TO_CLIENT };

static struct {
    pthread_t thread;
    int listener;
    char path[FILE_PATH_MAX];
    atomic_long passed[2]; // bytes, since it was armed
    atomic_int direction;  // in which to cut
    atomic_long cut_after; // bytes; -1: never
} proxy;

static int connect_to_server(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", server.path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

// Passes what there is; false at the end, or when this is where it is to be cut.
static bool pass(int from, int to, enum direction direction)
{
    char bytes[4096];
    ssize_t size = recv(from, bytes, sizeof(bytes), 0);
    if (size <= 0)
        return false;
    long left = atomic_load(&proxy.cut_after) - atomic_load(&proxy.passed[direction]);
    bool cut = atomic_load(&proxy.cut_after) >= 0 && atomic_load(&proxy.direction) == (int)direction && size > left;
    if (cut) {
        atomic_store(&proxy.cut_after, -1);
        size = left;
    }
    atomic_fetch_add(&proxy.passed[direction], size);
    return size == send(to, bytes, (size_t)size, MSG_NOSIGNAL) && !cut;
}

static void *carry(void *arg)
{
    int client = *(int *)arg;
    free(arg);
    int behind = connect_to_server();
    bool open = true;
    while (open) {
        struct pollfd ends[2] = {{.fd = client, .events = POLLIN}, {.fd = behind, .events = POLLIN}};
        poll(ends, 2, -1);
        if (ends[0].revents != 0)
            open = pass(client, behind, TO_SERVER);
        if (open && ends[1].revents != 0)
            open = pass(behind, client, TO_CLIENT);
    }
    close(client);
    close(behind);
    return NULL;
}

static void *accept_all(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(proxy.listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        pthread_t thread;
        int *own = mem_dup(&fd, sizeof(fd));
        assert_int_equal(pthread_create(&thread, NULL, carry, own), 0);
        pthread_detach(thread);
    }
}

static int start(void **state)
{
    (void)state;
    static const char *const args[] = {"--appendonly", "no", NULL};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    redis_testing_start(&server, args);
    snprintf(proxy.path, sizeof(proxy.path), "%.80s/proxy.sock", server.folder);
    snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", proxy.path);
    atomic_store(&proxy.cut_after, -1);
    proxy.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(proxy.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(proxy.listener, 16), 0);
    assert_int_equal(pthread_create(&proxy.thread, NULL, accept_all, NULL), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    shutdown(proxy.listener, SHUT_RDWR);
    pthread_join(proxy.thread, NULL);
    close(proxy.listener);
    redis_testing_end(&server);
    return 0;
}

// ---- sweeping

struct change {
    void (*prepare)(struct meta_store *store); // before
    void (*make)(struct meta_store *store);    // the change, and what it must say
    void (*look)(struct meta_store *store);    // afterwards, what must be there
};

static struct meta_store *open_store(void)
{
    static int number;
    char *address = mem_sprintf("unix://%s", proxy.path);
    char *prefix = mem_sprintf("test-%d", number++);
    struct meta_store *store = NULL;
    const struct meta_redis_options options = {.address = address, .prefix = prefix, .timeout_ms = 60000};
    assert_ok(meta_store_redis_open(&options, clock_system(), &store, &err), &err);
    free(prefix);
    free(address);
    return store;
}

// Makes the change with a cut after so many bytes; how many went by.
static long make_with_cut(const struct change *change, enum direction direction, long cut_after)
{
    struct meta_store *store = open_store();
    struct meta_video video = {.id = VIDEO, .project = PROJECT, .sampling = {.fps_num = 5, .fps_den = 1}};
    if (change->prepare != NULL) {
        assert_ok(meta_store_create_video(store, &video, NULL, &err), &err);
        change->prepare(store);
    }
    atomic_store(&proxy.passed[TO_SERVER], 0);
    atomic_store(&proxy.passed[TO_CLIENT], 0);
    atomic_store(&proxy.direction, direction);
    atomic_store(&proxy.cut_after, cut_after);
    change->make(store);
    long passed = atomic_load(&proxy.passed[direction]);
    atomic_store(&proxy.cut_after, -1);
    change->look(store);
    meta_store_free(store);
    return passed;
}

static void sweep(const struct change *change)
{
    for (int direction = TO_SERVER; direction <= TO_CLIENT; direction++) {
        long whole = make_with_cut(change, (enum direction)direction, -1);
        assert_true(whole > 0);
        long step = whole / PLACES_MOST + 1;
        for (long at = 0; at < whole; at += step)
            make_with_cut(change, (enum direction)direction, at);
    }
}

// ---- the changes

static struct meta_video get(struct meta_store *store)
{
    struct meta_video video;
    assert_ok(meta_store_get_video(store, VIDEO, &video, &err), &err);
    return video;
}

static void nothing(struct meta_store *store)
{
    (void)store;
}

static void put(struct meta_store *store, size_t objects_each)
{
    struct meta_object objects[3] = {{.x = 1, .track = -1}, {.x = 2, .track = -1}, {.x = 3, .track = -1}};
    struct meta_frame frames[3] = {{.index = 0}, {.index = 1}, {.index = 200}};
    for (size_t i = 0; i < 3; i++) {
        frames[i].objects = objects;
        frames[i].object_count = objects_each;
    }
    assert_ok(meta_store_put_objects(store, VIDEO, frames, 3, &err), &err);
}

static void make_video(struct meta_store *store)
{
    struct meta_video video = {.id = VIDEO, .project = PROJECT, .sampling = {.fps_num = 5, .fps_den = 1}};
    bool created = false;
    assert_ok(meta_store_create_video(store, &video, &created, &err), &err);
    assert_true(created);
}

static void look_for_video(struct meta_store *store)
{
    struct meta_video *videos;
    size_t count;
    assert_ok(meta_store_list_videos(store, PROJECT, NULL, 10, &videos, &count, &err), &err);
    assert_int_equal(count, 1);
    free(videos);
}

static void make_project(struct meta_store *store)
{
    bool created = false;
    assert_ok(meta_store_create_project(store, "another", &created, &err), &err);
    assert_true(created);
}

static void start_running(struct meta_store *store)
{
    assert_ok(meta_store_set_video_state(store, VIDEO, 1u << VIDEO_QUEUED, VIDEO_RUNNING, &err), &err);
}

static void look_for_running(struct meta_store *store)
{
    assert_int_equal(get(store).state, VIDEO_RUNNING);
}

static void put_two_with_tracks(struct meta_store *store)
{
    put(store, 2);
    const struct meta_frame_tracks tracks = {.frame = 1, .tracks = (const int64_t[]){7, 8}, .count = 2};
    assert_ok(meta_store_put_frame_tracks(store, VIDEO, &tracks, 1, &err), &err);
}

static void put_three(struct meta_store *store)
{
    put(store, 3);
}

static void look_for_three(struct meta_store *store)
{
    struct meta_frames frame;
    assert_int_equal(get(store).objects, 9);
    assert_int_equal(get(store).frames_indexed, 3);
    assert_int_equal(get(store).frames_emitted, 3);
    assert_ok(meta_store_get_frame(store, VIDEO, 1, &frame, &err), &err);
    assert_int_equal(frame.items[0].objects[0].track, 7);
    assert_int_equal(frame.items[0].objects[2].track, -1);
    meta_frames_release(&frame);
}

static void put_frame_tracks(struct meta_store *store)
{
    const struct meta_frame_tracks tracks[] = {{.frame = 0, .tracks = (const int64_t[]){1, 2}, .count = 2},
        {.frame = 200, .tracks = (const int64_t[]){3, 4}, .count = 2}};
    assert_ok(meta_store_put_frame_tracks(store, VIDEO, tracks, 2, &err), &err);
}

static void look_for_frame_tracks(struct meta_store *store)
{
    struct meta_frames frame;
    assert_ok(meta_store_get_frame(store, VIDEO, 200, &frame, &err), &err);
    assert_int_equal(frame.items[0].objects[1].track, 4);
    meta_frames_release(&frame);
}

static void put_tracks(struct meta_store *store)
{
    struct meta_track *tracks = mem_calloc(TRACKS, sizeof(*tracks));
    for (int64_t n = 0; n < TRACKS; n++)
        tracks[n] = (struct meta_track){.n = n, .class_name = "car", .objects = n};
    assert_ok(meta_store_put_tracks(store, VIDEO, tracks, TRACKS, 5, &err), &err);
    free(tracks);
}

static void look_for_tracks(struct meta_store *store)
{
    struct meta_track track;
    assert_int_equal(get(store).tracks, TRACKS);
    assert_int_equal(get(store).track_steps, 5);
    assert_ok(meta_store_get_track(store, VIDEO, TRACKS - 1, &track, &err), &err);
    assert_int_equal(track.objects, TRACKS - 1);
}

static void prepare_to_settle(struct meta_store *store)
{
    const struct meta_segment segment = {.end_us = 1};
    start_running(store);
    assert_ok(meta_store_put_segment(store, VIDEO, &segment, &err), &err);
    put(store, 1);
    assert_ok(meta_store_finish_segment(store, VIDEO, 0, 3, &err), &err);
    assert_ok(meta_store_finish_split(store, VIDEO, 1, 3, 1, false, &err), &err);
}

static void settle(struct meta_store *store)
{
    bool settled = false;
    assert_ok(meta_store_settle_video(store, VIDEO, &settled, &err), &err);
    assert_true(settled);
}

static void look_for_done(struct meta_store *store)
{
    assert_int_equal(get(store).state, VIDEO_DONE);
}

static void append_at_the_end(struct meta_store *store)
{
    int64_t position = -1;
    assert_ok(meta_store_append_journal(store, PROJECT, "labels", 0, "yes", 3, &position, &err), &err);
    assert_int_equal(position, 0);
}

static void look_for_one_entry(struct meta_store *store)
{
    struct meta_journal_info info;
    assert_ok(meta_store_get_journal(store, PROJECT, "labels", &info, &err), &err);
    assert_int_equal(info.length, 1);
}

static void append_anywhere(struct meta_store *store)
{
    enum err_code code = meta_store_append_journal(store, PROJECT, "labels", -1, "yes", 3, NULL, &err);
    if (code == ERR_NONE)
        return;
    // It says that it does not know, and does not try again.
    assert_code(code, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "not known"));
}

static void look_for_one_entry_at_most(struct meta_store *store)
{
    struct meta_journal_info info;
    assert_ok(meta_store_get_journal(store, PROJECT, "labels", &info, &err), &err);
    assert_in_range(info.length, 0, 1);
}

static void remove_all(struct meta_store *store)
{
    assert_ok(meta_store_mark_project_deleting(store, PROJECT, &err), &err);
    assert_ok(meta_store_remove_video(store, VIDEO, &err), &err);
    assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
}

static void look_for_nothing(struct meta_store *store)
{
    struct meta_project *projects;
    struct meta_video *videos;
    size_t count;
    assert_ok(meta_store_list_projects(store, NULL, 10, &projects, &count, &err), &err);
    assert_int_equal(count, 0);
    assert_ok(meta_store_list_videos(store, NULL, NULL, 10, &videos, &count, &err), &err);
    assert_int_equal(count, 0);
}

#define SWEEP(sentence, before, at, after)                                                                             \
    static void sentence(void **state)                                                                                 \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        sweep(&(const struct change){.prepare = (before), .make = (at), .look = (after)});                             \
    }

SWEEP(a_project_is_new_once, NULL, make_project, nothing)
SWEEP(a_video_is_new_once, NULL, make_video, look_for_video)
SWEEP(a_state_changes_once, nothing, start_running, look_for_running)
SWEEP(objects_are_counted_once, put_two_with_tracks, put_three, look_for_three)
SWEEP(tracks_of_frames_are_stored, put_two_with_tracks, put_frame_tracks, look_for_frame_tracks)
SWEEP(many_tracks_are_stored_whole, nothing, put_tracks, look_for_tracks)
SWEEP(a_video_settles_once_and_hears_of_it, prepare_to_settle, settle, look_for_done)
SWEEP(an_entry_for_a_place_is_appended_once, nothing, append_at_the_end, look_for_one_entry)
SWEEP(an_entry_for_any_place_is_never_appended_twice, nothing, append_anywhere, look_for_one_entry_at_most)
SWEEP(a_project_is_removed_with_all_in_it, prepare_to_settle, remove_all, look_for_nothing)

int main(void)
{
    if (!redis_testing_is_installed()) {
        puts("1..0 # SKIP no Redis server is installed: scripts/setup test installs redis-tools");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_project_is_new_once),
        cmocka_unit_test(a_video_is_new_once),
        cmocka_unit_test(a_state_changes_once),
        cmocka_unit_test(objects_are_counted_once),
        cmocka_unit_test(tracks_of_frames_are_stored),
        cmocka_unit_test(many_tracks_are_stored_whole),
        cmocka_unit_test(a_video_settles_once_and_hears_of_it),
        cmocka_unit_test(an_entry_for_a_place_is_appended_once),
        cmocka_unit_test(an_entry_for_any_place_is_never_appended_twice),
        cmocka_unit_test(a_project_is_removed_with_all_in_it),
    };
    return cmocka_run_group_tests_name("a connection that is cut", tests, start, end);
}
