// Brokers that die, hang, or do not know yet: librdkafka's own brokers in memory, which do what they are told.
#include "base/test.h"

#include <string.h>

#include "base/mem.h"
#include "queue/queue_kafka_internal.h"
// It wants the other one before it.
#include <librdkafka/rdkafka_mock.h>

#define BROKERS 3
#define REQUEST_LIST_OFFSETS 2 // its number in Kafka's protocol
#define HANGING_MS 600000

struct fixture {
    rd_kafka_t *host; // of the brokers
    rd_kafka_mock_cluster_t *brokers;
    struct cancel *told;
    struct queue *queue;
};

static struct err err;

// All topics are led by the first broker.
static void make_topics(struct fixture *f)
{
    static const char *const topics[] = {"sources", "segments", "frames", "detections", "activity", "dead-letters"};
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        assert_int_equal(rd_kafka_mock_topic_create(f->brokers, topics[i], 1, BROKERS), RD_KAFKA_RESP_ERR_NO_ERROR);
        rd_kafka_mock_partition_set_leader(f->brokers, topics[i], 0, 1);
    }
}

static int set_up(void **state)
{
    static struct fixture f;
    char reason[256];
    struct queue_kafka_settings settings;
    f.host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof(reason));
    assert_non_null(f.host);
    f.brokers = rd_kafka_mock_cluster_new(f.host, BROKERS);
    make_topics(&f);
    for (size_t i = 0; i < KAFKA_WORK_TOPICS; i++)
        rd_kafka_mock_coordinator_set(f.brokers, "group", kafka_work_topics[i], 1);
    f.told = cancel_new(NULL);
    queue_kafka_settings_default(&settings);
    settings.brokers = rd_kafka_mock_cluster_bootstraps(f.brokers);
    settings.prefix = "";
    settings.config = "message.timeout.ms=600000\n";
    settings.cancel = f.told;
    assert_ok(queue_kafka_open(&settings, NULL, clock_system(), log_none(), &f.queue, &err), &err);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    queue_free(f->queue);
    cancel_free(f->told);
    rd_kafka_mock_cluster_destroy(f->brokers);
    rd_kafka_destroy(f->host);
    return 0;
}

// ---- a call in a thread of its own, which may not come back

struct call {
    struct fixture *f;
    void (*make)(struct call *call);
    struct thread *thread;
    _Atomic bool is_over;
    enum err_code code;
    int64_t number;
    size_t count;
};

static void run_call(void *arg)
{
    struct call *call = arg;
    call->make(call);
    atomic_store(&call->is_over, true);
}

static void begin(struct fixture *f, struct call *call, void (*make)(struct call *call))
{
    *call = (struct call){.f = f, .make = make};
    assert_ok(thread_start("call", run_call, call, &call->thread, &err), &err);
}

static void await(struct call *call)
{
    assert_in_the_end(atomic_load(&call->is_over));
    thread_join(call->thread);
}

static enum err_code make_and_await(struct fixture *f, struct call *call, void (*make)(struct call *call))
{
    begin(f, call, make);
    await(call);
    return call->code;
}

static void publish_to(struct call *call, const char *topic)
{
    const struct queue_item item = {.key = "00000000000000aa", .body = "x", .body_size = 1};
    call->code = queue_publish(call->f->queue, topic, &item, 1, NULL);
}

static void publish_work(struct call *call)
{
    publish_to(call, TOPIC_FRAMES);
}

static void publish_news(struct call *call)
{
    publish_to(call, TOPIC_ACTIVITY);
}

static void receive(struct call *call)
{
    struct queue_message *message = NULL;
    call->code = queue_receive(call->f->queue, TOPIC_FRAMES, "worker", 1, 20000, NULL, &message, &call->count, NULL);
    if (call->count > 0)
        call->code = queue_ack(call->f->queue, &message, 1, NULL);
    queue_message_free(message);
}

static void find_end(struct call *call)
{
    call->code = queue_log_end(call->f->queue, TOPIC_ACTIVITY, &call->number, NULL);
}

static void read_news(struct call *call)
{
    struct queue_message *messages[8];
    call->code = queue_log_read(call->f->queue, TOPIC_ACTIVITY, 0, 8, 0, NULL, messages, &call->count, NULL);
    for (size_t i = 0; i < call->count; i++)
        queue_message_free(messages[i]);
}

static void list_letters(struct call *call)
{
    struct queue_dead_letter *letters = NULL;
    call->code = queue_dead_letters(call->f->queue, NULL, 0, 8, &letters, &call->count, NULL);
    queue_dead_letters_free(letters, call->count);
}

static void count_work(struct call *call)
{
    struct queue_stats stats = {0};
    call->code = queue_stats(call->f->queue, TOPIC_FRAMES, &stats, NULL);
    call->number = stats.ready + stats.leased;
}

static void free_queue(struct call *call)
{
    queue_free(call->f->queue);
    call->f->queue = NULL;
}

// ---- tests

static void topics_that_brokers_do_not_know_yet_are_asked_for_again(void **state)
{
    struct fixture *f = *state;
    struct call call;
    assert_code(make_and_await(f, &call, publish_news), ERR_NONE);
    rd_kafka_mock_push_request_errors(f->brokers, REQUEST_LIST_OFFSETS, 2, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    assert_code(make_and_await(f, &call, find_end), ERR_NONE);
    assert_int_equal(call.number, 1);
}

static void when_a_leader_is_dead_the_next_one_is_asked(void **state)
{
    static void (*const calls[])(struct call *) = {find_end, read_news, list_letters, count_work};
    static const char *const topics[] = {"frames", "activity", "dead-letters"};
    struct fixture *f = *state;
    struct call call;
    assert_code(make_and_await(f, &call, publish_news), ERR_NONE);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        assert_code(make_and_await(f, &call, calls[i]), ERR_NONE);
    rd_kafka_mock_broker_set_down(f->brokers, 1);
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
        rd_kafka_mock_partition_set_leader(f->brokers, topics[i], 0, 2);
    for (size_t i = 0; i < KAFKA_WORK_TOPICS; i++)
        rd_kafka_mock_coordinator_set(f->brokers, "group", kafka_work_topics[i], 2);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        do
            make_and_await(f, &call, calls[i]);
        while (call.code == ERR_UNAVAILABLE);
        assert_code(call.code, ERR_NONE);
    }
}

// Whatever it was that hung or died.
static void every_call_ends(struct fixture *f)
{
    static void (*const made[])(struct call *) = {
        publish_work, publish_news, find_end, read_news, list_letters, count_work};
    struct call calls[sizeof(made) / sizeof(made[0])];
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        begin(f, &calls[i], made[i]);
    cancel_request(f->told);
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        await(&calls[i]);
    assert_code(calls[0].code, ERR_CANCELLED);
}

static void use_everything(struct fixture *f)
{
    static void (*const made[])(struct call *) = {
        publish_work, publish_news, find_end, read_news, list_letters, count_work, receive};
    struct call call;
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        assert_code(make_and_await(f, &call, made[i]), ERR_NONE);
    assert_int_equal(call.count, 1);
}

static void a_process_that_is_told_to_end_ends_although_all_brokers_hang(void **state)
{
    struct fixture *f = *state;
    struct call call;
    use_everything(f);
    rd_kafka_mock_broker_set_rtt(f->brokers, -1, HANGING_MS);
    every_call_ends(f);
    make_and_await(f, &call, free_queue);
}

static void a_process_that_is_told_to_end_ends_although_all_brokers_are_dead(void **state)
{
    struct fixture *f = *state;
    struct call call;
    use_everything(f);
    rd_kafka_mock_broker_set_down(f->brokers, -1);
    every_call_ends(f);
    make_and_await(f, &call, free_queue);
}

static void a_group_whose_broker_hangs_is_left_all_the_same(void **state)
{
    struct fixture *f = *state;
    struct call call;
    use_everything(f);
    assert_code(make_and_await(f, &call, publish_work), ERR_NONE);
    // The acknowledgement is still to be committed.
    rd_kafka_mock_broker_set_rtt(f->brokers, 1, HANGING_MS);
    make_and_await(f, &call, free_queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(topics_that_brokers_do_not_know_yet_are_asked_for_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(when_a_leader_is_dead_the_next_one_is_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_process_that_is_told_to_end_ends_although_all_brokers_hang, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_process_that_is_told_to_end_ends_although_all_brokers_are_dead, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_group_whose_broker_hangs_is_left_all_the_same, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("queue_kafka_away", tests, NULL, NULL);
}
