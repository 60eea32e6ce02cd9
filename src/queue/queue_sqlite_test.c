// What is the SQLite queue's own: it lasts, processes share it, and any of them may be killed.
#include "queue/queue_sqlite.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "db/db.h"
#include "os/file.h"
#include "os/spawn_testing.h"

#define APPLICATION_ID 0x46487175
#define PATIENCE_MS 20000
#define NUMBERS_MAX 100000

static struct err err;

struct fixture {
    char folder[FILE_PATH_MAX];
    char *path;
    struct queue *queue;
};

static struct queue *open_queue(const char *path, int max_attempts)
{
    struct queue_options options;
    queue_options_default(&options);
    options.max_attempts = max_attempts;
    struct queue *queue = NULL;
    if (queue_sqlite_open(path, &options, clock_system(), &queue, &err) != ERR_NONE)
        fprintf(stderr, "%s\n", err.message);
    return queue;
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    assert_ok(dir_make_temporary(NULL, "queue-test-", f->folder, &err), &err);
    f->path = mem_sprintf("%s/queue.db", f->folder);
    f->queue = open_queue(f->path, 100);
    assert_non_null(f->queue);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    queue_free(f->queue);
    assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f->path);
    free(f);
    return 0;
}

static enum err_code publish_number(struct queue *queue, const char *topic, int number)
{
    const struct queue_item item = {.key = "0000000000000001/0", .body = &number, .body_size = sizeof(number)};
    return queue_publish(queue, topic, &item, 1, &err);
}

static int number_of(const struct queue_message *message)
{
    int number;
    memcpy(&number, message->body, sizeof(number));
    return number;
}

static struct queue_message *receive_one(struct queue *queue, const char *topic, int64_t wait_ms)
{
    struct queue_message *message = NULL;
    size_t count = 0;
    assert_ok(queue_receive(queue, topic, "parent", 1, wait_ms, NULL, &message, &count, &err), &err);
    return count == 1 ? message : NULL;
}

// ---- roles of other processes

static int role_publish(char **args)
{
    struct queue *queue = open_queue(args[0], 100);
    for (int number = atoi(args[1]); queue != NULL; number++) {
        if (publish_number(queue, TOPIC_FRAMES, number) != ERR_NONE)
            return 1;
        spawn_say("%d", number);
    }
    return 1;
}

// Passes each message on, then acknowledges it: what a worker does.
static int role_work(char **args)
{
    struct queue *queue = open_queue(args[0], 100);
    while (queue != NULL) {
        struct queue_message *messages[4];
        size_t count = 0;
        if (queue_receive(queue, TOPIC_FRAMES, "child", 4, 100, NULL, messages, &count, &err) != ERR_NONE)
            return 1;
        for (size_t i = 0; i < count; i++) {
            int number = number_of(messages[i]);
            if (publish_number(queue, TOPIC_DETECTIONS, number) != ERR_NONE ||
                queue_ack(queue, &messages[i], 1, &err) != ERR_NONE)
                return 1;
            spawn_say("%d", number);
            queue_message_free(messages[i]);
        }
        if (count == 0)
            spawn_say("-1");
    }
    return 1;
}

static int role_lease(char **args)
{
    struct queue *queue = open_queue(args[0], atoi(args[1]));
    struct queue_message *messages[8];
    size_t count = 0;
    if (queue == NULL ||
        queue_receive(queue, TOPIC_FRAMES, "victim", 8, PATIENCE_MS, NULL, messages, &count, &err) != ERR_NONE)
        return 1;
    spawn_say("%zu", count);
    spawn_wait_for_go();
    return 0;
}

// Publishes until the disk is full, then again with room; the parent looks at what it says.
static int role_fill_disk(char **args)
{
    signal(SIGXFSZ, SIG_IGN);
    struct queue *queue = open_queue(args[0], 5);
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    struct rlimit small = {.rlim_cur = 300000, .rlim_max = limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    char *body = mem_calloc(1, 20000);
    const struct queue_item item = {.key = "k", .body = body, .body_size = 20000};
    int published = 0;
    while (published < 1000 && queue_publish(queue, TOPIC_FRAMES, &item, 1, &err) == ERR_NONE)
        published++;
    spawn_say("%s %s", err_code_name(err.code), err.message);
    setrlimit(RLIMIT_FSIZE, &limit);
    struct queue_stats stats;
    if (queue_stats(queue, TOPIC_FRAMES, &stats, &err) != ERR_NONE || stats.ready != published)
        return 1;
    enum err_code code = queue_publish(queue, TOPIC_FRAMES, &item, 1, &err);
    free(body);
    queue_free(queue);
    return code == ERR_NONE ? 0 : 2;
}

// ---- lasting

static void everything_is_there_after_opening_again(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        assert_ok(publish_number(f->queue, TOPIC_FRAMES, i), &err);
    assert_ok(publish_number(f->queue, TOPIC_ACTIVITY, 7), &err);
    struct queue_message *message = receive_one(f->queue, TOPIC_FRAMES, 0);
    assert_ok(queue_bury(f->queue, message, "bad", &err), &err);
    queue_message_free(message);
    queue_free(f->queue);
    f->queue = open_queue(f->path, 5);
    message = receive_one(f->queue, TOPIC_FRAMES, 0);
    assert_int_equal(number_of(message), 1);
    assert_ok(queue_ack(f->queue, &message, 1, &err), &err);
    queue_message_free(message);
    struct queue_dead_letter *letters;
    size_t count;
    assert_ok(queue_dead_letters(f->queue, NULL, 0, 10, &letters, &count, &err), &err);
    assert_int_equal(count, 1);
    queue_dead_letters_free(letters, count);
    int64_t end;
    assert_ok(queue_log_end(f->queue, TOPIC_ACTIVITY, &end, &err), &err);
    assert_int_equal(end, 1);
}

// Changes the file by SQL, as another version or another boot would have.
static void run_sql(struct fixture *f, const char *sql)
{
    static const char *const one[] = {""};
    const struct db_options options = {
        .path = f->path, .kind = "queue", .application_id = APPLICATION_ID, .migrations = one, .migration_count = 1};
    struct db *db;
    assert_ok(db_open(&options, &db, &err), &err);
    struct db_tx tx;
    db_begin(db, DB_WRITE, &tx);
    db_exec(&tx, sql);
    assert_ok(db_end(&tx, &err), &err);
    db_free(db);
}

static void leases_and_delays_do_not_outlive_the_start_of_the_machine(void **state)
{
    struct fixture *f = *state;
    assert_ok(publish_number(f->queue, TOPIC_FRAMES, 1), &err);
    assert_ok(publish_number(f->queue, TOPIC_FRAMES, 2), &err);
    struct queue_message *leased = receive_one(f->queue, TOPIC_FRAMES, 0);
    struct queue_message *rejected = receive_one(f->queue, TOPIC_FRAMES, 0);
    assert_ok(queue_reject(f->queue, rejected, "later", NULL, &err), &err);
    queue_free(f->queue);
    run_sql(f, "UPDATE state SET value = 'another boot' WHERE name = 'boot'");
    f->queue = open_queue(f->path, 5);
    for (int i = 1; i <= 2; i++) {
        struct queue_message *message = receive_one(f->queue, TOPIC_FRAMES, 0);
        assert_int_equal(number_of(message), i);
        assert_int_equal(message->attempt, 2);
        queue_message_free(message);
    }
    queue_message_free(leased);
    queue_message_free(rejected);
}

// ---- other processes

static void a_message_of_another_process_is_received(void **state)
{
    struct fixture *f = *state;
    struct spawned child = spawn("publish", f->path, "0");
    struct queue_message *message = receive_one(f->queue, TOPIC_FRAMES, PATIENCE_MS);
    assert_non_null(message);
    queue_message_free(message);
    spawned_kill(&child);
}

static void what_a_killed_worker_held_is_delivered_again_at_once(void **state)
{
    struct fixture *f = *state;
    char line[64];
    for (int i = 0; i < 3; i++)
        assert_ok(publish_number(f->queue, TOPIC_FRAMES, i), &err);
    struct spawned child = spawn("lease", f->path, "100");
    assert_true(spawned_line(&child, line, sizeof(line)));
    assert_string_equal(line, "3");
    assert_null(receive_one(f->queue, TOPIC_FRAMES, 0));
    spawned_kill(&child);
    // The lease would last 30 s; receivers look for ended processes about every second.
    struct queue_message *message = receive_one(f->queue, TOPIC_FRAMES, PATIENCE_MS);
    assert_non_null(message);
    assert_int_equal(message->attempt, 1);
    queue_message_free(message);
    // Whoever opens the queue sees them at once.
    struct queue *second = open_queue(f->path, 100);
    message = receive_one(second, TOPIC_FRAMES, 0);
    assert_non_null(message);
    queue_message_free(message);
    queue_free(second);
}

// Processes that may make `max_attempts` of it are killed with a message in hand, one after the other.
static void kill_workers(struct fixture *f, const char *max_attempts, int times)
{
    char line[64];
    for (int i = 0; i < times; i++) {
        struct spawned child = spawn("lease", f->path, max_attempts);
        assert_true(spawned_line(&child, line, sizeof(line)));
        assert_string_equal(line, "1");
        spawned_kill(&child);
    }
}

static size_t count_dead_letters(struct queue *queue)
{
    struct queue_dead_letter *letters;
    size_t count;
    assert_ok(queue_dead_letters(queue, NULL, 0, 10, &letters, &count, &err), &err);
    queue_dead_letters_free(letters, count);
    return count;
}

static void twenty_killed_workers_are_no_failed_attempts(void **state)
{
    struct fixture *f = *state;
    assert_ok(publish_number(f->queue, TOPIC_FRAMES, 1), &err);
    kill_workers(f, "5", 20);
    queue_free(f->queue);
    f->queue = open_queue(f->path, 5);
    assert_int_equal(count_dead_letters(f->queue), 0);
    // Nor do they take attempts away from failures that follow.
    struct queue_message *message = receive_one(f->queue, TOPIC_FRAMES, 0);
    assert_non_null(message);
    assert_int_equal(message->attempt, 1);
    bool dead;
    assert_ok(queue_reject(f->queue, message, "fails", &dead, &err), &err);
    assert_false(dead);
    queue_message_free(message);
}

static void a_message_that_kills_its_worker_becomes_a_dead_letter(void **state)
{
    struct fixture *f = *state;
    assert_ok(publish_number(f->queue, TOPIC_FRAMES, 666), &err);
    kill_workers(f, "2", 10);
    queue_free(f->queue);
    f->queue = open_queue(f->path, 2);
    assert_null(receive_one(f->queue, TOPIC_FRAMES, 0));
    struct queue_dead_letter *letters;
    size_t count;
    assert_ok(queue_dead_letters(f->queue, NULL, 0, 10, &letters, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_int_equal(letters->attempts, 10);
    assert_non_null(strstr(letters->reason, "10 processes in a row ended"));
    assert_non_null(strstr(letters->reason, "victim"));
    queue_dead_letters_free(letters, count);
}

static uint32_t draw(uint64_t *random, uint32_t below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*random >> 33) % below);
}

struct ledger {
    bool *published, *acked, *passed_on;
    int next;
};

// Lets a publisher and a worker run side by side for some lines each, then kills both.
static void run_and_kill(struct fixture *f, struct ledger *ledger, uint64_t *random)
{
    char line[64];
    char from[16];
    snprintf(from, sizeof(from), "%d", ledger->next);
    struct spawned publisher = spawn("publish", f->path, from);
    struct spawned worker = spawn("work", f->path, NULL);
    uint32_t lines = 5 + draw(random, 60);
    for (uint32_t i = 0; i < lines; i++) {
        assert_true(spawned_line(&publisher, line, sizeof(line)));
        ledger->published[atoi(line)] = true;
        assert_true(spawned_line(&worker, line, sizeof(line)));
        if (atoi(line) >= 0)
            ledger->acked[atoi(line)] = true;
    }
    // What the dead said before the end still counts.
    kill(publisher.pid, SIGKILL);
    kill(worker.pid, SIGKILL);
    while (spawned_line(&publisher, line, sizeof(line)))
        ledger->published[atoi(line)] = true;
    while (spawned_line(&worker, line, sizeof(line))) {
        if (atoi(line) >= 0)
            ledger->acked[atoi(line)] = true;
    }
    spawned_wait(&publisher);
    spawned_wait(&worker);
    while (ledger->published[ledger->next])
        ledger->next++;
    // One more may have been published without having been said.
    ledger->next++;
}

static void nothing_is_lost_when_publishers_and_workers_are_killed(void **state)
{
    struct fixture *f = *state;
    struct ledger ledger = {.published = mem_calloc(NUMBERS_MAX, 1),
        .acked = mem_calloc(NUMBERS_MAX, 1),
        .passed_on = mem_calloc(NUMBERS_MAX, 1)};
    uint64_t random = 20;
    for (int round = 0; round < 12; round++)
        run_and_kill(f, &ledger, &random);
    // Another open takes back what the last worker held.
    queue_free(f->queue);
    f->queue = open_queue(f->path, 100);
    struct queue_message *message;
    while ((message = receive_one(f->queue, TOPIC_FRAMES, 0)) != NULL) {
        assert_false(ledger.acked[number_of(message)]);
        ledger.passed_on[number_of(message)] = true;
        assert_ok(queue_ack(f->queue, &message, 1, &err), &err);
        queue_message_free(message);
    }
    while ((message = receive_one(f->queue, TOPIC_DETECTIONS, 0)) != NULL) {
        ledger.passed_on[number_of(message)] = true;
        assert_ok(queue_ack(f->queue, &message, 1, &err), &err);
        queue_message_free(message);
    }
    int published = 0;
    for (int i = 0; i < NUMBERS_MAX; i++) {
        published += ledger.published[i];
        if (ledger.published[i])
            assert_true(ledger.passed_on[i]);
    }
    assert_true(published >= 12 * 5);
    free(ledger.published);
    free(ledger.acked);
    free(ledger.passed_on);
}

// ---- bad files

static void a_full_disk_is_said_and_loses_nothing(void **state)
{
    struct fixture *f = *state;
    char line[1024];
    struct spawned child = spawn("fill-disk", f->path, NULL);
    assert_true(spawned_line(&child, line, sizeof(line)));
    assert_int_equal(spawned_wait(&child), 0);
    assert_non_null(strstr(line, "full "));
    assert_non_null(strstr(line, f->path));
    assert_non_null(strstr(line, "disk is full"));
}

static void say_attempt(struct queue *queue)
{
    struct queue_message *message = receive_one(queue, TOPIC_FRAMES, 0);
    spawn_say("%d", message != NULL ? message->attempt : 0);
    queue_message_free(message);
}

// Holds a message while the disk is full for longer than its lease, then gives it back.
static int role_hold_on_full_disk(char **args)
{
    enum { LEASE_US = 30000000 };
    signal(SIGXFSZ, SIG_IGN);
    struct clock_manual clock;
    struct queue *queue = NULL;
    clock_manual_init(&clock, 1000 * (int64_t)LEASE_US);
    if (queue_sqlite_open(args[0], NULL, &clock.clock, &queue, &err) != ERR_NONE ||
        publish_number(queue, TOPIC_FRAMES, 1) != ERR_NONE)
        return 1;
    struct queue_message *held = receive_one(queue, TOPIC_FRAMES, 0);
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    const struct rlimit none = {.rlim_cur = 1, .rlim_max = limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
    spawn_say("%s", err_code_name(queue_extend(queue, held, &err)));
    clock.now_us += 2 * LEASE_US;
    struct queue_message *other = NULL;
    size_t count = 0;
    spawn_say("%s", err_code_name(queue_receive(queue, TOPIC_FRAMES, "other", 1, 0, NULL, &other, &count, &err)));
    setrlimit(RLIMIT_FSIZE, &limit);
    spawn_say("%d", receive_one(queue, TOPIC_FRAMES, 0) == NULL);
    spawn_say("%s", err_code_name(queue_release(queue, held, &err)));
    queue_message_free(held);
    say_attempt(queue);
    // Whoever does not extend its lease while there is room loses it as ever.
    clock.now_us += 2 * LEASE_US;
    say_attempt(queue);
    queue_free(queue);
    return 0;
}

static void no_lease_runs_out_while_the_disk_is_full(void **state)
{
    struct fixture *f = *state;
    static const char *const said[] = {"full", "full", "1", "none", "1", "2"};
    struct spawned child = spawn("hold-on-full-disk", f->path, NULL);
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        char line[64] = "";
        assert_true(spawned_line(&child, line, sizeof(line)));
        assert_string_equal(line, said[i]);
    }
    assert_int_equal(spawned_wait(&child), 0);
}

static void assert_refused(struct fixture *f, enum err_code code, const char *words)
{
    struct queue *queue = NULL;
    assert_code(queue_sqlite_open(f->path, NULL, clock_system(), &queue, &err), code);
    assert_null(queue);
    assert_non_null(strstr(err.message, words));
    assert_non_null(strstr(err.message, f->path));
}

static void a_damaged_file_is_refused_with_advice(void **state)
{
    struct fixture *f = *state;
    queue_free(f->queue);
    f->queue = NULL;
    char junk[8192];
    memset(junk, 'x', sizeof(junk));
    assert_ok(file_write(f->path, junk, sizeof(junk), FILE_SYNC_NONE, &err), &err);
    assert_refused(f, ERR_CORRUPT, "damaged");
}

static void a_file_of_a_newer_program_is_refused_and_left_alone(void **state)
{
    struct fixture *f = *state;
    queue_free(f->queue);
    f->queue = NULL;
    run_sql(f, "PRAGMA user_version = 99");
    assert_refused(f, ERR_INVALID, "newer Framehound");
    assert_non_null(strstr(err.message, "upgrade the program"));
}

static void a_database_of_another_kind_is_refused(void **state)
{
    struct fixture *f = *state;
    queue_free(f->queue);
    f->queue = NULL;
    run_sql(f, "PRAGMA application_id = 1234");
    assert_refused(f, ERR_INVALID, "not Framehound's queue");
}

static void a_missing_folder_is_said(void **state)
{
    struct fixture *f = *state;
    struct queue *queue = NULL;
    char *path = mem_sprintf("%s/no/such/queue.db", f->folder);
    assert_code(queue_sqlite_open(path, NULL, clock_system(), &queue, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, path));
    free(path);
}

#define with_queue(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    (void)argc;
    static const struct spawn_role roles[] = {{"publish", role_publish}, {"work", role_work}, {"lease", role_lease},
        {"fill-disk", role_fill_disk}, {"hold-on-full-disk", role_hold_on_full_disk}};
    spawn_role(argv, roles, sizeof(roles) / sizeof(roles[0]));
    const struct CMUnitTest tests[] = {
        with_queue(everything_is_there_after_opening_again),
        with_queue(leases_and_delays_do_not_outlive_the_start_of_the_machine),
        with_queue(a_message_of_another_process_is_received),
        with_queue(what_a_killed_worker_held_is_delivered_again_at_once),
        with_queue(twenty_killed_workers_are_no_failed_attempts),
        with_queue(a_message_that_kills_its_worker_becomes_a_dead_letter),
        with_queue(nothing_is_lost_when_publishers_and_workers_are_killed),
        with_queue(a_full_disk_is_said_and_loses_nothing),
        with_queue(no_lease_runs_out_while_the_disk_is_full),
        with_queue(a_damaged_file_is_refused_with_advice),
        with_queue(a_file_of_a_newer_program_is_refused_and_left_alone),
        with_queue(a_database_of_another_kind_is_refused),
        with_queue(a_missing_folder_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
