// librdkafka's handles and errors.
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "net/stream.h"
#include "queue/queue_kafka_internal.h"

#define LOOK_MS 3000 // for finding out why a broker says nothing: a busy one takes more than a second to greet
#define HOST_SIZE 256
#define PORT_DEFAULT 9092

// What the queue's promises hang on is not for the user to set.
static const char *const own_properties[] = {"bootstrap.servers", "metadata.broker.list", "group.id",
    "group.instance.id", "enable.auto.commit", "auto.commit.enable", "enable.auto.offset.store", "auto.offset.reset",
    "enable.idempotence", "acks", "request.required.acks", "transactional.id", "partition.assignment.strategy",
    "enable.partition.eof", "message.max.bytes", "fetch.message.max.bytes"};

static bool is_own_property(const char *name)
{
    for (size_t i = 0; i < sizeof(own_properties) / sizeof(own_properties[0]); i++) {
        if (strcmp(own_properties[i], name) == 0)
            return true;
    }
    return false;
}

// ---- what librdkafka says by itself

static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    const struct kafka_opaque *opaque = rd_kafka_opaque(handle);
    enum { SYSLOG_ERROR = 3, SYSLOG_NOTICE = 5 };
    // Errors come through on_error() too, once, and each call says what it could not do.
    log_write(opaque->self->log, level <= SYSLOG_ERROR ? LOG_INFO : LOG_DEBUG, "kafka: %s: %s", facility, text);
}

static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    struct queue_kafka *self = ((struct kafka_opaque *)opaque)->self;
    (void)handle;
    log_debug(self->log, "kafka: %s: %s", rd_kafka_err2name((rd_kafka_resp_err_t)code), reason);
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) // says nothing about why
        return;
    pthread_mutex_lock(&self->mutex);
    snprintf(self->last_reason, sizeof(self->last_reason), "%s", reason);
    self->last_code = (rd_kafka_resp_err_t)code;
    pthread_mutex_unlock(&self->mutex);
}

// ---- making handles

void kafka_client_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) != RD_KAFKA_CONF_OK)
        abort(); // ours are right, or the build's librdkafka is not the one that is loaded
}

rd_kafka_conf_t *kafka_client_conf(struct queue_kafka *self, struct kafka_consumer *consumer)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, consumer != NULL ? &consumer->opaque : &self->opaque);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    kafka_client_set(conf, "client.id", "framehound");
    kafka_client_set(conf, "compression.codec", "lz4");
    kafka_client_set(conf, "socket.timeout.ms", "10000"); // of one request; leaving a group may wait for one
    kafka_client_set(conf, "session.timeout.ms", "15000");
    kafka_client_set(conf, "heartbeat.interval.ms", "3000");
    kafka_client_set(conf, "reconnect.backoff.max.ms", "2000");
    kafka_client_set(conf, "log.connection.close", "false");
    return conf;
}

static enum err_code apply_property(rd_kafka_conf_t *conf, char *line, struct err *err)
{
    char text[256] = "it is not of the form name=value";
    while (isspace((unsigned char)*line))
        line++;
    if (*line == '\0' || *line == '#')
        return ERR_NONE;
    char *value = strchr(line, '=');
    if (value != NULL) {
        *value++ = '\0';
        line = text_trim(line);
        while (isspace((unsigned char)*value))
            value++;
        if (is_own_property(line))
            return err_set(
                err, ERR_INVALID, "--kafka-config: the property \"%.60s\" is the program's own: leave it out", line);
        if (rd_kafka_conf_set(conf, line, value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
            return ERR_NONE;
    }
    // The value may be a password: only the name is told.
    return err_set(err, ERR_INVALID, "--kafka-config: the line that begins with \"%.60s\" cannot be used: %s", line,
        value != NULL && strstr(text, value) != NULL && *value != '\0' ? "librdkafka refuses its value" : text);
}

static enum err_code apply_properties(const struct queue_kafka *self, rd_kafka_conf_t *conf, struct err *err)
{
    enum err_code code = ERR_NONE;
    char *copy = mem_strdup(self->config != NULL ? self->config : "");
    char *rest = copy;
    for (char *line = strtok_r(copy, "\r\n", &rest); line != NULL && code == ERR_NONE;
         line = strtok_r(NULL, "\r\n", &rest))
        code = apply_property(conf, line, err);
    free(copy);
    return code;
}

static enum err_code make_handle(
    struct queue_kafka *self, rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **handle, struct err *err)
{
    char text[512];
    if (rd_kafka_conf_set(conf, "bootstrap.servers", self->brokers, text, sizeof(text)) == RD_KAFKA_CONF_OK)
        *handle = rd_kafka_new(type, conf, text, sizeof(text));
    if (*handle != NULL)
        return ERR_NONE;
    rd_kafka_conf_destroy(conf);
    return err_set(
        err, ERR_INVALID, "Kafka at %s (--queue, --kafka-config) cannot be used as it is set: %s", self->brokers, text);
}

static enum err_code new_client(struct queue_kafka *self, const char *consumer_group, bool observes,
    rd_kafka_conf_t *conf, rd_kafka_t **handle, struct err *err)
{
    char bytes[24];
    *handle = NULL;
    enum err_code code = apply_properties(self, conf, err);
    if (code != ERR_NONE) {
        rd_kafka_conf_destroy(conf);
        return code;
    }
    snprintf(bytes, sizeof(bytes), "%zu", KAFKA_MESSAGE_BYTES);
    kafka_client_set(conf, "message.max.bytes", bytes);
    if (consumer_group != NULL) {
        kafka_client_set(conf, "group.id", consumer_group);
        kafka_client_set(conf, "enable.auto.commit", "false");
        kafka_client_set(conf, "enable.auto.offset.store", "false");
        kafka_client_set(conf, "auto.offset.reset", "earliest");
        kafka_client_set(conf, "partition.assignment.strategy", "cooperative-sticky");
        kafka_client_set(conf, "fetch.message.max.bytes", bytes);
        kafka_client_set(conf, "queued.min.messages", "500");
        kafka_client_set(conf, "queued.max.messages.kbytes", "16384");
        if (observes) {
            kafka_client_set(conf, "socket.timeout.ms", "4000");
            kafka_client_set(conf, "session.timeout.ms", "1000");
            kafka_client_set(conf, "heartbeat.interval.ms", "500");
        }
    } else {
        kafka_client_set(conf, "enable.idempotence", "true");
        kafka_client_set(conf, "acks", "all");
    }
    return make_handle(self, consumer_group != NULL ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, handle, err);
}

enum err_code kafka_client_new(
    struct queue_kafka *self, const char *consumer_group, rd_kafka_conf_t *conf, rd_kafka_t **handle, struct err *err)
{
    return new_client(self, consumer_group, false, conf, handle, err);
}

enum err_code kafka_client_new_observer(
    struct queue_kafka *self, const char *group, rd_kafka_t **handle, struct err *err)
{
    return new_client(self, group, true, kafka_client_conf(self, NULL), handle, err);
}

enum err_code kafka_client_new_trial(
    struct queue_kafka *self, rd_kafka_conf_t *conf, size_t bytes, rd_kafka_t **handle, struct err *err)
{
    char text[24];
    *handle = NULL;
    enum err_code code = apply_properties(self, conf, err);
    if (code != ERR_NONE) {
        rd_kafka_conf_destroy(conf);
        return code;
    }
    snprintf(text, sizeof(text), "%zu", bytes);
    kafka_client_set(conf, "message.max.bytes", text);
    kafka_client_set(conf, "compression.codec", "none"); // brokers measure what comes
    kafka_client_set(conf, "enable.idempotence", "false");
    kafka_client_set(conf, "acks", "all");
    return make_handle(self, RD_KAFKA_PRODUCER, conf, handle, err);
}

// ---- errors

struct meaning {
    rd_kafka_resp_err_t code;
    enum err_code as;
    const char *advice;
};

static const struct meaning meanings[] = {
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERR_LIMIT, "give its topic max.message.bytes=2097152"},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ERR_UNAVAILABLE, "make the topics with `framehound queue init`"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ERR_UNAVAILABLE, "make the topics with `framehound queue init`"},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ERR_UNAVAILABLE, "make the topics with `framehound queue init`"},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, ERR_UNAVAILABLE, "check user and password in the file of --kafka-config"},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ERR_UNAVAILABLE,
        "check user and password in the file of --kafka-config"},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ERR_UNAVAILABLE,
        "let its user read, write and describe the topics, or give another user in the file of --kafka-config"},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ERR_UNAVAILABLE,
        "let its user read the groups that begin with the topics' prefix"},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ERR_UNAVAILABLE,
        "let its user make topics, or let somebody make them with `framehound queue init`"},
    {RD_KAFKA_RESP_ERR__FATAL, ERR_UNAVAILABLE,
        "start this process again: its producer cannot keep its promises any more"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, ERR_UNAVAILABLE, "fewer brokers are up than min.insync.replicas asks for"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, ERR_UNAVAILABLE,
        "fewer brokers are up than min.insync.replicas asks for"},
};

static bool is_about_connection(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
        code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT ||
        code == RD_KAFKA_RESP_ERR__RESOLVE || code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE ||
        code == RD_KAFKA_RESP_ERR__WAIT_COORD;
}

// ---- TLS where there is none, and the other way round

static void first_broker(const struct queue_kafka *self, char host[HOST_SIZE], uint16_t *port)
{
    const char *brokers = self->brokers;
    bool is_v6 = brokers[0] == '[';
    size_t length = is_v6 ? strcspn(++brokers, "]") : strcspn(brokers, ":,");
    snprintf(host, HOST_SIZE, "%.*s", (int)(length < HOST_SIZE ? length : 0), brokers);
    brokers += length + is_v6;
    *port = brokers[0] == ':' ? (uint16_t)strtoul(brokers + 1, NULL, 10) : PORT_DEFAULT;
}

// A broker closes a connection on which it is spoken to in the other way, and librdkafka can tell no more than that.
// NULL: that is not why, or there is no time to look, because the process is to end.
static const char *explain_tls(const struct queue_kafka *self, const char *reason)
{
    char protocol[32] = "";
    size_t size = sizeof(protocol);
    char host[HOST_SIZE];
    struct stream_target broker = {.host = host};
    bool is_greeting_lost = strstr(reason, "SSL handshake failed") != NULL && strstr(reason, "certificate") == NULL;
    if (reason[0] != '\0' && !is_greeting_lost)
        return NULL;
    if (self->producer == NULL || atomic_load(&self->ending_us) > 0 ||
        rd_kafka_conf_get(rd_kafka_conf(self->producer), "security.protocol", protocol, &size) != RD_KAFKA_CONF_OK)
        return NULL;
    first_broker(self, host, &broker.port);
    bool speaks_tls = stream_speaks_tls(&broker, stream_deadline_us(LOOK_MS));
    bool is_tls = strstr(protocol, "ssl") != NULL;
    if (is_tls && is_greeting_lost && !speaks_tls)
        return "it does not speak TLS there: set security.protocol to plaintext or sasl_plaintext in the file of "
               "--kafka-config, or name its port for TLS";
    if (!is_tls && speaks_tls)
        return "it speaks TLS there: set security.protocol to ssl or sasl_ssl in the file of --kafka-config";
    return NULL;
}

static rd_kafka_resp_err_t last_reason(struct queue_kafka *self, char reason[ERR_MESSAGE_MAX])
{
    pthread_mutex_lock(&self->mutex);
    snprintf(reason, ERR_MESSAGE_MAX, "%s", self->last_reason);
    rd_kafka_resp_err_t code = self->last_code;
    pthread_mutex_unlock(&self->mutex);
    return code;
}

bool kafka_is_refused(struct queue_kafka *self)
{
    char reason[ERR_MESSAGE_MAX];
    rd_kafka_resp_err_t code = last_reason(self, reason);
    return code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
        (code == RD_KAFKA_RESP_ERR__SSL && strstr(reason, "certificate") != NULL) || explain_tls(self, reason) != NULL;
}

enum err_code kafka_error(struct queue_kafka *self, rd_kafka_resp_err_t code, const char *what, struct err *err)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].code == code)
            return err_set(err, meanings[i].as, "Kafka at %s (--queue): %s: %s: %s", self->brokers, what,
                rd_kafka_err2str(code), meanings[i].advice);
    }
    if (!is_about_connection(code))
        return err_set(
            err, ERR_UNAVAILABLE, "Kafka at %s (--queue): %s: %s", self->brokers, what, rd_kafka_err2str(code));
    char reason[ERR_MESSAGE_MAX];
    (void)last_reason(self, reason);
    const char *tls = explain_tls(self, reason);
    if (tls != NULL)
        return err_set(err, ERR_UNAVAILABLE, "Kafka at %s (--queue): %s: %s", self->brokers, what, tls);
    return err_set(err, ERR_UNAVAILABLE,
        "Kafka at %s (--queue) does not answer: %s: %.160s: check that it runs, and host, port and --kafka-config",
        self->brokers, what, reason[0] != '\0' ? reason : rd_kafka_err2str(code));
}
