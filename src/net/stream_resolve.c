// Looking up names with a deadline: getaddrinfo() has none, so it runs in a thread of the C library, which is left to
// itself when it takes too long.
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/stream_internal.h"

#define HOST_SIZE 256

struct lookup {
    struct gaicb request;
    struct addrinfo hints;
    char host[HOST_SIZE];
    char port[8];
    struct lookup *next;
};

// Lookups nobody waits for any more but the library still works on; their memory is taken back when they are done.
static pthread_mutex_t abandoned_lock = PTHREAD_MUTEX_INITIALIZER;
static struct lookup *abandoned;

static void lookup_free(struct lookup *lookup)
{
    if (lookup->request.ar_result != NULL)
        freeaddrinfo(lookup->request.ar_result);
    free(lookup);
}

static void reap(void)
{
    pthread_mutex_lock(&abandoned_lock);
    for (struct lookup **at = &abandoned; *at != NULL;) {
        struct lookup *lookup = *at;
        if (gai_error(&lookup->request) == EAI_INPROGRESS) {
            at = &lookup->next;
            continue;
        }
        *at = lookup->next;
        lookup_free(lookup);
    }
    pthread_mutex_unlock(&abandoned_lock);
}

static void abandon(struct lookup *lookup)
{
    int outcome = gai_cancel(&lookup->request);
    if (outcome == EAI_CANCELED || outcome == EAI_ALLDONE) {
        lookup_free(lookup);
        return;
    }
    pthread_mutex_lock(&abandoned_lock);
    lookup->next = abandoned;
    abandoned = lookup;
    pthread_mutex_unlock(&abandoned_lock);
}

// The outcome of a lookup that runs; EAI_INPROGRESS when the deadline came first.
static int wait_for(struct lookup *lookup, int64_t deadline_us)
{
    const struct gaicb *list[] = {&lookup->request};
    for (;;) {
        int outcome = gai_error(&lookup->request);
        int64_t left_us = deadline_us - clock_monotonic_us(clock_system());
        if (outcome != EAI_INPROGRESS || left_us <= 0)
            return outcome;
        const struct timespec timeout = {.tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000};
        (void)gai_suspend(list, 1, &timeout);
    }
}

static bool is_address(const char *host)
{
    struct in6_addr unused;
    return inet_pton(AF_INET, host, &unused) == 1 || inet_pton(AF_INET6, host, &unused) == 1;
}

enum err_code stream_resolve(
    const char *host, uint16_t port, int64_t deadline_us, struct addrinfo **addresses, struct err *err)
{
    reap();
    struct lookup *lookup = mem_calloc(1, sizeof(*lookup));
    lookup->hints.ai_socktype = SOCK_STREAM;
    snprintf(lookup->host, sizeof(lookup->host), "%s", host);
    snprintf(lookup->port, sizeof(lookup->port), "%u", (unsigned)port);
    lookup->request = (struct gaicb){
        .ar_name = lookup->host, .ar_service = lookup->port, .ar_request = &lookup->hints, .ar_result = NULL};
    struct gaicb *list[] = {&lookup->request};
    int outcome;
    if (is_address(host)) {
        // Nobody has to be asked.
        lookup->hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
        outcome = getaddrinfo(lookup->host, lookup->port, &lookup->hints, &lookup->request.ar_result);
    } else {
        outcome = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
        if (outcome == 0)
            outcome = wait_for(lookup, deadline_us);
    }
    if (outcome == EAI_INPROGRESS) {
        abandon(lookup);
        return err_set(err, ERR_TIMEOUT, "its name could not be looked up in time");
    }
    if (outcome != 0) {
        lookup_free(lookup);
        return err_set(err, ERR_UNAVAILABLE, "its name could not be looked up: %s", gai_strerror(outcome));
    }
    *addresses = lookup->request.ar_result;
    lookup->request.ar_result = NULL;
    lookup_free(lookup);
    return ERR_NONE;
}
