#include "os/signals.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"

static void the_first_signal_requests_the_cancel(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cancel *cancel = cancel_new(NULL);
    struct signals *signals = NULL;
    assert_ok(signals_start(cancel, NULL, &signals, &err), &err);
    assert_int_equal(signals_received(signals), 0);
    kill(getpid(), SIGTERM);
    assert_true(cancel_wait(cancel, 600000));
    assert_int_equal(signals_received(signals), SIGTERM);
    signals_stop(signals);
    signals_stop(NULL);
    cancel_free(cancel);
}

static void the_second_signal_ends_the_process(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        struct cancel *cancel = cancel_new(NULL);
        struct signals *signals = NULL;
        if (signals_start(cancel, NULL, &signals, NULL) != ERR_NONE)
            _exit(1);
        kill(getpid(), SIGINT);
        if (!cancel_wait(cancel, 600000))
            _exit(2);
        kill(getpid(), SIGINT);
        cancel_wait(NULL, 600000);
        _exit(3);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGINT);
}

// The exit status of a process that is told twice that its terminal is gone, and then is asked to end.
static int hang_up(void (*disposition)(int))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct cancel *cancel = cancel_new(NULL);
        struct signals *signals = NULL;
        signal(SIGHUP, disposition);
        if (signals_start(cancel, NULL, &signals, NULL) != ERR_NONE)
            _exit(1);
        kill(getpid(), SIGHUP);
        if (disposition == SIG_IGN)
            kill(getpid(), SIGTERM);
        if (!cancel_wait(cancel, 600000))
            _exit(2);
        kill(getpid(), SIGHUP);
        int first = signals_received(signals);
        signals_stop(signals);
        _exit(first);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void a_terminal_that_goes_ends_in_order_what_does_not_ignore_it(void **state)
{
    (void)state;
    assert_int_equal(hang_up(SIG_DFL), SIGHUP);
    assert_int_equal(hang_up(SIG_IGN), SIGTERM);
}

static void a_broken_pipe_ends_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cancel *cancel = cancel_new(NULL);
    struct signals *signals = NULL;
    assert_ok(signals_start(cancel, NULL, &signals, &err), &err);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    close(ends[1]);
    signals_stop(signals);
    assert_false(cancel_requested(cancel));
    cancel_free(cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_signal_requests_the_cancel),
        cmocka_unit_test(the_second_signal_ends_the_process),
        cmocka_unit_test(a_terminal_that_goes_ends_in_order_what_does_not_ignore_it),
        cmocka_unit_test(a_broken_pipe_ends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
