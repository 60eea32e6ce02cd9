// Waiting for messages, for the backends that live in this process.
#include <string.h>

#include "base/clock.h"
#include "os/cancel.h"
#include "os/cond.h"
#include "queue/queue_backend.h"

#define POLL_FIRST_MS 5

void queue_wait_init(struct queue_wait *wait)
{
    *wait = (struct queue_wait){0};
    pthread_mutex_init(&wait->mutex, NULL);
    for (size_t i = 0; i < QUEUE_WAIT_TOPICS; i++)
        pthread_cond_init(&wait->topics[i].woken, NULL);
}

void queue_wait_release(struct queue_wait *wait)
{
    for (size_t i = 0; i < QUEUE_WAIT_TOPICS; i++)
        pthread_cond_destroy(&wait->topics[i].woken);
    pthread_mutex_destroy(&wait->mutex);
}

// The topic's place. With more topics than places the last one is shared; its waiters wake too often.
static struct queue_wait_topic *find_topic(struct queue_wait *wait, const char *name)
{
    for (size_t i = 0; i < wait->topic_count; i++) {
        if (strcmp(wait->topics[i].name, name) == 0)
            return &wait->topics[i];
    }
    if (wait->topic_count == QUEUE_WAIT_TOPICS)
        return &wait->topics[QUEUE_WAIT_TOPICS - 1];
    struct queue_wait_topic *topic = &wait->topics[wait->topic_count++];
    strncpy(topic->name, name, sizeof(topic->name) - 1);
    return topic;
}

void queue_wait_wake(struct queue_wait *wait, const char *name, size_t count, bool everybody)
{
    pthread_mutex_lock(&wait->mutex);
    struct queue_wait_topic *topic = find_topic(wait, name);
    topic->generation++;
    bool shared = topic == &wait->topics[QUEUE_WAIT_TOPICS - 1];
    if (count == 1 && !everybody && !shared)
        pthread_cond_signal(&topic->woken);
    else
        pthread_cond_broadcast(&topic->woken);
    pthread_mutex_unlock(&wait->mutex);
}

// Real time, whatever clock the queue was given: a clock that is turned by hand would never end a wait.
static int64_t now_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

static uint64_t read_generation(struct queue_wait *wait, const char *name)
{
    pthread_mutex_lock(&wait->mutex);
    uint64_t generation = find_topic(wait, name)->generation;
    pthread_mutex_unlock(&wait->mutex);
    return generation;
}

// Waits until something was published after `generation` was read (true), or until the time is up (false).
static bool sleep_until(struct queue_wait *wait, const char *name, uint64_t generation, int64_t until_ms)
{
    bool is_late = false;
    pthread_mutex_lock(&wait->mutex);
    struct queue_wait_topic *topic = find_topic(wait, name);
    while (topic->generation == generation && !is_late)
        is_late = !cond_wait_until(&topic->woken, &wait->mutex, until_ms * 1000);
    bool woken = topic->generation != generation;
    pthread_mutex_unlock(&wait->mutex);
    return woken;
}

enum err_code queue_wait_run(struct queue_wait *wait, const char *topic, int64_t wait_ms, struct cancel *cancel,
    queue_try *attempt, void *context, size_t *count, struct err *err)
{
    int64_t end_ms = now_ms() + wait_ms;
    int64_t poll_ms = POLL_FIRST_MS;
    bool polled = false;
    *count = 0;
    for (;;) {
        enum err_code code = cancel_check(cancel, err);
        if (code != ERR_NONE)
            return code;
        // Read before the try: what is published after it changes the generation.
        uint64_t generation = read_generation(wait, topic);
        code = attempt(context, polled, count, err);
        if (code != ERR_NONE || *count > 0)
            return code;
        int64_t before_ms = now_ms();
        if (before_ms >= end_ms)
            return ERR_NONE;
        int64_t until_ms = before_ms + poll_ms < end_ms ? before_ms + poll_ms : end_ms;
        polled = !sleep_until(wait, topic, generation, until_ms);
        poll_ms = !polled ? POLL_FIRST_MS : poll_ms * 2 < QUEUE_POLL_MAX_MS ? poll_ms * 2 : QUEUE_POLL_MAX_MS;
    }
}
