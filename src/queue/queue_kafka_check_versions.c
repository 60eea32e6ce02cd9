// The check-up of Kafka: whether its brokers are new enough.
//
// Brokers do not say which release they are of; when a connection is made they list the requests that they take, each
// with its versions. librdkafka keeps that list to itself, but writes it to its log.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "queue/queue_kafka_internal.h"

#define BROKERS_MAX 256
#define REQUESTS 128 // their numbers are below it
#define POLL_MS 100

// A number of Kafka's protocol, and the version that is asked for.
struct need {
    int16_t request, version;
    const char *what;
    const char *since; // the release
};

static const struct need needs[] = {
    {0, 3, "messages with headers (Produce 3)", "0.11"},
    {1, 4, "reading them (Fetch 4)", "0.11"},
    {2, 1, "offsets by time (ListOffsets 1)", "0.10.1"},
    {9, 1, "groups of consumers (OffsetFetch 1)", "0.9"},
    {22, 0, "idempotent producers (InitProducerId)", "0.11"},
    {21, 0, "shortening a topic (DeleteRecords)", "0.11"},
    {32, 0, "describing settings (DescribeConfigs)", "0.11"},
};
// Making topics with as many replicas as the brokers have for new ones.
static const struct need own_replicas = {19, 4, "their own number of replicas (CreateTopics 4)", "2.4"};
static const char *const take_newer = "take Kafka 2.4 or newer";

// What came with a release and stayed, ascending.
static const struct need signs[] = {{0, 3, NULL, "0.11"}, {37, 0, NULL, "1.0"}, {42, 0, NULL, "1.1"},
    {44, 0, NULL, "2.3"}, {47, 0, NULL, "2.4"}, {48, 0, NULL, "2.6"}, {50, 0, NULL, "2.7"}, {60, 0, NULL, "2.8"},
    {66, 0, NULL, "3.0"}};

struct broker {
    int32_t id;
    char name[256];
    bool has_said;
    int16_t versions[REQUESTS]; // the highest of each request; -1: it does not take it
};

struct looking {
    struct kafka_opaque opaque; // the first, so that it leads here
    pthread_mutex_t mutex;      // guards the brokers: the log comes from librdkafka's threads
    struct broker *brokers;
    int count;
};

// "HOST:PORT/ID", or "HOST:PORT/bootstrap" for as long as its number was not known.
static bool is_of(const struct broker *broker, const char *text, const char *slash)
{
    size_t length = strlen(broker->name);
    bool is_name = (size_t)(slash - text) >= length && strncmp(slash - length, broker->name, length) == 0;
    bool is_number = *slash == '/' && slash[1] >= '0' && slash[1] <= '9';
    return is_name || (is_number && strtol(slash + 1, NULL, 10) == broker->id);
}

// "[thrd:HOST:PORT/ID]: HOST:PORT/ID:   ApiKey Produce (0) Versions 0..9"
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    struct looking *looking = rd_kafka_opaque(handle);
    int request, least, most;
    const char *said = strstr(text, " ApiKey ");
    (void)level;
    if (strcmp(facility, "APIVERSION") != 0 || said == NULL ||
        sscanf(said, " ApiKey %*s (%d) Versions %d..%d", &request, &least, &most) != 3)
        return;
    const char *slash = said;
    while (slash > text && *slash != '/')
        slash--;
    pthread_mutex_lock(&looking->mutex);
    for (int i = 0; i < looking->count && request >= 0 && request < REQUESTS; i++) {
        struct broker *broker = &looking->brokers[i];
        if (!is_of(broker, text, slash))
            continue;
        broker->has_said = true;
        broker->versions[request] = (int16_t)most;
    }
    pthread_mutex_unlock(&looking->mutex);
}

static bool all_have_said(struct looking *looking)
{
    bool all = true;
    pthread_mutex_lock(&looking->mutex);
    for (int i = 0; i < looking->count; i++)
        all = all && looking->brokers[i].has_said;
    pthread_mutex_unlock(&looking->mutex);
    return all;
}

static void list_brokers(struct looking *looking, const struct rd_kafka_metadata *metadata)
{
    looking->count = metadata->broker_cnt < BROKERS_MAX ? metadata->broker_cnt : BROKERS_MAX;
    looking->brokers = mem_calloc((size_t)looking->count, sizeof(*looking->brokers));
    for (int i = 0; i < looking->count; i++) {
        struct broker *broker = &looking->brokers[i];
        broker->id = metadata->brokers[i].id;
        snprintf(broker->name, sizeof(broker->name), "%s:%d", metadata->brokers[i].host, metadata->brokers[i].port);
        for (size_t k = 0; k < REQUESTS; k++)
            broker->versions[k] = -1;
    }
}

// Connects to every broker, and waits until each has said what it takes.
static enum err_code hear_all(struct looking *looking, struct err *err)
{
    struct queue_kafka *self = looking->opaque.self;
    rd_kafka_t *handle;
    rd_kafka_conf_t *conf = kafka_client_conf(self, NULL);
    rd_kafka_conf_set_opaque(conf, looking);
    rd_kafka_conf_set_log_cb(conf, on_log);
    kafka_client_set(conf, "debug", "feature");
    kafka_client_set(conf, "enable.sparse.connections", "false");
    enum err_code code = kafka_client_new_trial(self, conf, KAFKA_MESSAGE_BYTES, &handle, err);
    if (code != ERR_NONE)
        return code;
    struct kafka_patience patience = kafka_patience_new(KAFKA_REQUEST_MS);
    while (!all_have_said(looking) && kafka_patience_left_ms(self, &patience) > 0)
        rd_kafka_poll(handle, POLL_MS);
    rd_kafka_destroy(handle);
    return ERR_NONE;
}

static bool takes(const struct broker *broker, const struct need *need)
{
    return broker->versions[need->request] >= need->version;
}

static const char *release_of(const struct broker *broker)
{
    const char *release = "0.10";
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]) && takes(broker, &signs[i]); i++)
        release = signs[i].since;
    return release;
}

// Says what is wrong with it; whether it is well.
static bool judge(const struct looking *looking, const struct broker *broker, struct checks *checks)
{
    struct strbuf lacks;
    if (!broker->has_said) {
        checks_warn(checks, "see that its advertised.listeners name an address that is reached from here",
            "the broker %s did not say what it speaks", broker->name);
        return false;
    }
    strbuf_init(&lacks);
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        if (!takes(broker, &needs[i]))
            strbuf_addf(&lacks, "%s%s, of Kafka %s", lacks.size > 0 ? "; " : "", needs[i].what, needs[i].since);
    }
    bool is_well = lacks.size == 0;
    if (!is_well)
        checks_wrong(checks, take_newer, "the broker %s is too old (Kafka %s or a little newer): it lacks %s",
            broker->name, release_of(broker), lacks.data);
    else if (looking->opaque.self->replication < 0 && !takes(broker, &own_replicas))
        checks_warn(checks, "set --kafka-replication, or take Kafka 2.4 or newer",
            "the broker %s (Kafka %s) makes no topics with %s", broker->name, release_of(broker), own_replicas.what);
    strbuf_release(&lacks);
    return is_well;
}

void kafka_check_versions(struct queue_kafka *self, const struct rd_kafka_metadata *metadata, struct checks *checks)
{
    struct err err = ERR_INIT;
    struct looking looking = {.opaque = {.self = self}};
    const char *oldest = NULL;
    bool all = true;
    pthread_mutex_init(&looking.mutex, NULL);
    list_brokers(&looking, metadata);
    if (hear_all(&looking, &err) != ERR_NONE)
        checks_wrong(checks, NULL, "%s", err.message);
    else {
        for (int i = 0; i < looking.count; i++) {
            const char *release = release_of(&looking.brokers[i]);
            all = judge(&looking, &looking.brokers[i], checks) && all;
            oldest = oldest == NULL || strverscmp(release, oldest) < 0 ? release : oldest;
        }
        if (all && oldest != NULL)
            checks_ok(checks, "all brokers speak what is needed, as of Kafka %s or newer", oldest);
    }
    pthread_mutex_destroy(&looking.mutex);
    free(looking.brokers);
}
