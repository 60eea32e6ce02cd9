#include "os/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/test.h"
#include "os/file.h"
#include "os/thread.h"

#define SCRIPT(text) ((const char *const[]){"sh", "-c", text, NULL})

static enum err_code run(const struct child_spec *spec, struct child_result *result, struct err *err)
{
    struct child_spec with = *spec;
    if (with.timeout_ms == 0)
        with.timeout_ms = 60000;
    return child_run(&with, NULL, result, err);
}

static void output_status_and_arguments_come_through(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct child_result result;
    const char *const argv[] = {"printf", "%s|", "a b", "$HOME;`x`", NULL};
    assert_ok(run(&(struct child_spec){.argv = argv}, &result, &err), &err);
    assert_string_equal(result.output, "a b|$HOME;`x`|");
    assert_int_equal(result.output_size, 14);
    assert_ok(child_check(&result, "printf", &err), &err);
    child_result_release(&result);

    assert_ok(
        run(&(struct child_spec){.argv = SCRIPT("echo first >&2; echo 'no such page' >&2; exit 3")}, &result, &err),
        &err);
    assert_int_equal(result.exit_status, 3);
    assert_code(child_check(&result, "yt-dlp", &err), ERR_UNAVAILABLE);
    assert_string_equal(err.message, "yt-dlp ended with status 3: no such page");
    child_result_release(&result);
}

static void a_program_that_is_missing_is_named(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct child_result result;
    const char *const argv[] = {"framehound-has-no-such-program", NULL};
    assert_code(run(&(struct child_spec){.argv = argv}, &result, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "framehound-has-no-such-program"));
    child_result_release(&result);
    assert_code(
        run(&(struct child_spec){.argv = SCRIPT("true"), .directory = "/nowhere"}, &result, &err), ERR_NOT_FOUND);
    child_result_release(&result);
}

static void the_child_gets_only_what_it_is_given(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct child_result result;
    setenv("FRAMEHOUND_SECRET", "x", 1);
    int leaked = dup(0);
    assert_true(leaked >= 0);
    const struct child_spec spec = {
        .argv =
            SCRIPT("echo \"[$FRAMEHOUND_SECRET][$GIVEN][$PATH]\" | cut -c1-7; ls /proc/self/fd | wc -l; cat | wc -c"),
        .env_set = (const char *const[]){"GIVEN=y", NULL},
    };
    assert_ok(run(&spec, &result, &err), &err);
    // Standard input, output and error, and the folder that ls reads.
    assert_string_equal(result.output, "[][y][/\n4\n0\n");
    child_result_release(&result);
    close(leaked);
    unsetenv("FRAMEHOUND_SECRET");
}

// The deadline ends it after it has said something: on a slow machine a program needs more time for that.
static void run_until_it_speaks(const struct child_spec *spec, struct child_result *result)
{
    struct err err = ERR_INIT;
    struct child_spec with = *spec;
    for (with.timeout_ms = 100;; with.timeout_ms *= 2) {
        assert_code(child_run(&with, NULL, result, &err), ERR_TIMEOUT);
        if (result->output_size > 0)
            return;
        child_result_release(result);
        assert_true(with.timeout_ms < 60000);
    }
}

static void the_deadline_ends_the_whole_group(void **state)
{
    (void)state;
    struct child_result result;
    // A grandchild that would outlive its parent, and says who it is.
    run_until_it_speaks(&(struct child_spec){.argv = SCRIPT("sleep 1000 & echo $!; wait")}, &result);
    pid_t grandchild = (pid_t)atoi(result.output);
    assert_true(grandchild > 0);
    // Gone, or dead and not yet reaped by init; a signal takes its time, so the end is waited for.
    struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, grandchild, 0), .events = POLLIN};
    if (ended.fd >= 0) {
        assert_int_equal(poll(&ended, 1, 60000), 1);
        close(ended.fd);
    } else {
        assert_int_equal(errno, ESRCH);
    }
    child_result_release(&result);
}

static void a_child_that_ignores_being_asked_is_killed(void **state)
{
    (void)state;
    struct child_result result;
    const struct child_spec spec = {.argv = SCRIPT("trap '' TERM; echo ignored; while :; do sleep 0.1; done")};
    run_until_it_speaks(&spec, &result);
    assert_int_equal(result.signal, SIGKILL);
    child_result_release(&result);
}

static void request_cancel(void *arg)
{
    cancel_request(arg);
}

static void cancel_ends_it(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct child_result result;
    struct cancel *cancel = cancel_new(NULL);
    struct thread *thread = NULL;
    assert_ok(thread_start("cancel", request_cancel, cancel, &thread, &err), &err);
    const struct child_spec spec = {.argv = SCRIPT("sleep 1000"), .timeout_ms = 600000};
    assert_code(child_run(&spec, cancel, &result, &err), ERR_CANCELLED);
    child_result_release(&result);
    thread_join(thread);
    cancel_free(cancel);
}

static void too_much_output_ends_it(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct child_result result;
    const struct child_spec spec = {.argv = SCRIPT("yes"), .output_limit_bytes = 1000};
    assert_code(run(&spec, &result, &err), ERR_LIMIT);
    assert_string_equal(err.message, "sh printed more than 1000 bytes");
    child_result_release(&result);
}

static void too_large_a_file_ends_it(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct child_result result;
    char dir[FILE_PATH_MAX];
    assert_ok(dir_make_temporary(NULL, "framehound-child-", dir, &err), &err);
    struct child_spec spec = {
        .argv = SCRIPT("exec yes > big"), .directory = dir, .watch_path = dir, .watch_limit_bytes = 100000};
    assert_code(run(&spec, &result, &err), ERR_LIMIT);
    child_result_release(&result);
    // Also when it was too fast to be seen writing.
    spec.argv = SCRIPT("head -c 100001 /dev/zero > big");
    assert_code(run(&spec, &result, &err), ERR_LIMIT);
    child_result_release(&result);
    char big[FILE_PATH_MAX + 8];
    snprintf(big, sizeof(big), "%s/big", dir);
    assert_int_equal(unlink(big), 0);
    // What it starts may live on when nobody watches any more.
    spec.argv = SCRIPT("sh -c 'ulimit -f'");
    assert_ok(run(&spec, &result, &err), &err);
    assert_in_range(atoi(result.output), 1, 100001);
    child_result_release(&result);
    assert_ok(dir_remove_tree(dir, &err), &err);
}

static void count_line(void *arg, const char *line)
{
    int *count = arg;
    if (strncmp(line, "line", 4) == 0)
        (*count)++;
}

static void lines_are_handed_on_and_the_end_of_errors_is_kept(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct child_result result;
    int count = 0;
    const struct child_spec spec = {
        .argv =
            SCRIPT("i=0; while [ $i -lt 500 ]; do echo line $i; echo warning $i >&2; i=$((i+1)); done; printf line"),
        .on_output_line = count_line,
        .line_arg = &count,
        .error_tail_bytes = 100,
    };
    assert_ok(run(&spec, &result, &err), &err);
    assert_int_equal(count, 501);
    assert_int_equal(result.output_size, 0);
    assert_true(strlen(result.error_tail) <= 100);
    assert_non_null(strstr(result.error_tail, "warning 499\n"));
    assert_int_equal(strncmp(result.error_tail, "warning", 7), 0);
    child_result_release(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_status_and_arguments_come_through),
        cmocka_unit_test(a_program_that_is_missing_is_named),
        cmocka_unit_test(the_child_gets_only_what_it_is_given),
        cmocka_unit_test(the_deadline_ends_the_whole_group),
        cmocka_unit_test(a_child_that_ignores_being_asked_is_killed),
        cmocka_unit_test(cancel_ends_it),
        cmocka_unit_test(too_much_output_ends_it),
        cmocka_unit_test(too_large_a_file_ends_it),
        cmocka_unit_test(lines_are_handed_on_and_the_end_of_errors_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
