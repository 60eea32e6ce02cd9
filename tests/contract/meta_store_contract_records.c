// What every meta store does for several threads at once, with settings and with journals.
#include "meta_store_contract.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"

// ---- threads

#define THREADS 4
#define ROUNDS 40

struct worker {
    struct fixture *f;
    int number;
    atomic_int *settled, *failures;
};

// Every worker does all frames, as if each message were delivered to all of them.
static void *index_everything(void *arg)
{
    const struct worker *worker = arg;
    struct err err;
    for (int i = 0; i < ROUNDS; i++) {
        struct meta_object objects[3] = {{.class_name = "car"}, {.class_name = "bus"}, {.class_name = "car"}};
        struct meta_frame frame = frame_at((i * 7 + worker->number * 11) % ROUNDS);
        frame.objects = objects;
        frame.object_count = 3;
        bool settled = false;
        if (meta_store_put_frames(worker->f->store, VIDEO, &frame, 1, &err) != ERR_NONE ||
            meta_store_put_objects(worker->f->store, VIDEO, &frame, 1, &err) != ERR_NONE ||
            meta_store_settle_video(worker->f->store, VIDEO, &settled, &err) != ERR_NONE)
            atomic_fetch_add(worker->failures, 1);
        atomic_fetch_add(worker->settled, settled);
    }
    return NULL;
}

static void run_threads(struct fixture *f, void *(*work)(void *arg), atomic_int *settled, atomic_int *failures)
{
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.f = f, .number = i, .settled = settled, .failures = failures};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void threads_that_do_the_same_work_count_it_once_and_settle_once(void **state)
{
    struct fixture *f = *state;
    atomic_int settled = 0;
    atomic_int failures = 0;
    create(f, VIDEO);
    set_state(f, VIDEO, VIDEO_RUNNING);
    put_segment(f, VIDEO, 0);
    put_frames(f, VIDEO, 0, ROUNDS);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, ROUNDS, &failure), &failure);
    assert_ok(meta_store_finish_split(f->store, VIDEO, 1, ROUNDS, SECOND_US, false, &failure), &failure);
    run_threads(f, index_everything, &settled, &failures);
    assert_int_equal(atomic_load(&failures), 0);
    assert_int_equal(atomic_load(&settled), 1);
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.state, VIDEO_DONE);
    assert_int_equal(video.frames_emitted, ROUNDS);
    assert_int_equal(video.frames_indexed, ROUNDS);
    assert_int_equal(video.objects, 3 * ROUNDS);
}

static void *put_or_remove(void *arg)
{
    const struct worker *worker = arg;
    struct err err;
    for (int i = 0; i < ROUNDS; i++) {
        enum err_code code;
        if (worker->number == 0) {
            struct meta_video video;
            describe_video(&video, VIDEO);
            code = meta_store_remove_video(worker->f->store, VIDEO, &err);
            if (code == ERR_NONE)
                code = meta_store_create_video(worker->f->store, &video, NULL, &err);
        } else {
            struct meta_frame frame = frame_at(i);
            code = meta_store_put_frames(worker->f->store, VIDEO, &frame, 1, &err);
        }
        if (code != ERR_NONE && code != ERR_NOT_FOUND)
            atomic_fetch_add(worker->failures, 1);
    }
    return NULL;
}

static void a_removal_that_races_with_puts_leaves_counts_and_frames_in_step(void **state)
{
    struct fixture *f = *state;
    atomic_int unused = 0;
    atomic_int failures = 0;
    create(f, VIDEO);
    run_threads(f, put_or_remove, &unused, &failures);
    assert_int_equal(atomic_load(&failures), 0);
    struct meta_frames frames;
    const struct meta_frame_range range = {.to_us = -1, .after = -1, .limit = META_LIST_MAX};
    assert_ok(meta_store_list_frames(f->store, VIDEO, &range, &frames, &failure), &failure);
    assert_int_equal(get(f, VIDEO).frames_emitted, frames.count);
    meta_frames_release(&frames);
}

// ---- settings

static void a_setting_keeps_its_last_value(void **state)
{
    struct fixture *f = *state;
    char *value;
    assert_code(meta_store_get_setting(f->store, "embedder/demo", &value, &failure), ERR_NOT_FOUND);
    assert_ok(meta_store_put_setting(f->store, "embedder/demo", "one", &failure), &failure);
    assert_ok(meta_store_put_setting(f->store, "embedder/demo", "two", &failure), &failure);
    assert_ok(meta_store_get_setting(f->store, "embedder/demo", &value, &failure), &failure);
    assert_string_equal(value, "two");
    free(value);
    assert_code(meta_store_put_setting(f->store, "", "x", &failure), ERR_INVALID);
    assert_ok(meta_store_put_setting(f->store, "stays", "x", &failure), &failure);
    for (int i = 0; i < 2; i++)
        assert_ok(meta_store_remove_setting(f->store, "embedder/demo", &failure), &failure);
    assert_code(meta_store_get_setting(f->store, "embedder/demo", &value, &failure), ERR_NOT_FOUND);
    assert_ok(meta_store_get_setting(f->store, "stays", &value, &failure), &failure);
    free(value);
    assert_code(meta_store_remove_setting(f->store, "", &failure), ERR_INVALID);
    assert_ok(meta_store_ping(f->store, &failure), &failure);
}

static void a_setting_that_is_kept_stays_as_it_is(void **state)
{
    struct fixture *f = *state;
    char *kept;
    assert_ok(meta_store_keep_setting(f->store, "home", "one", &kept, &failure), &failure);
    assert_string_equal(kept, "one");
    free(kept);
    assert_ok(meta_store_keep_setting(f->store, "home", "two", &kept, &failure), &failure);
    assert_string_equal(kept, "one");
    free(kept);
    assert_ok(meta_store_put_setting(f->store, "home", "", &failure), &failure);
    assert_ok(meta_store_keep_setting(f->store, "home", "two", &kept, &failure), &failure);
    assert_string_equal(kept, "");
    free(kept);
    assert_code(meta_store_keep_setting(f->store, "", "x", &kept, &failure), ERR_INVALID);
}

static void settings_are_listed_by_name_and_page(void **state)
{
    struct fixture *f = *state;
    const char *const names[] = {"b", "a/2", "c", "a/1"};
    char **found;
    size_t count;
    assert_ok(meta_store_list_settings(f->store, NULL, 10, &found, &count, &failure), &failure);
    assert_int_equal(count, 0);
    meta_strings_free(found, count);
    for (size_t i = 0; i < 4; i++)
        assert_ok(meta_store_put_setting(f->store, names[i], "x", &failure), &failure);
    assert_ok(meta_store_list_settings(f->store, NULL, 3, &found, &count, &failure), &failure);
    assert_int_equal(count, 3);
    assert_string_equal(found[0], "a/1");
    assert_string_equal(found[2], "b");
    meta_strings_free(found, count);
    assert_ok(meta_store_list_settings(f->store, "b", 3, &found, &count, &failure), &failure);
    assert_int_equal(count, 1);
    assert_string_equal(found[0], "c");
    meta_strings_free(found, count);
}

// ---- journals

#define JOURNAL "labels"

static void make_project(struct fixture *f)
{
    assert_ok(meta_store_create_project(f->store, PROJECT, NULL, &failure), &failure);
}

static enum err_code append(struct fixture *f, int64_t expected, const char *text, int64_t *position)
{
    return meta_store_append_journal(f->store, PROJECT, JOURNAL, expected, text, strlen(text), position, &failure);
}

static struct meta_journal_info journal_info(struct fixture *f)
{
    struct meta_journal_info info;
    assert_ok(meta_store_get_journal(f->store, PROJECT, JOURNAL, &info, &failure), &failure);
    return info;
}

static struct meta_journal_page journal_after(struct fixture *f, int64_t after, size_t limit)
{
    struct meta_journal_page page;
    assert_ok(meta_store_list_journal(f->store, PROJECT, JOURNAL, after, limit, &page, &failure), &failure);
    return page;
}

static void entries_of_a_journal_stay_in_order_with_their_times(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    assert_int_equal(journal_info(f).length, 0);
    assert_int_equal(journal_info(f).begun_us, 0);
    int64_t position = -1;
    for (int64_t i = 0; i < 5; i++) {
        char text[] = {(char)('a' + i), '\0', 'z'};
        assert_ok(meta_store_append_journal(
                      f->store, PROJECT, JOURNAL, i % 2 == 0 ? -1 : i, text, i == 4 ? 0 : 3, &position, &failure),
            &failure);
        assert_int_equal(position, i);
        f->clock.now_us += SECOND_US;
    }
    assert_int_equal(journal_info(f).length, 5);
    assert_int_equal(journal_info(f).begun_us, 1000 * SECOND_US);
    struct meta_journal_page page = journal_after(f, 1, 2);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.items[0].position, 2);
    assert_int_equal(page.items[0].at_us, 1002 * SECOND_US);
    assert_int_equal(page.items[0].size, 3);
    assert_memory_equal(page.items[0].value, "c\0z", 3);
    assert_int_equal(page.items[1].position, 3);
    meta_journal_page_release(&page);
    page = journal_after(f, 3, 100);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.items[0].size, 0);
    assert_non_null(page.items[0].value);
    meta_journal_page_release(&page);
    page = journal_after(f, 4, 100);
    assert_int_equal(page.count, 0);
    meta_journal_page_release(&page);
}

static void an_entry_for_another_position_is_a_conflict_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    int64_t position;
    assert_code(append(f, 1, "early", &position), ERR_CONFLICT);
    assert_ok(append(f, 0, "first", &position), &failure);
    assert_code(append(f, 0, "late", &position), ERR_CONFLICT);
    assert_non_null(strstr(failure.message, "somebody else appended"));
    assert_int_equal(journal_info(f).length, 1);
    assert_ok(append(f, 1, "second", &position), &failure);
}

static void journals_of_other_names_and_projects_are_apart(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    assert_ok(meta_store_create_project(f->store, "other", NULL, &failure), &failure);
    assert_ok(append(f, 0, "one", NULL), &failure);
    assert_ok(meta_store_append_journal(f->store, PROJECT, "notes", 0, "two", 3, NULL, &failure), &failure);
    assert_ok(meta_store_append_journal(f->store, "other", JOURNAL, 0, "three", 5, NULL, &failure), &failure);
    struct meta_journal_page page = journal_after(f, -1, 10);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.items[0].value, "one");
    meta_journal_page_release(&page);
}

static void journals_are_listed_by_name(void **state)
{
    struct fixture *f = *state;
    char **names;
    size_t count;
    assert_code(meta_store_list_journals(f->store, PROJECT, &names, &count, &failure), ERR_NOT_FOUND);
    make_project(f);
    assert_ok(meta_store_list_journals(f->store, PROJECT, &names, &count, &failure), &failure);
    assert_int_equal(count, 0);
    meta_strings_free(names, count);
    assert_ok(meta_store_append_journal(f->store, PROJECT, "tracks", 0, "two", 3, NULL, &failure), &failure);
    assert_ok(append(f, 0, "one", NULL), &failure);
    assert_ok(append(f, 1, "two", NULL), &failure);
    assert_ok(meta_store_list_journals(f->store, PROJECT, &names, &count, &failure), &failure);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], JOURNAL);
    assert_string_equal(names[1], "tracks");
    meta_strings_free(names, count);
}

static void a_journal_needs_a_project_a_name_and_bounded_entries(void **state)
{
    struct fixture *f = *state;
    struct meta_journal_info info;
    struct meta_journal_page page;
    assert_code(append(f, -1, "x", NULL), ERR_NOT_FOUND);
    assert_code(meta_store_get_journal(f->store, PROJECT, JOURNAL, &info, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_list_journal(f->store, PROJECT, JOURNAL, -1, 10, &page, &failure), ERR_NOT_FOUND);
    make_project(f);
    assert_code(meta_store_append_journal(f->store, PROJECT, "Labels", -1, "x", 1, NULL, &failure), ERR_INVALID);
    assert_code(meta_store_append_journal(f->store, PROJECT, "", -1, "x", 1, NULL, &failure), ERR_INVALID);
    assert_code(meta_store_append_journal(f->store, PROJECT, JOURNAL, -2, "x", 1, NULL, &failure), ERR_INVALID);
    assert_code(
        meta_store_append_journal(f->store, PROJECT, JOURNAL, -1, "x", META_JOURNAL_ENTRY_MAX + 1, NULL, &failure),
        ERR_LIMIT);
    assert_code(meta_store_list_journal(f->store, PROJECT, JOURNAL, -1, 0, &page, &failure), ERR_INVALID);
    assert_ok(append(f, -1, "x", NULL), &failure);
    assert_ok(meta_store_mark_project_deleting(f->store, PROJECT, &failure), &failure);
    assert_code(append(f, -1, "y", NULL), ERR_NOT_FOUND);
    assert_int_equal(journal_info(f).length, 1);
}

static void a_page_of_a_journal_is_bounded_in_bytes_but_never_empty(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    char *large = mem_calloc(1, META_JOURNAL_ENTRY_MAX);
    assert_ok(append(f, -1, "small", NULL), &failure);
    assert_ok(meta_store_append_journal(f->store, PROJECT, JOURNAL, -1, large, META_JOURNAL_ENTRY_MAX, NULL, &failure),
        &failure);
    free(large);
    assert_ok(append(f, -1, "small", NULL), &failure);
    for (int64_t after = -1; after < 2; after++) {
        struct meta_journal_page page = journal_after(f, after, 10);
        assert_int_equal(page.count, 1);
        assert_int_equal(page.items[0].position, after + 1);
        meta_journal_page_release(&page);
    }
}

static void a_journal_goes_with_its_project(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    assert_ok(append(f, -1, "old", NULL), &failure);
    assert_ok(append(f, -1, "old", NULL), &failure);
    assert_ok(meta_store_remove_project(f->store, PROJECT, &failure), &failure);
    f->clock.now_us += SECOND_US;
    make_project(f);
    assert_int_equal(journal_info(f).length, 0);
    assert_ok(append(f, 0, "new", NULL), &failure);
    assert_int_equal(journal_info(f).begun_us, 1001 * SECOND_US);
}

struct appender {
    struct fixture *f;
    pthread_t thread;
    int64_t won;
};

// Appends 20 entries, each for the position that was the next one when it looked.
static void *append_in_turn(void *arg)
{
    struct appender *self = arg;
    struct err mine = ERR_INIT;
    for (int done = 0; done < 20;) {
        struct meta_journal_info info;
        enum err_code code = meta_store_get_journal(self->f->store, PROJECT, JOURNAL, &info, &mine);
        if (code == ERR_NONE)
            code = meta_store_append_journal(self->f->store, PROJECT, JOURNAL, info.length, "x", 1, NULL, &mine);
        if (code == ERR_NONE) {
            self->won++;
            done++;
        } else if (code != ERR_CONFLICT) {
            break;
        }
    }
    return NULL;
}

static void threads_that_append_at_expected_positions_lose_nothing(void **state)
{
    struct fixture *f = *state;
    make_project(f);
    struct appender appenders[4];
    for (size_t i = 0; i < 4; i++) {
        appenders[i] = (struct appender){.f = f};
        assert_int_equal(pthread_create(&appenders[i].thread, NULL, append_in_turn, &appenders[i]), 0);
    }
    int64_t won = 0;
    for (size_t i = 0; i < 4; i++) {
        pthread_join(appenders[i].thread, NULL);
        won += appenders[i].won;
    }
    assert_int_equal(won, 80);
    assert_int_equal(journal_info(f).length, 80);
}

static const struct CMUnitTest tests[] = {
    contract(threads_that_do_the_same_work_count_it_once_and_settle_once),
    contract(a_removal_that_races_with_puts_leaves_counts_and_frames_in_step),
    contract(a_setting_keeps_its_last_value),
    contract(a_setting_that_is_kept_stays_as_it_is),
    contract(settings_are_listed_by_name_and_page),
    contract(entries_of_a_journal_stay_in_order_with_their_times),
    contract(an_entry_for_another_position_is_a_conflict_and_changes_nothing),
    contract(journals_of_other_names_and_projects_are_apart),
    contract(journals_are_listed_by_name),
    contract(a_journal_needs_a_project_a_name_and_bounded_entries),
    contract(a_page_of_a_journal_is_bounded_in_bytes_but_never_empty),
    contract(a_journal_goes_with_its_project),
    contract(threads_that_append_at_expected_positions_lose_nothing),
};
CONTRACT_PART(record_part, tests);
