#include "ingest/presence.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "ingest/activity_log.h"

#define MESSAGES_READ 512 // of the newest
#define READ_AT_ONCE 64

struct heard {
    char id[ACTIVITY_WORKER_ID_SIZE];
    char host[64];
    int64_t at_us;
    bool is_gone;
};

struct listening {
    char host[64]; // ours
    struct heard *workers;
    size_t count;
};

static struct heard *find_worker(struct listening *listening, const char *id)
{
    for (size_t i = 0; i < listening->count; i++) {
        if (strcmp(listening->workers[i].id, id) == 0)
            return &listening->workers[i];
    }
    listening->workers = mem_realloc_array(listening->workers, listening->count + 1, sizeof(*listening->workers));
    struct heard *worker = &listening->workers[listening->count++];
    *worker = (struct heard){0};
    snprintf(worker->id, sizeof(worker->id), "%s", id);
    return worker;
}

// On another machine nobody can tell.
static bool process_is_gone(const struct listening *listening, const char *host, int64_t pid)
{
    return strcmp(host, listening->host) == 0 && pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static void take_in(struct listening *listening, const struct queue_message *message)
{
    json_t *root = NULL;
    const struct json_limits limits = {.size_bytes = QUEUE_BODY_MAX, .depth = 8};
    size_t i;
    json_t *given;
    if (json_parse(message->body, message->body_size, &limits, &root, NULL) != ERR_NONE)
        return;
    const char *host = json_string_value(json_object_get(root, "host"));
    bool is_gone =
        process_is_gone(listening, host != NULL ? host : "", json_integer_value(json_object_get(root, "pid")));
    json_array_foreach(json_object_get(root, "workers"), i, given)
    {
        const char *id = json_string_value(json_object_get(given, "id"));
        const char *state = json_string_value(json_object_get(given, "state"));
        if (id == NULL || state == NULL)
            continue;
        struct heard *worker = find_worker(listening, id);
        snprintf(worker->host, sizeof(worker->host), "%s", host != NULL ? host : "");
        worker->at_us = json_integer_value(json_object_get(root, "at_us"));
        worker->is_gone = is_gone || strcmp(state, "stopped") == 0;
    }
    json_decref(root);
}

static void judge(const struct listening *listening, int64_t since_us, struct presence *presence)
{
    for (size_t i = 0; i < listening->count && !presence->found; i++) {
        const struct heard *worker = &listening->workers[i];
        if (worker->is_gone || worker->at_us < since_us)
            continue;
        presence->found = true;
        snprintf(presence->worker, sizeof(presence->worker), "%s", worker->id);
        snprintf(presence->host, sizeof(presence->host), "%s", worker->host);
    }
}

// Reads on from *offset; *count is how many came.
static enum err_code read_on(struct queue *queue, struct listening *listening, int64_t *offset, int64_t wait_ms,
    struct cancel *cancel, size_t *count, struct err *err)
{
    struct queue_message *messages[READ_AT_ONCE] = {0};
    enum err_code code =
        queue_log_read(queue, TOPIC_ACTIVITY, *offset, READ_AT_ONCE, wait_ms, cancel, messages, count, err);
    for (size_t i = 0; code == ERR_NONE && i < *count; i++) {
        *offset = messages[i]->lease;
        take_in(listening, messages[i]);
        queue_message_free(messages[i]);
    }
    return code;
}

enum err_code presence_find(struct queue *queue, const struct clock *clock, int64_t listen_ms, struct cancel *cancel,
    struct presence *presence, struct err *err)
{
    struct listening listening = {0};
    int64_t end = 0;
    size_t count = 0;
    *presence = (struct presence){0};
    if (gethostname(listening.host, sizeof(listening.host) - 1) != 0)
        listening.host[0] = '\0';
    enum err_code code = queue_log_end(queue, TOPIC_ACTIVITY, &end, err);
    int64_t offset = end > MESSAGES_READ ? end - MESSAGES_READ : 0;
    while (code == ERR_NONE && offset < end) {
        code = read_on(queue, &listening, &offset, 0, cancel, &count, err);
        if (count == 0)
            break;
    }
    if (code == ERR_NONE)
        judge(&listening, clock_wall_us(clock) - ACTIVITY_LOG_LOST_MS * INT64_C(1000), presence);
    int64_t end_us = clock_monotonic_us(clock_system()) + listen_ms * 1000;
    while (code == ERR_NONE && !presence->found && !cancel_requested(cancel)) {
        int64_t left_ms = (end_us - clock_monotonic_us(clock_system())) / 1000;
        if (left_ms <= 0)
            break;
        listening.count = 0; // whatever comes from now on is said now, whatever its sender's clock says
        code = read_on(queue, &listening, &offset, left_ms, cancel, &count, err);
        if (code == ERR_NONE)
            judge(&listening, INT64_MIN, presence);
    }
    free(listening.workers);
    return code;
}
