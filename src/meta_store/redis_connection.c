#include "meta_store/redis_connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "meta_store/redis_reply.h"

#define READ_BYTES (64 * 1024)
// More than any answer has; a server that sends more is none of ours.
#define ANSWER_BYTES_MAX ((size_t)256 * 1024 * 1024)
// What a connection keeps of a large command's memory.
#define OUT_BYTES_KEPT ((size_t)1024 * 1024)
#define LOOK_MS 1000 // for finding out why a server says nothing

struct redis_connection {
    struct stream *stream;
    redisReader *reader;
    bool was_heard; // the server has said something
    struct strbuf out;
    char in[READ_BYTES];
};

void redis_connection_free(struct redis_connection *connection)
{
    if (connection == NULL)
        return;
    stream_free(connection->stream);
    if (connection->reader != NULL)
        redisReaderFree(connection->reader);
    strbuf_release(&connection->out);
    free(connection);
}

bool redis_connection_is_good(const struct redis_connection *connection)
{
    return stream_is_quiet(connection->stream);
}

void redis_connection_add(struct redis_connection *connection, const struct redis_command *command)
{
    const struct redis_script *script = command->script;
    const char **args = mem_dup(command->args, command->count * sizeof(*args));
    size_t *sizes = mem_dup(command->sizes, command->count * sizeof(*sizes));
    if (script != NULL && command->whole_script) {
        args[0] = "EVAL";
        sizes[0] = 4;
        args[1] = script->text;
        sizes[1] = strlen(script->text);
    }
    sds bytes = NULL;
    int size = redisFormatSdsCommandArgv(&bytes, (int)command->count, args, sizes);
    if (size > 0)
        strbuf_add(&connection->out, bytes, (size_t)size);
    redisFreeSdsCommand(bytes);
    free(sizes);
    free(args);
}

enum err_code redis_connection_receive(
    struct redis_connection *connection, redisReply **reply, int64_t deadline_us, struct err *err)
{
    size_t total = 0;
    *reply = NULL;
    for (;;) {
        void *object = NULL;
        if (redisReaderGetReply(connection->reader, &object) != REDIS_OK)
            return err_set(
                err, ERR_UNAVAILABLE, "it does not answer as a Redis server does: %.100s", connection->reader->errstr);
        if (object != NULL) {
            *reply = object;
            return ERR_NONE;
        }
        size_t got = 0;
        enum err_code code =
            stream_read(connection->stream, connection->in, sizeof(connection->in), &got, deadline_us, err);
        if (code != ERR_NONE)
            return code;
        connection->was_heard = true;
        total += got;
        if (total > ANSWER_BYTES_MAX)
            return err_set(err, ERR_CORRUPT, "its answer is larger than any can be");
        if (redisReaderFeed(connection->reader, connection->in, got) != REDIS_OK)
            return err_set(err, ERR_UNAVAILABLE, "its answer cannot be kept: %.100s", connection->reader->errstr);
    }
}

// A server that closes a connection may have said why before: that tells more than that it did. It is here by now, so
// nothing is waited for.
static enum err_code hear_last_words(struct redis_connection *connection, enum err_code code, struct err *err)
{
    redisReply *reply = NULL;
    struct err said = ERR_INIT;
    // Not what is said of a single command, such as that a script is not known.
    if (redis_connection_receive(connection, &reply, stream_deadline_us(0), NULL) == ERR_NONE &&
        redis_reply_check(reply, &said) != ERR_NONE && said.code != ERR_INTERNAL)
        code = err_set(err, said.code, "%s", said.message);
    freeReplyObject(reply);
    return code;
}

enum err_code redis_connection_send(struct redis_connection *connection, int64_t deadline_us, struct err *err)
{
    enum err_code code = stream_write(connection->stream, connection->out.data, connection->out.size, deadline_us, err);
    bool is_large = connection->out.capacity > OUT_BYTES_KEPT;
    strbuf_reset(&connection->out);
    if (is_large) {
        strbuf_release(&connection->out);
        strbuf_init(&connection->out);
    }
    return code == ERR_UNAVAILABLE ? hear_last_words(connection, code, err) : code;
}

// ---- logging in

static void add_login(struct redis_pipeline *pipeline, const struct redis_login *login)
{
    if (login->password != NULL) {
        redis_begin(pipeline, "AUTH", NULL);
        if (login->user != NULL)
            redis_add_text(pipeline, login->user);
        redis_add_text(pipeline, login->password);
    }
    if (login->database != 0) {
        redis_begin(pipeline, "SELECT", NULL);
        redis_add_int(pipeline, login->database);
    }
    redis_begin(pipeline, "CLIENT", NULL);
    redis_add_text(pipeline, "SETNAME");
    redis_add_text(pipeline, login->name);
}

// A server that came back empty must not be taken for one in which everything was deleted.
static enum err_code check_mark(
    struct redis_connection *connection, const struct redis_login *login, int64_t deadline_us, struct err *err)
{
    struct redis_pipeline pipeline;
    redis_pipeline_init(&pipeline);
    redis_begin(&pipeline, "EXISTS", login->mark);
    redis_connection_add(connection, &pipeline.commands[0]);
    enum err_code code = redis_connection_send(connection, deadline_us, err);
    if (code == ERR_NONE)
        code = redis_connection_receive(connection, &pipeline.commands[0].reply, deadline_us, err);
    if (code == ERR_NONE)
        code = redis_reply_check(pipeline.commands[0].reply, err);
    if (code == ERR_NONE && redis_int(pipeline.commands[0].reply) == 0)
        code = err_set(err, ERR_UNAVAILABLE,
            "it has lost what was stored: there is no %s any more; bring its data back, and work goes on", login->mark);
    redis_pipeline_release(&pipeline);
    return code;
}

static enum err_code log_in(
    struct redis_connection *connection, const struct redis_login *login, int64_t deadline_us, struct err *err)
{
    struct redis_pipeline pipeline;
    redis_pipeline_init(&pipeline);
    add_login(&pipeline, login);
    for (size_t i = 0; i < pipeline.count; i++)
        redis_connection_add(connection, &pipeline.commands[i]);
    enum err_code code = redis_connection_send(connection, deadline_us, err);
    for (size_t i = 0; i < pipeline.count && code == ERR_NONE; i++) {
        redisReply **reply = &pipeline.commands[i].reply;
        code = redis_connection_receive(connection, reply, deadline_us, err);
        bool is_name = i + 1 == pipeline.count;
        // A name is only for people who look at the server; an account that may not set one does without.
        if (code == ERR_NONE && !(is_name && redis_reply_is(*reply, "NOPERM")))
            code = redis_reply_check(*reply, err);
    }
    redis_pipeline_release(&pipeline);
    return code == ERR_NONE && login->mark != NULL ? check_mark(connection, login, deadline_us, err) : code;
}

// ---- TLS where there is none, and the other way round

// Whether it answers as Redis does without TLS, over a connection of its own. Nothing secret is said.
static bool answers_in_the_clear(const struct stream_target *target, int64_t deadline_us)
{
    static const char ping[] = "PING\r\n";
    struct stream_target in_the_clear = *target;
    struct stream *stream = NULL;
    char first = '\0';
    size_t got = 0;
    in_the_clear.tls = NULL;
    bool answers = stream_open(&in_the_clear, deadline_us, &stream, NULL) == ERR_NONE &&
        stream_write(stream, ping, strlen(ping), deadline_us, NULL) == ERR_NONE &&
        stream_read(stream, &first, sizeof(first), &got, deadline_us, NULL) == ERR_NONE;
    stream_free(stream);
    return answers && (first == '+' || first == '-');
}

// Redis in the clear takes the greeting of TLS for the beginning of a line, and waits for the rest in silence. So a
// quarter of the time is kept for finding that out.
static enum err_code open_over_tls(
    const struct stream_target *target, int64_t deadline_us, struct stream **stream, struct err *err)
{
    int64_t now_us = clock_monotonic_us(clock_system());
    enum err_code code = stream_open(target, now_us + (deadline_us - now_us) * 3 / 4, stream, err);
    if ((code == ERR_TIMEOUT || code == ERR_DENIED) && answers_in_the_clear(target, deadline_us))
        return err_set(
            err, ERR_DENIED, "it does not speak TLS there: write redis:// in --meta-store, or name its port for TLS");
    return code;
}

// Redis over TLS takes nothing else, and closes the connection without a word.
static bool wants_tls(
    const struct redis_connection *connection, const struct stream_target *target, int64_t deadline_us)
{
    int64_t until_us = stream_deadline_us(LOOK_MS);
    return target->path == NULL && target->tls == NULL && !connection->was_heard &&
        stream_speaks_tls(target, until_us < deadline_us ? until_us : deadline_us);
}

enum err_code redis_connection_open(const struct stream_target *target, const struct redis_login *login,
    int64_t deadline_us, struct redis_connection **out, struct err *err)
{
    *out = NULL;
    struct redis_connection *connection = mem_calloc(1, sizeof(*connection));
    strbuf_init(&connection->out);
    enum err_code code = target->tls != NULL ? open_over_tls(target, deadline_us, &connection->stream, err)
                                             : stream_open(target, deadline_us, &connection->stream, err);
    if (code == ERR_NONE) {
        connection->reader = redisReaderCreate();
        code = connection->reader != NULL ? log_in(connection, login, deadline_us, err)
                                          : err_set(err, ERR_UNAVAILABLE, "there is no memory for a connection");
        if (code == ERR_UNAVAILABLE && wants_tls(connection, target, deadline_us))
            code = err_set(err, ERR_DENIED, "it speaks TLS there: write rediss:// in --meta-store");
    }
    if (code != ERR_NONE) {
        redis_connection_free(connection);
        return code;
    }
    *out = connection;
    return ERR_NONE;
}
