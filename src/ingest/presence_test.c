// Who is at work, as the activity topic tells.
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "ingest/presence.h"
#include "os/cancel.h"
#include "os/thread.h"
#include "queue/queue_memory.h"

#define LISTEN_MS 20000 // ends with the first word

static struct err err;

struct scene {
    struct queue *queue;
    struct clock_manual clock;
};

static int open_scene(void **state)
{
    static struct scene scene;
    struct queue_options options;
    queue_options_default(&options);
    clock_manual_init(&scene.clock, 1000000000);
    scene.queue = queue_memory_new(&options, &scene.clock.clock);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    queue_free(scene->queue);
    return 0;
}

static void say(
    struct scene *scene, const char *host, long pid, const char *worker, const char *worker_state, int64_t at_us)
{
    char text[512];
    snprintf(text, sizeof(text),
        "{\"v\":1,\"at_us\":%lld,\"host\":\"%s\",\"pid\":%ld,\"workers\":[{\"id\":\"%s\",\"state\":\"%s\"}],"
        "\"events\":[]}",
        (long long)at_us, host, pid, worker, worker_state);
    const struct queue_item item = {.key = host, .body = text, .body_size = strlen(text)};
    assert_ok(queue_publish(scene->queue, TOPIC_ACTIVITY, &item, 1, &err), &err);
}

static struct presence find(struct scene *scene, int64_t listen_ms)
{
    struct presence presence;
    assert_ok(presence_find(scene->queue, &scene->clock.clock, listen_ms, NULL, &presence, &err), &err);
    return presence;
}

static void a_worker_that_was_heard_of_a_moment_ago_is_found_with_its_host(void **state)
{
    struct scene *scene = *state;
    assert_false(find(scene, 0).found);
    say(scene, "elsewhere", 1, "indexer-elsewhere-1-0", "idle", 1000000000 - 3000000);
    const struct presence presence = find(scene, 0);
    assert_true(presence.found);
    assert_string_equal(presence.worker, "indexer-elsewhere-1-0");
    assert_string_equal(presence.host, "elsewhere");
}

static void one_that_ended_or_fell_silent_is_not(void **state)
{
    struct scene *scene = *state;
    say(scene, "elsewhere", 1, "indexer-elsewhere-1-0", "busy", 1000000000 - 3000000);
    say(scene, "elsewhere", 1, "indexer-elsewhere-1-0", "stopped", 1000000000 - 2000000);
    say(scene, "elsewhere", 2, "indexer-elsewhere-2-0", "busy", 1000000000 - 60000000);
    assert_false(find(scene, 0).found);
}

static void one_whose_process_is_gone_from_this_machine_is_not(void **state)
{
    struct scene *scene = *state;
    char host[64] = "";
    assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    say(scene, host, (long)pid, "indexer-here-0", "busy", 1000000000);
    assert_false(find(scene, 0).found);
    say(scene, host, (long)getpid(), "indexer-here-1", "busy", 1000000000);
    assert_true(find(scene, 0).found);
}

struct saying {
    struct scene *scene;
    struct cancel *stop;
};

// Of a machine whose clock is years behind.
static void say_on(void *arg)
{
    struct saying *saying = arg;
    do
        say(saying->scene, "elsewhere", 1, "tracker-elsewhere-1-0", "idle", 5);
    while (!cancel_wait(saying->stop, 5));
}

static void one_whose_clock_is_wrong_is_found_when_it_says_something(void **state)
{
    struct saying saying = {.scene = *state, .stop = cancel_new(NULL)};
    struct thread *thread;
    say(saying.scene, "elsewhere", 1, "tracker-elsewhere-1-0", "idle", 4);
    assert_false(find(saying.scene, 0).found);
    assert_ok(thread_start("speaker", say_on, &saying, &thread, &err), &err);
    const struct presence presence = find(saying.scene, LISTEN_MS);
    cancel_request(saying.stop);
    thread_join(thread);
    cancel_free(saying.stop);
    assert_true(presence.found);
    assert_string_equal(presence.worker, "tracker-elsewhere-1-0");
}

static void what_is_no_activity_is_passed_over(void **state)
{
    struct scene *scene = *state;
    static const char *const texts[] = {"", "not json", "[]", "{\"workers\":[1,{\"id\":7}],\"host\":3}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct queue_item item = {.key = "x", .body = texts[i], .body_size = strlen(texts[i])};
        assert_ok(queue_publish(scene->queue, TOPIC_ACTIVITY, &item, 1, &err), &err);
    }
    assert_false(find(scene, 0).found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_worker_that_was_heard_of_a_moment_ago_is_found_with_its_host, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(one_that_ended_or_fell_silent_is_not, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(one_whose_process_is_gone_from_this_machine_is_not, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(
            one_whose_clock_is_wrong_is_found_when_it_says_something, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(what_is_no_activity_is_passed_over, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
