#include "os/process_mark.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"

static void a_living_process_is_not_dead(void **state)
{
    (void)state;
    char mark[PROCESS_MARK_SIZE];
    process_mark_self(mark);
    assert_false(process_mark_is_dead(mark));
}

// Runs a child that reports its own mark and ends; waits for it where `reap` is set.
static pid_t mark_of_ended_child(char mark[PROCESS_MARK_SIZE], bool reap)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char own[PROCESS_MARK_SIZE] = "";
        process_mark_self(own);
        _exit(write(fds[1], own, sizeof(own)) == (ssize_t)sizeof(own) ? 0 : 1);
    }
    assert_int_equal(read(fds[0], mark, PROCESS_MARK_SIZE), PROCESS_MARK_SIZE);
    close(fds[0]);
    close(fds[1]);
    if (reap)
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void an_ended_process_is_dead(void **state)
{
    (void)state;
    char mark[PROCESS_MARK_SIZE];
    mark_of_ended_child(mark, true);
    assert_true(process_mark_is_dead(mark));
}

static void a_process_that_nobody_waited_for_is_dead(void **state)
{
    (void)state;
    char mark[PROCESS_MARK_SIZE];
    pid_t pid = mark_of_ended_child(mark, false);
    siginfo_t info;
    // Wait until it has ended, but leave it in the process table.
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_true(process_mark_is_dead(mark));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_reused_process_id_is_told_apart_by_its_start(void **state)
{
    (void)state;
    char mark[PROCESS_MARK_SIZE];
    process_mark_self(mark);
    char *last = strrchr(mark, '.');
    assert_non_null(last);
    last[1] = last[1] == '1' ? '2' : '1';
    assert_true(process_mark_is_dead(mark));
}

static void what_cannot_be_judged_is_not_called_dead(void **state)
{
    (void)state;
    assert_false(process_mark_is_dead(""));
    assert_false(process_mark_is_dead("nonsense"));
    assert_false(process_mark_is_dead("1.999999.1"));
    assert_false(process_mark_is_dead("1.-1.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_living_process_is_not_dead),
        cmocka_unit_test(an_ended_process_is_dead),
        cmocka_unit_test(a_process_that_nobody_waited_for_is_dead),
        cmocka_unit_test(a_reused_process_id_is_told_apart_by_its_start),
        cmocka_unit_test(what_cannot_be_judged_is_not_called_dead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
