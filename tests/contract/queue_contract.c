// What every queue does, whatever is behind it. Run as: queue_contract BACKEND
#include "queue_contract.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "os/file.h"
#include "queue/queue_kafka.h"
#include "queue/queue_memory.h"
#include "queue/queue_sqlite.h"

const char *backend;
struct err failure;

// Kafka's brokers, for which the caller has seen to (scripts/live-servers); each case has topics of its own.
#define KAFKA_VARIABLE "FRAMEHOUND_TEST_KAFKA"

bool is_kafka(void)
{
    return strcmp(backend, "kafka") == 0;
}

static struct queue *open_kafka(const struct queue_options *options, const struct clock *clock)
{
    static int number;
    struct queue_kafka_settings settings;
    struct queue *queue;
    queue_kafka_settings_default(&settings);
    settings.brokers = getenv(KAFKA_VARIABLE);
    char *prefix = mem_sprintf("contract-%ld-%d-%d.", (long)time(NULL), (int)getpid(), number++);
    settings.prefix = prefix;
    settings.partitions = 1; // with more, messages of different videos come in any order
    settings.replication = 1;
    assert_ok(queue_kafka_open(&settings, options, clock, log_none(), &queue, &failure), &failure);
    free(prefix);
    return queue;
}

int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    clock_manual_init(&f->clock, 1000 * SECOND_US);
    const struct queue_options options = {
        .max_attempts = 3, .lease_ms = 30000, .log_retention = 1000, .retry_base_ms = 1000};
    if (strcmp(backend, "sqlite") == 0) {
        assert_ok(dir_make_temporary(NULL, "queue-contract-", f->folder, &failure), &failure);
        char *path = mem_sprintf("%s/queue.db", f->folder);
        assert_ok(queue_sqlite_open(path, &options, &f->clock.clock, &f->queue, &failure), &failure);
        free(path);
    } else if (is_kafka()) {
        f->queue = open_kafka(&options, &f->clock.clock);
    } else {
        f->queue = queue_memory_new(&options, &f->clock.clock);
    }
    *state = f;
    return 0;
}

int tear_down(void **state)
{
    struct fixture *f = *state;
    queue_free(f->queue);
    if (f->folder[0] != '\0')
        assert_ok(dir_remove_tree(f->folder, &failure), &failure);
    free(f);
    return 0;
}

void pass(struct fixture *f, int64_t us)
{
    f->clock.now_us += us;
}

void publish(struct fixture *f, const char *topic, const char *key, const char *body)
{
    const struct queue_item item = {.key = key, .body = body, .body_size = strlen(body)};
    assert_ok(queue_publish(f->queue, topic, &item, 1, &failure), &failure);
}

size_t receive_up_to(struct fixture *f, const char *topic, size_t max, struct queue_message **messages)
{
    size_t count = 0;
    if (is_kafka()) // messages are on their way to us, and whether any are left is not known without asking
        assert_ok(queue_kafka_catch_up(f->queue, topic, PATIENCE_MS, &failure), &failure);
    assert_ok(queue_receive(f->queue, topic, "worker-1", max, 0, NULL, messages, &count, &failure), &failure);
    return count;
}

// The one message that can be received now; NULL if there is none.
static struct queue_message *receive(struct fixture *f, const char *topic)
{
    struct queue_message *message = NULL;
    return receive_up_to(f, topic, 1, &message) == 1 ? message : NULL;
}

struct queue_message *receive_some(struct fixture *f, const char *topic)
{
    struct queue_message *message = receive(f, topic);
    assert_non_null(message);
    return message;
}

void assert_nothing(struct fixture *f, const char *topic)
{
    assert_null(receive(f, topic));
}

void ack(struct fixture *f, struct queue_message *message)
{
    assert_ok(queue_ack(f->queue, &message, 1, &failure), &failure);
    queue_message_free(message);
}

bool reject(struct fixture *f, struct queue_message *message, const char *reason)
{
    bool dead = false;
    assert_ok(queue_reject(f->queue, message, reason, &dead, &failure), &failure);
    queue_message_free(message);
    return dead;
}

void assert_stats(struct fixture *f, const char *topic, int64_t ready, int64_t leased)
{
    struct queue_stats stats;
    assert_ok(queue_stats(f->queue, topic, &stats, &failure), &failure);
    assert_int_equal(stats.ready, ready);
    assert_int_equal(stats.leased, leased);
}

size_t count_letters(struct fixture *f, const char *video)
{
    struct queue_dead_letter *letters;
    size_t count;
    assert_ok(queue_dead_letters(f->queue, video, 0, 1000, &letters, &count, &failure), &failure);
    queue_dead_letters_free(letters, count);
    return count;
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    if (is_kafka() && getenv(KAFKA_VARIABLE) == NULL) {
        printf("1..0 # SKIP " KAFKA_VARIABLE " names no brokers; make test-live starts some\n");
        return 0;
    }
    static const struct contract_part *const parts[] = {&delivery_part, &waiting_part, NULL};
    return contract_run(backend, parts, NULL, NULL);
}
