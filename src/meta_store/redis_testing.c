#include "meta_store/redis_testing.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "os/child.h"

// Beside its port a node of a cluster listens on the one 10000 above.
#define PORT_MOST 55000

// The server's name decides what the program does; redis-tools has it under another.
static char *find_program(void)
{
    char *found = child_find_program("redis-server");
    return found != NULL ? found : child_find_program("redis-check-rdb");
}

bool redis_testing_is_installed(void)
{
    char *found = find_program();
    free(found);
    return found != NULL;
}

static bool is_free(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return good;
}

static int free_port(void)
{
    static int next;
    if (next == 0)
        next = 20000 + (int)(getpid() % 1000) * 30;
    do
        next = next < PORT_MOST ? next + 1 : 20000;
    while (!is_free(next) || !is_free(next + 10000));
    return next;
}

static void run_server(const struct redis_testing *server)
{
    char port[16];
    const char *args[REDIS_TESTING_ARGS_MAX + 24] = {"redis-server"};
    size_t count = 1;
    snprintf(port, sizeof(port), "%d", server->port);
    const char *const own[] = {"--port", port, "--bind", "127.0.0.1", "--unixsocket", "redis.sock", "--dir",
        server->folder, "--logfile", "redis.log", "--save", "", "--appendonly", "yes", "--appendfsync", "always"};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        args[count++] = own[i];
    for (size_t i = 0; server->args[i] != NULL; i++)
        args[count++] = server->args[i];
    args[count] = NULL;
    // It ends with the test, however that ends.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(server->folder) != 0)
        _exit(127);
    execv(server->program, (char *const *)(uintptr_t)args);
    _exit(127);
}

static redisContext *connect_to(const struct redis_testing *server)
{
    redisContext *context = redisConnectUnix(server->path);
    if (context != NULL && context->err == 0 && server->password != NULL)
        freeReplyObject(redisCommand(context, "AUTH %s", server->password));
    return context;
}

static bool answers(const struct redis_testing *server)
{
    redisContext *context = connect_to(server);
    redisReply *reply = context != NULL && context->err == 0 ? redisCommand(context, "PING") : NULL;
    // One that asks for a password answers too.
    bool good = reply != NULL && (reply->type == REDIS_REPLY_STATUS || strncmp(reply->str, "NOAUTH", 6) == 0);
    if (reply != NULL)
        freeReplyObject(reply);
    if (context != NULL)
        redisFree(context);
    return good;
}

// Fails the test when the server has ended: it will not answer any more.
static bool answers_now(const struct redis_testing *server)
{
    bool good = answers(server);
    if (!good)
        assert_int_equal(waitpid(server->pid, NULL, WNOHANG), 0);
    return good;
}

void redis_testing_restart_without_waiting(struct redis_testing *server)
{
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0)
        run_server(server);
}

void redis_testing_restart(struct redis_testing *server)
{
    redis_testing_restart_without_waiting(server);
    assert_in_the_end(answers_now(server));
}

static void prepare(struct redis_testing *server, const char *const *args)
{
    struct err err = ERR_INIT;
    char folder[FILE_PATH_MAX];
    *server = (struct redis_testing){.port = free_port()};
    for (size_t i = 0; args != NULL && args[i] != NULL; i++) {
        assert_true(i + 1 < REDIS_TESTING_ARGS_MAX);
        server->args[i] = args[i];
    }
    assert_ok(dir_make_temporary("/tmp", "framehound-redis-", folder, &err), &err);
    snprintf(server->folder, sizeof(server->folder), "%.4000s", folder);
    snprintf(server->path, sizeof(server->path), "%s/redis.sock", server->folder);
    snprintf(server->address, sizeof(server->address), "unix://%.4000s/redis.sock", server->folder);
    snprintf(server->program, sizeof(server->program), "%s/redis-server", server->folder);
    char *program = find_program();
    assert_non_null(program);
    assert_int_equal(symlink(program, server->program), 0);
    free(program);
}

void redis_testing_start(struct redis_testing *server, const char *const *args)
{
    prepare(server, args);
    redis_testing_restart(server);
}

static void end_with(struct redis_testing *server, int number)
{
    if (server->pid <= 0)
        return;
    kill(server->pid, number);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

void redis_testing_kill(struct redis_testing *server)
{
    end_with(server, SIGKILL);
}

void redis_testing_pause(struct redis_testing *server)
{
    kill(server->pid, SIGSTOP);
}

void redis_testing_continue(struct redis_testing *server)
{
    kill(server->pid, SIGCONT);
}

void redis_testing_end(struct redis_testing *server)
{
    struct err err = ERR_INIT;
    end_with(server, SIGKILL);
    if (server->folder[0] != '\0')
        assert_ok(dir_remove_tree(server->folder, &err), &err);
    server->folder[0] = '\0';
}

static void ask(const struct redis_testing *server, char *answer, size_t answer_size, const char *format, va_list args)
{
    redisContext *context = connect_to(server);
    assert_non_null(context);
    redisReply *reply = redisvCommand(context, format, args);
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", format, reply != NULL ? reply->str : context->errstr);
    if (reply->type == REDIS_REPLY_INTEGER)
        snprintf(answer, answer_size, "%lld", reply->integer);
    else
        snprintf(answer, answer_size, "%s", reply->str != NULL ? reply->str : "");
    freeReplyObject(reply);
    redisFree(context);
}

void redis_testing_ask(const struct redis_testing *server, char *answer, size_t answer_size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ask(server, answer, answer_size, format, args);
    va_end(args);
}

void redis_testing_tell(const struct redis_testing *server, const char *format, ...)
{
    char unused[16];
    va_list args;
    va_start(args, format);
    ask(server, unused, sizeof(unused), format, args);
    va_end(args);
}

static bool knows_the_cluster(const struct redis_testing *server)
{
    char info[2048];
    redis_testing_ask(server, info, sizeof(info), "CLUSTER INFO");
    return strstr(info, "cluster_state:ok") != NULL && strstr(info, "cluster_known_nodes:3") != NULL;
}

void redis_testing_start_cluster(struct redis_testing servers[3])
{
    static const char *const args[] = {"--cluster-enabled", "yes", "--cluster-node-timeout", "2000", NULL};
    const int slots[] = {0, 5461, 10923, 16384};
    for (int i = 0; i < 3; i++)
        redis_testing_start(&servers[i], args);
    for (int i = 0; i < 3; i++) {
        redis_testing_tell(&servers[i], "CLUSTER ADDSLOTSRANGE %d %d", slots[i], slots[i + 1] - 1);
        // Otherwise they may take each other for the older one.
        redis_testing_tell(&servers[i], "CLUSTER SET-CONFIG-EPOCH %d", i + 1);
    }
    for (int i = 1; i < 3; i++)
        redis_testing_tell(&servers[i], "CLUSTER MEET 127.0.0.1 %d", servers[0].port);
    for (int i = 0; i < 3; i++)
        assert_in_the_end(knows_the_cluster(&servers[i]));
}
