// What a pipeline says when its process was held up, against a server that answers as Redis does.
#include "meta_store/redis_client.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "meta_store/redis_script.h"
#include "os/file.h"

static const struct redis_script script = {
    .name = "of the test", .text = "return 1", .sha = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"};

// Each of these in a process of its own.
enum outcome { SAID_IN_TIME = 1, SAID_TIMEOUT, SAID_ANOTHER };

static void run_the_script(const char *path, int64_t timeout_ms)
{
    char *address = mem_sprintf("unix://%s", path);
    struct err err = ERR_INIT;
    struct redis_client *client = NULL;
    struct redis_pipeline pipeline;
    const struct redis_client_options options = {.address = address, .connections_most = 1, .timeout_ms = timeout_ms};
    enum err_code code = redis_client_new(&options, &client, &err);
    redis_pipeline_init(&pipeline);
    redis_begin_script(&pipeline, &script, 1, "key");
    if (code == ERR_NONE)
        code = redis_client_run(client, &pipeline, &err);
    bool names_it = strstr(err.message, path) != NULL && strstr(err.message, "does not answer in time") != NULL;
    _exit(code == ERR_NONE ? SAID_IN_TIME : code == ERR_TIMEOUT && names_it ? SAID_TIMEOUT : SAID_ANOTHER);
}

static void answer(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

// Answers all that is said until the script is asked for; false at the end of the connection.
static bool serve_until_the_script(int fd)
{
    char heard[4096];
    size_t size = 0;
    for (;;) {
        ssize_t got = recv(fd, heard + size, sizeof(heard) - 1 - size, 0);
        if (got <= 0)
            return false;
        size += (size_t)got;
        heard[size] = '\0';
        if (strstr(heard, script.sha) != NULL)
            return true;
        if (strstr(heard, "SETNAME") != NULL && strstr(heard, "framehound-") != NULL) {
            answer(fd, "+OK\r\n");
            size = 0;
        }
    }
}

// Holds the process up from its question until its time is over; the answer is there by then. Returns its status when
// it has ended. `asked`: whether it came to its question.
static int hold_up(pid_t pid, int fd, int64_t timeout_ms, bool *asked)
{
    int status = 0;
    *asked = serve_until_the_script(fd);
    if (*asked) {
        kill(pid, SIGSTOP);
        assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
        *asked = WIFSTOPPED(status);
        if (!*asked)
            return status;
        answer(fd, "-NOSCRIPT No matching script. Please use EVAL.\r\n");
        usleep((useconds_t)timeout_ms * 1000);
        kill(pid, SIGCONT);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

// -1: the process has ended and did not come.
static int take_connection(int listener, pid_t pid, int *status)
{
    struct pollfd entry = {.fd = listener, .events = POLLIN};
    while (poll(&entry, 1, 50) <= 0) {
        if (waitpid(pid, status, WNOHANG) == pid)
            return -1;
    }
    return accept(listener, NULL, NULL);
}

static int serve_one(const char *path, int64_t timeout_ms, bool *asked)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    snprintf(place.sun_path, sizeof(place.sun_path), "%s", path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&place, sizeof(place)), 0);
    assert_int_equal(listen(listener, 1), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        run_the_script(path, timeout_ms);
    int status = 0;
    int fd = take_connection(listener, pid, &status);
    if (fd >= 0) {
        status = hold_up(pid, fd, timeout_ms, asked);
        close(fd);
    }
    close(listener);
    unlink(path);
    return status;
}

static void a_script_that_is_not_known_when_the_time_is_over_is_no_success(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char folder[FILE_PATH_MAX];
    char path[100];
    assert_ok(dir_make_temporary("/tmp", "framehound-redis-", folder, &err), &err);
    snprintf(path, sizeof(path), "%.80s/redis.sock", folder);
    bool asked = false;
    int status = 0;
    // A slow machine needs more time to come to the question.
    for (int64_t timeout_ms = 200; !asked && timeout_ms < 60000; timeout_ms *= 2)
        status = serve_one(path, timeout_ms, &asked);
    assert_true(asked && WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), SAID_TIMEOUT);
    assert_ok(dir_remove_tree(folder, &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_that_is_not_known_when_the_time_is_over_is_no_success),
    };
    return cmocka_run_group_tests_name("redis_client", tests, NULL, NULL);
}
