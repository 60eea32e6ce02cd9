#include "os/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define THREAD_NAME_SIZE 16

struct thread {
    pthread_t id;
    char name[THREAD_NAME_SIZE];
    void (*run)(void *arg);
    void *arg;
};

void thread_name_self(const char *name)
{
    char cut[THREAD_NAME_SIZE];
    size_t length = strnlen(name, sizeof(cut) - 1);
    memcpy(cut, name, length);
    cut[length] = '\0';
    pthread_setname_np(pthread_self(), cut);
}

static void *enter(void *arg)
{
    struct thread *thread = arg;
    thread_name_self(thread->name);
    thread->run(thread->arg);
    return NULL;
}

enum err_code thread_start(const char *name, void (*run)(void *arg), void *arg, struct thread **out, struct err *err)
{
    struct thread *thread = mem_calloc(1, sizeof(*thread));
    memcpy(thread->name, name, strnlen(name, sizeof(thread->name) - 1));
    thread->run = run;
    thread->arg = arg;
    int failure = pthread_create(&thread->id, NULL, enter, thread);
    if (failure != 0) {
        free(thread);
        *out = NULL;
        return err_set(err, ERR_UNAVAILABLE, "cannot start the thread %s: %s", name, strerror(failure));
    }
    *out = thread;
    return ERR_NONE;
}

void thread_join(struct thread *thread)
{
    if (thread == NULL)
        return;
    pthread_join(thread->id, NULL);
    free(thread);
}
