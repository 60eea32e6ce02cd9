#include "queue/queue_kafka_window.h"

#include "base/test.h"

#include <string.h>

#include "base/mem.h"

#define SECOND_US INT64_C(1000000)
#define MAX_ATTEMPTS 3
#define ENDS_MAX 15

struct fixture {
    struct window window;
    struct window_take terms;
};

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    window_init(&f->window);
    f->terms = (struct window_take){.worker = "worker-1",
        .max = QUEUE_RECEIVE_MAX,
        .now_us = 1000 * SECOND_US,
        .wall_us = 5000 * SECOND_US,
        .lease_us = 30 * SECOND_US,
        .max_attempts = MAX_ATTEMPTS,
        .ends_max = ENDS_MAX};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    window_release(&f->window);
    free(f);
    return 0;
}

static struct window_entry *come(struct fixture *f, int32_t partition, int64_t offset, const char *key)
{
    struct window_entry *entry = mem_calloc(1, sizeof(*entry));
    entry->partition = partition;
    entry->offset = offset;
    snprintf(entry->key, sizeof(entry->key), "%s", key);
    entry->body = mem_strdup("body");
    entry->body_size = 4;
    window_add(&f->window, entry);
    return entry;
}

static size_t take(struct fixture *f, struct window_entry **taken)
{
    struct window_entry *dead;
    size_t count = window_take(&f->window, &f->terms, taken, &dead);
    assert_null(dead);
    return count;
}

static int64_t progress(struct fixture *f, int32_t partition)
{
    return window_progress(&f->window, window_partition(&f->window, partition));
}

static void progress_is_the_lowest_offset_that_is_not_done(void **state)
{
    struct fixture *f = *state;
    struct window_entry *taken[QUEUE_RECEIVE_MAX];
    window_assign(&f->window, 0, 10, true, 0);
    assert_int_equal(progress(f, 0), 10);
    for (int64_t offset = 10; offset < 14; offset++)
        come(f, 0, offset, "v");
    assert_int_equal(take(f, taken), 4);
    window_remove(&f->window, taken[1]);
    window_remove(&f->window, taken[3]);
    assert_int_equal(progress(f, 0), 10);
    window_remove(&f->window, taken[0]);
    assert_int_equal(progress(f, 0), 12);
    window_remove(&f->window, taken[2]);
    assert_int_equal(progress(f, 0), 14);
    assert_int_equal(f->window.count, 0);
    assert_int_equal(f->window.bytes, 0);
}

static void partitions_do_not_hold_each_other_back(void **state)
{
    struct fixture *f = *state;
    struct window_entry *taken[QUEUE_RECEIVE_MAX];
    window_assign(&f->window, 0, 0, true, 0);
    window_assign(&f->window, 7, 100, true, 0);
    come(f, 0, 0, "v");
    come(f, 7, 100, "v");
    come(f, 7, 101, "v");
    assert_int_equal(take(f, taken), 3);
    window_remove(&f->window, taken[1]);
    assert_int_equal(progress(f, 0), 0);
    assert_int_equal(progress(f, 7), 101);
}

static void what_came_before_or_belongs_to_others_is_dropped(void **state)
{
    struct fixture *f = *state;
    window_assign(&f->window, 0, 5, true, 0);
    come(f, 0, 4, "old");
    come(f, 1, 0, "not ours");
    come(f, 0, 5, "ours");
    come(f, 0, 5, "twice");
    assert_int_equal(f->window.count, 1);
    assert_string_equal(f->window.entries->key, "ours");
}

static void leases_of_a_partition_that_was_given_up_are_lost(void **state)
{
    struct fixture *f = *state;
    struct window_entry *taken[QUEUE_RECEIVE_MAX];
    window_assign(&f->window, 0, 0, true, 0);
    window_assign(&f->window, 1, 0, true, 0);
    come(f, 0, 0, "gone");
    come(f, 1, 0, "stays");
    assert_int_equal(take(f, taken), 2);
    struct queue_message gone = {.lease = taken[0]->offset};
    snprintf(gone.lease_token, sizeof(gone.lease_token), "%lld", (long long)taken[0]->token);
    window_revoke(&f->window, 0);
    assert_null(window_find(&f->window, &gone));
    assert_int_equal(f->window.count, 1);
    assert_int_equal(f->window.leased_count, 1);
    // The same partition again: the same offset has a lease of its own.
    window_assign(&f->window, 0, 0, true, 0);
    come(f, 0, 0, "gone");
    assert_int_equal(take(f, taken), 1);
    assert_null(window_find(&f->window, &gone));
}

static void a_lease_that_ran_out_is_taken_again_alone_and_in_the_end_not_at_all(void **state)
{
    struct fixture *f = *state;
    struct window_entry *taken[QUEUE_RECEIVE_MAX];
    struct window_entry *dead;
    window_assign(&f->window, 0, 0, true, 0);
    come(f, 0, 0, "v");
    come(f, 0, 1, "v");
    assert_int_equal(take(f, taken), 2);
    window_remove(&f->window, taken[1]);
    for (int attempt = 2; attempt <= MAX_ATTEMPTS; attempt++) {
        f->terms.now_us += 31 * SECOND_US;
        come(f, 0, attempt, "another");
        assert_int_equal(take(f, taken), 1);
        assert_int_equal(taken[0]->attempts, attempt);
        assert_int_equal(taken[0]->offset, 0);
    }
    f->terms.now_us += 31 * SECOND_US;
    assert_int_equal(window_take(&f->window, &f->terms, taken, &dead), 0);
    assert_int_equal(dead->offset, 0);
    assert_true(window_is_overdue(dead, &f->terms));
    assert_string_equal(dead->worker, "worker-1");
    window_remove(&f->window, dead);
    assert_int_equal(take(f, taken), 2);
}

static void what_is_not_due_yet_waits_and_the_rest_does_not(void **state)
{
    struct fixture *f = *state;
    struct window_entry *taken[QUEUE_RECEIVE_MAX];
    window_assign(&f->window, 0, 0, true, 0);
    come(f, 0, 0, "later")->not_before_us = f->terms.wall_us + SECOND_US;
    come(f, 0, 1, "now");
    assert_int_equal(take(f, taken), 1);
    assert_string_equal(taken[0]->key, "now");
    window_remove(&f->window, taken[0]);
    assert_int_equal(progress(f, 0), 0);
    f->terms.wall_us += SECOND_US;
    assert_int_equal(take(f, taken), 1);
    assert_string_equal(taken[0]->key, "later");
}

static void after_two_processes_that_ended_a_partition_is_delivered_one_by_one(void **state)
{
    struct fixture *f = *state;
    struct window_entry *taken[QUEUE_RECEIVE_MAX];
    window_assign(&f->window, 0, 0, true, WINDOW_CAREFUL_RUNS);
    for (int64_t offset = 0; offset < 3; offset++)
        come(f, 0, offset, "v");
    assert_int_equal(take(f, taken), 1);
    assert_int_equal(taken[0]->offset, 0);
    struct window_entry *none[QUEUE_RECEIVE_MAX];
    assert_int_equal(take(f, none), 0);
    // It got past the place: nobody is suspected any more.
    window_remove(&f->window, taken[0]);
    assert_int_equal(take(f, taken), 2);
}

static void after_many_processes_that_ended_the_message_at_the_offset_is_the_cause(void **state)
{
    struct fixture *f = *state;
    struct window_entry *taken[QUEUE_RECEIVE_MAX];
    struct window_entry *dead;
    window_assign(&f->window, 0, 8, true, ENDS_MAX);
    come(f, 0, 8, "the cause");
    come(f, 0, 9, "innocent");
    assert_int_equal(window_take(&f->window, &f->terms, taken, &dead), 0);
    assert_string_equal(dead->key, "the cause");
    assert_false(window_is_overdue(dead, &f->terms));
    window_remove(&f->window, dead);
    assert_int_equal(take(f, taken), 1);
    assert_string_equal(taken[0]->key, "innocent");
}

static void a_purged_video_is_gone_leased_or_not(void **state)
{
    struct fixture *f = *state;
    struct window_entry *taken[QUEUE_RECEIVE_MAX];
    window_assign(&f->window, 0, 0, true, 0);
    come(f, 0, 0, "aa/1");
    come(f, 0, 1, "bb");
    f->terms.max = 1;
    assert_int_equal(take(f, taken), 1);
    come(f, 0, 2, "aa");
    window_purge(&f->window, "aa");
    assert_int_equal(f->window.count, 1);
    assert_int_equal(f->window.leased_count, 0);
    assert_int_equal(progress(f, 0), 1);
}

// Random comings, takings, givings back and finishings, beside the plain truth: which offsets are done.
static void whatever_happens_progress_never_passes_what_is_not_done(void **state)
{
    enum { OFFSETS = 300, ROUNDS = 20 };
    struct fixture *f = *state;
    unsigned seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        bool done[OFFSETS] = {false};
        int64_t next = 0;
        size_t held_count = 0;
        struct window_entry *held[OFFSETS];
        window_assign(&f->window, 0, 0, true, 0);
        for (int step = 0; step < 5 * OFFSETS; step++) {
            int what = rand_r(&seed) % 4;
            if (what == 0 && next < OFFSETS) {
                come(f, 0, next++, "v");
            } else if (what == 1 && held_count < OFFSETS) {
                f->terms.max = 1 + (size_t)rand_r(&seed) % 4;
                held_count += take(f, held + held_count);
            } else if (held_count > 0) {
                struct window_entry *entry = held[(size_t)rand_r(&seed) % held_count];
                for (size_t i = 0; i < held_count; i++) {
                    if (held[i] == entry) {
                        held[i] = held[--held_count];
                        break;
                    }
                }
                if (what == 2) {
                    done[entry->offset] = true;
                    window_remove(&f->window, entry);
                } else {
                    entry->attempts--;
                    window_unlease(&f->window, entry);
                }
            }
            int64_t lowest = 0;
            while (lowest < next && done[lowest])
                lowest++;
            assert_int_equal(progress(f, 0), lowest);
            assert_int_equal(f->window.leased_count, held_count);
        }
    }
}

#define window_case(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        window_case(progress_is_the_lowest_offset_that_is_not_done),
        window_case(partitions_do_not_hold_each_other_back),
        window_case(what_came_before_or_belongs_to_others_is_dropped),
        window_case(leases_of_a_partition_that_was_given_up_are_lost),
        window_case(a_lease_that_ran_out_is_taken_again_alone_and_in_the_end_not_at_all),
        window_case(what_is_not_due_yet_waits_and_the_rest_does_not),
        window_case(after_two_processes_that_ended_a_partition_is_delivered_one_by_one),
        window_case(after_many_processes_that_ended_the_message_at_the_offset_is_the_cause),
        window_case(a_purged_video_is_gone_leased_or_not),
        window_case(whatever_happens_progress_never_passes_what_is_not_done),
    };
    return cmocka_run_group_tests_name("queue_kafka_window", tests, NULL, NULL);
}
