#include "os/signals.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/thread.h"

// Told to the signal thread to end; never sent from outside in earnest.
#define SIGNAL_STOP SIGUSR2

struct signals {
    struct cancel *cancel;
    struct log *log;
    sigset_t taken;
    sigset_t before;
    atomic_int first;
    atomic_bool stopping;
    pthread_t thread;
};

static void *take_signals(void *arg)
{
    struct signals *signals = arg;
    thread_name_self("signals");
    for (;;) {
        int number = 0;
        if (sigwait(&signals->taken, &number) != 0)
            continue;
        if (atomic_load(&signals->stopping))
            return NULL;
        if (number == SIGNAL_STOP)
            continue;
        int none = 0;
        // A terminal that closes may say so twice: its shell does, and the system.
        if (number == SIGHUP && atomic_load(&signals->first) != 0)
            continue;
        if (!atomic_compare_exchange_strong(&signals->first, &none, number))
            _exit(128 + number);
        log_info(
            signals->log, "%s: stopping; once more to stop at once", number == SIGINT ? "interrupted" : "asked to");
        cancel_request(signals->cancel);
    }
}

// As nohup(1) wants it.
static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

enum err_code signals_start(struct cancel *cancel, struct log *log, struct signals **out, struct err *err)
{
    struct signals *signals = mem_calloc(1, sizeof(*signals));
    signals->cancel = cancel;
    signals->log = log != NULL ? log : log_none();
    sigemptyset(&signals->taken);
    sigaddset(&signals->taken, SIGTERM);
    sigaddset(&signals->taken, SIGINT);
    if (!is_ignored(SIGHUP))
        sigaddset(&signals->taken, SIGHUP);
    sigaddset(&signals->taken, SIGNAL_STOP);
    *out = NULL;
    signal(SIGPIPE, SIG_IGN);
    int failure = pthread_sigmask(SIG_BLOCK, &signals->taken, &signals->before);
    if (failure == 0)
        failure = pthread_create(&signals->thread, NULL, take_signals, signals);
    if (failure != 0) {
        free(signals);
        return err_set(err, ERR_UNAVAILABLE, "cannot start the signal thread: %s", strerror(failure));
    }
    *out = signals;
    return ERR_NONE;
}

int signals_received(const struct signals *signals)
{
    return atomic_load(&((struct signals *)signals)->first);
}

// One of those that a terminal says twice may have come and not been taken yet: unblocked, it would end the process.
static void drop_hang_ups(const struct signals *signals)
{
    const struct timespec at_once = {0};
    sigset_t hang_up;
    sigemptyset(&hang_up);
    sigaddset(&hang_up, SIGHUP);
    if (atomic_load(&((struct signals *)signals)->first) != 0 && sigismember(&signals->taken, SIGHUP) == 1)
        (void)sigtimedwait(&hang_up, NULL, &at_once);
}

void signals_stop(struct signals *signals)
{
    if (signals == NULL)
        return;
    atomic_store(&signals->stopping, true);
    pthread_kill(signals->thread, SIGNAL_STOP);
    pthread_join(signals->thread, NULL);
    drop_hang_ups(signals);
    pthread_sigmask(SIG_SETMASK, &signals->before, NULL);
    free(signals);
}
