// Requests to brokers that are not ready for them: librdkafka's own brokers in memory, which answer what they are told.
#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "queue/queue_kafka_internal.h"
// It wants the other one before it.
#include <librdkafka/rdkafka_mock.h>

#define REQUEST_OFFSET_FETCH 9 // their numbers in Kafka's protocol
#define REQUEST_HEARTBEAT 12
#define REQUEST_INIT_PRODUCER_ID 22

struct fixture {
    rd_kafka_t *host; // of the brokers
    rd_kafka_mock_cluster_t *brokers;
    rd_kafka_t *client;
};

static int set_up(void **state)
{
    static struct fixture f;
    char reason[256];
    f.host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof(reason));
    assert_non_null(f.host);
    f.brokers = rd_kafka_mock_cluster_new(f.host, 1);
    assert_int_equal(rd_kafka_mock_topic_create(f.brokers, "frames", 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(f.brokers), NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "frames", NULL, 0);
    f.client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
    assert_non_null(f.client);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rd_kafka_destroy(f->client);
    rd_kafka_mock_cluster_destroy(f->brokers);
    rd_kafka_destroy(f->host);
    return 0;
}

static rd_kafka_resp_err_t ask(struct fixture *f)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "frames", 0);
    struct queue_kafka self = {0};
    rd_kafka_resp_err_t code = kafka_committed(&self, f->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

static void a_group_whose_broker_is_not_ready_is_asked_again(void **state)
{
    static const rd_kafka_resp_err_t passing[] = {RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
        rd_kafka_mock_push_request_errors(f->brokers, REQUEST_OFFSET_FETCH, 3, passing[i], passing[i], passing[i]);
        assert_int_equal(ask(f), RD_KAFKA_RESP_ERR_NO_ERROR);
    }
}

static void what_does_not_pass_is_told_at_once(void **state)
{
    struct fixture *f = *state;
    rd_kafka_mock_push_request_errors(
        f->brokers, REQUEST_OFFSET_FETCH, 1, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    assert_int_equal(ask(f), RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
}

static int said(int log, const char *words)
{
    static char text[65536];
    ssize_t size = pread(log, text, sizeof(text) - 1, 0);
    int count = 0;
    text[size > 0 ? size : 0] = '\0';
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

static void a_place_in_a_group_that_is_lost_as_soon_as_it_was_got_is_not_told_as_silence(void **state)
{
    static const char *const topics[] = {"sources", "segments", "detections", "activity", "dead-letters"};
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct queue_kafka_settings settings;
    struct queue *queue;
    struct queue_message *message;
    size_t count;
    int fd = memfd_create("log", MFD_CLOEXEC);
    struct log *log = log_new(fd, LOG_DEBUG, false);
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
        assert_int_equal(rd_kafka_mock_topic_create(f->brokers, topics[i], 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    queue_kafka_settings_default(&settings);
    settings.brokers = rd_kafka_mock_cluster_bootstraps(f->brokers);
    settings.prefix = "";
    settings.config = "heartbeat.interval.ms=100\n";
    assert_ok(queue_kafka_open(&settings, NULL, clock_system(), log, &queue, &err), &err);
    assert_ok(queue_receive(queue, "frames", "worker", 1, 0, NULL, &message, &count, &err), &err);
    assert_in_the_end(said(fd, "frames: taking over 1 partitions") == 1);
    rd_kafka_mock_push_request_errors(f->brokers, REQUEST_HEARTBEAT, 1, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);
    assert_in_the_end(said(fd, "frames: taking over 1 partitions") == 2);
    assert_int_equal(said(fd, "frames: giving up 1 partitions"), 1);
    assert_int_equal(said(fd, "thrown this process out"), 0);
    queue_free(queue);
    log_free(log);
    close(fd);
}

// ---- versions

static void add_finding(void *context, const struct check *check)
{
    char *said = context;
    size_t length = strlen(said);
    snprintf(said + length, 4096 - length, "%s: %s: %s\n", check_level_name(check->level), check->text,
        check->remedy != NULL ? check->remedy : "");
}

// What is said of the brokers' versions.
static const char *look_at_versions(struct fixture *f)
{
    static char said[4096];
    struct err err = ERR_INIT;
    struct queue_kafka_settings settings;
    struct queue_kafka *self;
    const struct rd_kafka_metadata *metadata;
    struct checks checks = {.context = said, .found = add_finding, .what = "kafka"};
    said[0] = '\0';
    queue_kafka_settings_default(&settings);
    settings.brokers = rd_kafka_mock_cluster_bootstraps(f->brokers);
    assert_ok(kafka_new(&settings, NULL, clock_system(), log_none(), &self, &err), &err);
    assert_ok(kafka_all_topics(self, &metadata, 0, &err), &err);
    kafka_check_versions(self, metadata, &checks);
    rd_kafka_metadata_destroy(metadata);
    queue_free(&self->queue);
    return said;
}

// The brokers in memory make, shorten and describe no topics.
static void brokers_that_lack_what_is_needed_are_told_with_what_it_is(void **state)
{
    struct fixture *f = *state;
    const char *said = look_at_versions(f);
    assert_non_null(strstr(said, "wrong: the broker 127.0.0.1:"));
    assert_non_null(strstr(said, "(Kafka 0.11 or a little newer)"));
    assert_non_null(strstr(said, "DeleteRecords"));
    assert_non_null(strstr(said, "take Kafka 2.4 or newer"));
    assert_null(strstr(said, "idempotent"));
    rd_kafka_mock_set_apiversion(f->brokers, REQUEST_INIT_PRODUCER_ID, -1, -1);
    assert_non_null(strstr(look_at_versions(f), "idempotent producers (InitProducerId), of Kafka 0.11"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_group_whose_broker_is_not_ready_is_asked_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_pass_is_told_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_place_in_a_group_that_is_lost_as_soon_as_it_was_got_is_not_told_as_silence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(brokers_that_lack_what_is_needed_are_told_with_what_it_is, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("queue_kafka_client", tests, NULL, NULL);
}
