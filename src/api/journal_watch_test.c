#include "api/journal_watch.h"

#include "base/mem.h"
#include "base/test.h"
#include "meta_store/meta_store_memory.h"
#include "meta_store_fault.h"
#include "os/thread.h"

#define LONG_MS 60000
#define NEVER_MS INT64_C(3600000)

struct desk {
    struct fault fault;
    struct meta_store *meta;
    struct journal_watch *watch;
};

static void open_desk(struct desk *desk, int64_t look_ms)
{
    struct err err = ERR_INIT;
    bool created = false;
    *desk = (struct desk){.fault = {0}};
    desk->meta = meta_store_fault_new(meta_store_memory_new(clock_system()), &desk->fault);
    assert_ok(meta_store_create_project(desk->meta, "p", &created, &err), &err);
    desk->watch = journal_watch_new(desk->meta, look_ms);
}

static void close_desk(struct desk *desk)
{
    journal_watch_free(desk->watch);
    meta_store_free(desk->meta);
}

static void append(struct desk *desk)
{
    struct err err = ERR_INIT;
    assert_ok(meta_store_append_journal(desk->meta, "p", "labels", -1, "x", 1, NULL, &err), &err);
}

static struct journal_reader *open_reader(struct desk *desk)
{
    struct err err = ERR_INIT;
    struct journal_reader *reader = NULL;
    assert_ok(journal_watch_open(desk->watch, "p", "labels", &reader, &err), &err);
    return reader;
}

static int64_t next_length(struct journal_reader *reader)
{
    struct err err = ERR_INIT;
    struct meta_journal_info info = {.length = -1};
    assert_ok(journal_reader_next(reader, LONG_MS, NULL, &info, &err), &err);
    return info.length;
}

static enum err_code look_once(struct journal_reader *reader)
{
    struct meta_journal_info info;
    return journal_reader_next(reader, 0, NULL, &info, NULL);
}

static void a_reader_is_told_how_it_is_and_then_only_what_is_new(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, 1);
    append(&desk);
    struct journal_reader *reader = open_reader(&desk);
    assert_int_equal(next_length(reader), 1);
    assert_code(journal_reader_next(reader, 20, NULL, &(struct meta_journal_info){0}, NULL), ERR_TIMEOUT);
    append(&desk);
    append(&desk);
    assert_int_equal(next_length(reader), 3);
    journal_reader_free(reader);
    close_desk(&desk);
}

struct waiting {
    struct journal_reader *reader;
    _Atomic int64_t lengths[2];
};

static void wait_for_two(void *arg)
{
    struct waiting *waiting = arg;
    for (int i = 0; i < 2; i++) {
        struct meta_journal_info info = {0};
        if (journal_reader_next(waiting->reader, LONG_MS, NULL, &info, NULL) == ERR_NONE)
            waiting->lengths[i] = info.length;
    }
}

static void what_is_appended_elsewhere_ends_the_waiting(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, 1);
    struct waiting waiting = {.reader = open_reader(&desk), .lengths = {-1, -1}};
    struct thread *thread = NULL;
    struct err err = ERR_INIT;
    assert_ok(thread_start("reader", wait_for_two, &waiting, &thread, &err), &err);
    assert_in_the_end(waiting.lengths[0] == 0);
    append(&desk);
    assert_in_the_end(waiting.lengths[1] == 1);
    thread_join(thread);
    journal_reader_free(waiting.reader);
    close_desk(&desk);
}

static void the_store_is_asked_once_for_all_who_wait(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, NEVER_MS);
    struct journal_reader *readers[8];
    for (int i = 0; i < 8; i++)
        readers[i] = open_reader(&desk);
    int64_t calls = desk.fault.calls;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(next_length(readers[i]), 0);
        assert_code(look_once(readers[i]), ERR_TIMEOUT);
    }
    assert_int_equal(desk.fault.calls, calls);
    // One that comes later looks for itself, and the others hear of what it saw.
    append(&desk);
    struct journal_reader *late = open_reader(&desk);
    assert_int_equal(desk.fault.calls, calls + 2);
    for (int i = 0; i < 8; i++)
        assert_int_equal(next_length(readers[i]), 1);
    assert_int_equal(desk.fault.calls, calls + 2);
    for (int i = 0; i < 8; i++)
        journal_reader_free(readers[i]);
    journal_reader_free(late);
    close_desk(&desk);
}

static void a_project_that_goes_ends_its_readers(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, 1);
    struct err err = ERR_INIT;
    struct journal_reader *reader = open_reader(&desk);
    assert_int_equal(next_length(reader), 0);
    assert_ok(meta_store_remove_project(desk.meta, "p", &err), &err);
    struct meta_journal_info info;
    assert_code(journal_reader_next(reader, LONG_MS, NULL, &info, &err), ERR_NOT_FOUND);
    assert_err_says(&err, "there is no project p any more");
    assert_code(journal_watch_open(desk.watch, "p", "labels", &(struct journal_reader *){NULL}, &err), ERR_NOT_FOUND);
    journal_reader_free(reader);
    close_desk(&desk);
}

static void a_project_that_was_made_anew_is_news_though_as_much_was_said(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, NEVER_MS);
    struct err err = ERR_INIT;
    bool created = false;
    append(&desk);
    struct journal_reader *reader = open_reader(&desk);
    assert_int_equal(next_length(reader), 1);
    int64_t before_us = clock_wall_us(clock_system());
    assert_ok(meta_store_remove_project(desk.meta, "p", &err), &err);
    assert_ok(meta_store_create_project(desk.meta, "p", &created, &err), &err);
    assert_in_the_end(clock_wall_us(clock_system()) > before_us);
    append(&desk);
    journal_reader_free(open_reader(&desk));
    assert_int_equal(next_length(reader), 1);
    journal_reader_free(reader);
    close_desk(&desk);
}

static void a_store_that_cannot_be_used_is_no_news(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, 1);
    struct journal_reader *reader = open_reader(&desk);
    assert_int_equal(next_length(reader), 0);
    append(&desk);
    desk.fault.at = 1;
    desk.fault.for_good = true;
    struct meta_journal_info info;
    assert_code(journal_reader_next(reader, 20, NULL, &info, NULL), ERR_TIMEOUT);
    assert_code(journal_watch_open(desk.watch, "p", "labels", &(struct journal_reader *){NULL}, NULL), ERR_UNAVAILABLE);
    desk.fault.at = 0;
    assert_int_equal(next_length(reader), 1);
    journal_reader_free(reader);
    close_desk(&desk);
}

static void waiting_can_be_cancelled(void **state)
{
    (void)state;
    struct desk desk;
    open_desk(&desk, NEVER_MS);
    struct cancel *cancel = cancel_new(NULL);
    struct journal_reader *reader = open_reader(&desk);
    assert_int_equal(next_length(reader), 0);
    cancel_request(cancel);
    struct meta_journal_info info;
    assert_code(journal_reader_next(reader, LONG_MS, cancel, &info, NULL), ERR_CANCELLED);
    journal_reader_free(reader);
    cancel_free(cancel);
    close_desk(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_is_told_how_it_is_and_then_only_what_is_new),
        cmocka_unit_test(what_is_appended_elsewhere_ends_the_waiting),
        cmocka_unit_test(the_store_is_asked_once_for_all_who_wait),
        cmocka_unit_test(a_project_that_goes_ends_its_readers),
        cmocka_unit_test(a_project_that_was_made_anew_is_news_though_as_much_was_said),
        cmocka_unit_test(a_store_that_cannot_be_used_is_no_news),
        cmocka_unit_test(waiting_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
