// What every queue does with messages that are given back, leased, counted, purged or dead.
#include "queue_contract.h"

#include <string.h>

#include "base/mem.h"

// ---- publishing and receiving

static void a_message_is_gone_after_its_acknowledgement(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO "/0", "one");
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_string_equal(message->body, "one");
    assert_int_equal(message->body_size, 3);
    assert_string_equal(message->key, VIDEO "/0");
    assert_string_equal(message->topic, TOPIC_FRAMES);
    assert_int_equal(message->attempt, 1);
    assert_int_equal(message->published_us, 1000 * SECOND_US);
    assert_nothing(f, TOPIC_FRAMES);
    ack(f, message);
    pass(f, 3600 * SECOND_US);
    assert_nothing(f, TOPIC_FRAMES);
    assert_stats(f, TOPIC_FRAMES, 0, 0);
}

static void messages_come_in_the_order_of_publishing(void **state)
{
    struct fixture *f = *state;
    char bodies[100][8];
    struct queue_item items[100];
    for (int i = 0; i < 100; i++) {
        snprintf(bodies[i], sizeof(bodies[i]), "%d", i);
        items[i] = (struct queue_item){.key = VIDEO, .body = bodies[i], .body_size = strlen(bodies[i])};
    }
    assert_ok(queue_publish(f->queue, TOPIC_FRAMES, items, 50, &failure), &failure);
    assert_ok(queue_publish(f->queue, TOPIC_FRAMES, items + 50, 50, &failure), &failure);
    struct queue_message *messages[64];
    size_t got = receive_up_to(f, TOPIC_FRAMES, 64, messages);
    assert_int_equal(got, 64);
    for (size_t i = 0; i < got; i++)
        assert_string_equal(messages[i]->body, bodies[i]);
    assert_ok(queue_ack(f->queue, messages, got, &failure), &failure);
    for (size_t i = 0; i < got; i++)
        queue_message_free(messages[i]);
    assert_stats(f, TOPIC_FRAMES, 36, 0);
}

static void topics_do_not_mix(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_SEGMENTS, VIDEO, "segment");
    assert_nothing(f, TOPIC_FRAMES);
    ack(f, receive_some(f, TOPIC_SEGMENTS));
}

static void bodies_are_any_bytes_and_may_be_empty(void **state)
{
    struct fixture *f = *state;
    const char bytes[] = {0, 1, (char)0xFF, 0, '\n'};
    const struct queue_item items[] = {{.key = VIDEO, .body = bytes, .body_size = sizeof(bytes)}, {.key = VIDEO}};
    assert_ok(queue_publish(f->queue, TOPIC_FRAMES, items, 2, &failure), &failure);
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(message->body_size, sizeof(bytes));
    assert_memory_equal(message->body, bytes, sizeof(bytes));
    ack(f, message);
    message = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(message->body_size, 0);
    assert_string_equal(message->body, "");
    ack(f, message);
}

static void the_largest_body_fits_and_a_larger_one_publishes_nothing(void **state)
{
    struct fixture *f = *state;
    char *body = mem_calloc(1, QUEUE_BODY_MAX + 1);
    struct queue_item items[] = {
        {.key = VIDEO, .body = "small", .body_size = 5}, {.key = VIDEO, .body = body, .body_size = QUEUE_BODY_MAX + 1}};
    assert_code(queue_publish(f->queue, TOPIC_FRAMES, items, 2, &failure), ERR_LIMIT);
    assert_nothing(f, TOPIC_FRAMES);
    items[1].body_size = QUEUE_BODY_MAX;
    assert_ok(queue_publish(f->queue, TOPIC_FRAMES, &items[1], 1, &failure), &failure);
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(message->body_size, QUEUE_BODY_MAX);
    ack(f, message);
    free(body);
}

static void wrong_keys_and_topics_are_invalid(void **state)
{
    struct fixture *f = *state;
    char long_key[QUEUE_KEY_MAX + 2];
    memset(long_key, 'k', sizeof(long_key) - 1);
    long_key[sizeof(long_key) - 1] = '\0';
    const char *keys[] = {"", NULL, long_key};
    for (size_t i = 0; i < 3; i++) {
        const struct queue_item item = {.key = keys[i]};
        assert_code(queue_publish(f->queue, TOPIC_FRAMES, &item, 1, &failure), ERR_INVALID);
    }
    const char *topics[] = {"", "With Space", "a-topic-with-a-name-that-is-far-too-long-for-it"};
    const struct queue_item item = {.key = VIDEO};
    for (size_t i = 0; i < 3; i++)
        assert_code(queue_publish(f->queue, topics[i], &item, 1, &failure), ERR_INVALID);
    struct queue_message *message;
    size_t count;
    assert_code(queue_receive(f->queue, TOPIC_ACTIVITY, "w", 1, 0, NULL, &message, &count, &failure), ERR_INVALID);
    assert_code(queue_log_read(f->queue, TOPIC_FRAMES, 0, 1, 0, NULL, &message, &count, &failure), ERR_INVALID);
}

// ---- giving back

static void a_rejected_message_comes_back_after_a_growing_delay(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "fails");
    assert_false(reject(f, receive_some(f, TOPIC_FRAMES), "first"));
    assert_stats(f, TOPIC_FRAMES, 1, 0);
    pass(f, SECOND_US - 1);
    assert_nothing(f, TOPIC_FRAMES);
    pass(f, 1);
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(message->attempt, 2);
    assert_false(reject(f, message, "second"));
    pass(f, 2 * SECOND_US - 1);
    assert_nothing(f, TOPIC_FRAMES);
    pass(f, 1);
    ack(f, receive_some(f, TOPIC_FRAMES));
}

static void others_are_delivered_while_one_waits_for_its_next_attempt(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "fails");
    publish(f, TOPIC_FRAMES, VIDEO, "next");
    reject(f, receive_some(f, TOPIC_FRAMES), "no");
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_string_equal(message->body, "next");
    ack(f, message);
}

static void after_the_last_attempt_it_is_a_dead_letter_with_its_reason(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO "/7", "poison");
    for (int attempt = 1; attempt <= 3; attempt++) {
        bool dead = reject(f, receive_some(f, TOPIC_FRAMES), attempt == 3 ? "the last reason" : "a reason");
        assert_int_equal(dead, attempt == 3);
        pass(f, 60 * SECOND_US);
    }
    assert_nothing(f, TOPIC_FRAMES);
    assert_stats(f, TOPIC_FRAMES, 0, 0);
    struct queue_dead_letter *letters;
    size_t count;
    assert_ok(queue_dead_letters(f->queue, NULL, 0, 10, &letters, &count, &failure), &failure);
    assert_int_equal(count, 1);
    assert_string_equal(letters->reason, "the last reason");
    assert_string_equal(letters->topic, TOPIC_FRAMES);
    assert_string_equal(letters->key, VIDEO "/7");
    assert_string_equal(letters->body, "poison");
    assert_int_equal(letters->body_size, 6);
    assert_int_equal(letters->attempts, 3);
    assert_int_equal(letters->failed_us, f->clock.now_us - 60 * SECOND_US);
    queue_dead_letters_free(letters, count);
}

static void a_buried_message_is_dead_at_once(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_SEGMENTS, VIDEO, "hopeless");
    struct queue_message *message = receive_some(f, TOPIC_SEGMENTS);
    assert_ok(queue_bury(f->queue, message, "no video in it", &failure), &failure);
    assert_code(queue_ack(f->queue, &message, 1, &failure), ERR_CONFLICT);
    queue_message_free(message);
    assert_nothing(f, TOPIC_SEGMENTS);
    assert_int_equal(count_letters(f, NULL), 1);
}

static void a_released_message_comes_back_at_once_without_counting(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "later");
    for (int i = 0; i < 10; i++) {
        struct queue_message *message = receive_some(f, TOPIC_FRAMES);
        assert_int_equal(message->attempt, 1);
        assert_ok(queue_release(f->queue, message, &failure), &failure);
        queue_message_free(message);
    }
    ack(f, receive_some(f, TOPIC_FRAMES));
}

static void a_released_message_keeps_its_place(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "1");
    publish(f, TOPIC_FRAMES, VIDEO, "2");
    publish(f, TOPIC_FRAMES, VIDEO, "3");
    struct queue_message *messages[3];
    assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 3, messages), 3);
    for (size_t i = 3; i-- > 0;) {
        assert_ok(queue_release(f->queue, messages[i], &failure), &failure);
        queue_message_free(messages[i]);
    }
    assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 3, messages), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(messages[i]->body[0], '1' + (int)i);
        ack(f, messages[i]);
    }
}

// ---- leases

static void a_lease_that_ran_out_is_delivered_again_and_lost_to_its_first_holder(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "slow");
    struct queue_message *slow = receive_some(f, TOPIC_FRAMES);
    pass(f, 30 * SECOND_US - 1);
    assert_nothing(f, TOPIC_FRAMES);
    pass(f, 1);
    struct queue_message *again = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(again->attempt, 2);
    assert_code(queue_ack(f->queue, &slow, 1, &failure), ERR_CONFLICT);
    assert_code(queue_reject(f->queue, slow, "late", NULL, &failure), ERR_CONFLICT);
    assert_code(queue_bury(f->queue, slow, "late", &failure), ERR_CONFLICT);
    assert_code(queue_release(f->queue, slow, &failure), ERR_CONFLICT);
    assert_code(queue_extend(f->queue, slow, &failure), ERR_CONFLICT);
    queue_message_free(slow);
    ack(f, again);
    assert_int_equal(count_letters(f, NULL), 0);
}

static void an_extended_lease_starts_anew(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "long");
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    for (int i = 0; i < 10; i++) {
        pass(f, 29 * SECOND_US);
        assert_ok(queue_extend(f->queue, message, &failure), &failure);
        assert_nothing(f, TOPIC_FRAMES);
    }
    ack(f, message);
}

static void a_message_that_nobody_ever_gives_back_becomes_a_dead_letter(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "hangs");
    for (int i = 0; i < 3; i++) {
        queue_message_free(receive_some(f, TOPIC_FRAMES));
        pass(f, 31 * SECOND_US);
    }
    assert_nothing(f, TOPIC_FRAMES);
    struct queue_dead_letter *letters;
    size_t count;
    assert_ok(queue_dead_letters(f->queue, VIDEO, 0, 10, &letters, &count, &failure), &failure);
    assert_int_equal(count, 1);
    assert_non_null(strstr(letters->reason, "worker-1"));
    assert_int_equal(letters->attempts, 3);
    queue_dead_letters_free(letters, count);
}

static void a_message_whose_worker_vanished_is_delivered_alone(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 4; i++)
        publish(f, TOPIC_FRAMES, VIDEO, "suspect");
    struct queue_message *messages[8];
    size_t count = receive_up_to(f, TOPIC_FRAMES, 3, messages);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        queue_message_free(messages[i]);
    pass(f, 31 * SECOND_US);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 8, messages), 1);
        assert_int_equal(messages[0]->attempt, 2);
        ack(f, messages[0]);
    }
    assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 8, messages), 1);
    ack(f, messages[0]);
}

static void of_a_batch_with_a_lost_lease_the_rest_is_acknowledged(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        publish(f, TOPIC_FRAMES, VIDEO, "batch");
    struct queue_message *messages[3];
    assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 3, messages), 3);
    assert_ok(queue_release(f->queue, messages[1], &failure), &failure);
    assert_code(queue_ack(f->queue, messages, 3, &failure), ERR_CONFLICT);
    assert_stats(f, TOPIC_FRAMES, 1, 0);
    for (size_t i = 0; i < 3; i++)
        queue_message_free(messages[i]);
}

// ---- counting, purging, dead letters

static void stats_count_what_waits_and_what_is_leased(void **state)
{
    struct fixture *f = *state;
    assert_stats(f, TOPIC_FRAMES, 0, 0);
    for (int i = 0; i < 5; i++)
        publish(f, TOPIC_FRAMES, VIDEO, "x");
    publish(f, TOPIC_SEGMENTS, VIDEO, "x");
    struct queue_message *messages[2];
    assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 2, messages), 2);
    assert_stats(f, TOPIC_FRAMES, 3, 2);
    ack(f, messages[0]);
    reject(f, messages[1], "again");
    assert_stats(f, TOPIC_FRAMES, 4, 0);
}

static bool has(struct fixture *f, const char *topic, const char *video)
{
    bool found;
    assert_ok(queue_has(f->queue, topic, video, &found, &failure), &failure);
    return found;
}

static void what_waits_or_is_in_hand_of_a_video_is_known(void **state)
{
    struct fixture *f = *state;
    assert_false(has(f, TOPIC_FRAMES, VIDEO));
    publish(f, TOPIC_FRAMES, VIDEO "/3", "x");
    if (is_kafka()) { // which cannot look through what waits: see queue_has()
        assert_false(has(f, TOPIC_FRAMES, VIDEO));
        return;
    }
    assert_true(has(f, TOPIC_FRAMES, VIDEO));
    assert_false(has(f, TOPIC_FRAMES, OTHER_VIDEO));
    assert_false(has(f, TOPIC_SEGMENTS, VIDEO));
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_true(has(f, TOPIC_FRAMES, VIDEO));
    ack(f, message);
    assert_false(has(f, TOPIC_FRAMES, VIDEO));
    bool found;
    assert_code(queue_has(f->queue, TOPIC_ACTIVITY, VIDEO, &found, &failure), ERR_INVALID);
}

static void a_purged_video_has_no_messages_in_any_topic(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_SOURCES, VIDEO, "x");
    publish(f, TOPIC_SEGMENTS, VIDEO "/3", "buried");
    publish(f, TOPIC_FRAMES, VIDEO "/3", "leased");
    publish(f, TOPIC_FRAMES, VIDEO "/3", "waits");
    publish(f, TOPIC_FRAMES, OTHER_VIDEO "/3", "stays");
    publish(f, TOPIC_ACTIVITY, VIDEO, "what happened stays too");
    struct queue_message *message = receive_some(f, TOPIC_SEGMENTS);
    assert_ok(queue_bury(f->queue, message, "x", &failure), &failure);
    queue_message_free(message);
    struct queue_message *leased = receive_some(f, TOPIC_FRAMES);

    assert_ok(queue_purge(f->queue, VIDEO, &failure), &failure);
    if (!is_kafka()) // which deletes nothing that is not here yet: see queue_purge()
        assert_nothing(f, TOPIC_SOURCES);
    assert_int_equal(count_letters(f, NULL), 0);
    assert_code(queue_ack(f->queue, &leased, 1, &failure), ERR_CONFLICT);
    queue_message_free(leased);
    message = receive_some(f, TOPIC_FRAMES);
    assert_string_equal(message->body, "stays");
    ack(f, message);
    assert_nothing(f, TOPIC_FRAMES);
    int64_t end;
    assert_ok(queue_log_end(f->queue, TOPIC_ACTIVITY, &end, &failure), &failure);
    assert_int_equal(end, 1);
}

static void bury_some(struct fixture *f, const char *key, int count)
{
    for (int i = 0; i < count; i++) {
        publish(f, TOPIC_FRAMES, key, "body");
        struct queue_message *message = receive_some(f, TOPIC_FRAMES);
        assert_ok(queue_bury(f->queue, message, "reason", &failure), &failure);
        queue_message_free(message);
    }
}

static void dead_letters_are_listed_by_page_and_by_video(void **state)
{
    struct fixture *f = *state;
    bury_some(f, VIDEO "/1", 3);
    bury_some(f, OTHER_VIDEO, 2);
    assert_int_equal(count_letters(f, NULL), 5);
    assert_int_equal(count_letters(f, VIDEO), 3);
    assert_int_equal(count_letters(f, "00000000000000cc"), 0);
    int64_t after = 0;
    size_t seen = 0;
    for (;;) {
        struct queue_dead_letter *letters;
        size_t count;
        assert_ok(queue_dead_letters(f->queue, NULL, after, 2, &letters, &count, &failure), &failure);
        if (count == 0)
            break;
        for (size_t i = 0; i < count; i++) {
            assert_true(letters[i].id > after);
            after = letters[i].id;
        }
        seen += count;
        queue_dead_letters_free(letters, count);
    }
    assert_int_equal(seen, 5);
}

static void a_retried_dead_letter_has_fresh_attempts(void **state)
{
    struct fixture *f = *state;
    bury_some(f, VIDEO "/1", 1);
    struct queue_dead_letter *letters;
    size_t count;
    assert_ok(queue_dead_letters(f->queue, NULL, 0, 10, &letters, &count, &failure), &failure);
    int64_t id = letters->id;
    queue_dead_letters_free(letters, count);
    struct queue_dead_letter *letter = NULL;
    assert_ok(queue_retry_dead_letter(f->queue, id, &letter, &failure), &failure);
    assert_string_equal(letter->key, VIDEO "/1");
    assert_string_equal(letter->reason, "reason");
    queue_dead_letters_free(letter, 1);
    assert_int_equal(count_letters(f, NULL), 0);
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(message->attempt, 1);
    assert_string_equal(message->body, "body");
    ack(f, message);
    assert_code(queue_retry_dead_letter(f->queue, id, NULL, &failure), ERR_NOT_FOUND);
    assert_code(queue_retry_dead_letter(f->queue, 4711, NULL, &failure), ERR_NOT_FOUND);
}

static const struct CMUnitTest tests[] = {
    contract(a_message_is_gone_after_its_acknowledgement),
    contract(messages_come_in_the_order_of_publishing),
    contract(topics_do_not_mix),
    contract(bodies_are_any_bytes_and_may_be_empty),
    contract(the_largest_body_fits_and_a_larger_one_publishes_nothing),
    contract(wrong_keys_and_topics_are_invalid),
    contract(a_rejected_message_comes_back_after_a_growing_delay),
    contract(others_are_delivered_while_one_waits_for_its_next_attempt),
    contract(after_the_last_attempt_it_is_a_dead_letter_with_its_reason),
    contract(a_buried_message_is_dead_at_once),
    contract(a_released_message_comes_back_at_once_without_counting),
    contract(a_released_message_keeps_its_place),
    contract(a_lease_that_ran_out_is_delivered_again_and_lost_to_its_first_holder),
    contract(an_extended_lease_starts_anew),
    contract(a_message_that_nobody_ever_gives_back_becomes_a_dead_letter),
    contract(a_message_whose_worker_vanished_is_delivered_alone),
    contract(of_a_batch_with_a_lost_lease_the_rest_is_acknowledged),
    contract(stats_count_what_waits_and_what_is_leased),
    contract(what_waits_or_is_in_hand_of_a_video_is_known),
    contract(a_purged_video_has_no_messages_in_any_topic),
    contract(dead_letters_are_listed_by_page_and_by_video),
    contract(a_retried_dead_letter_has_fresh_attempts),
};
CONTRACT_PART(delivery_part, tests);
