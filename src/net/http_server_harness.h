// A server with routes of every kind, and a client that sends just the bytes it is told to, for the server's tests.
#pragma once

#include "net/http_server.h"

#include "base/metrics.h"
#include "base/test.h"
#include "os/bounded_queue.h"
#include "os/file.h"

#define TOKEN "a-token-for-tests-only"
#define ANSWER_MAX 65536
#define PATIENCE_MS 20000
#define AS_JSON "Content-Type: application/json\r\n"

struct fixture {
    struct http_server *server;
    struct metrics *metrics;
    struct bounded_queue *waiting;
    uint16_t port;
};

// Where uploads go; made and removed by the group's set-up.
extern char upload_dir[FILE_PATH_MAX];
// How many streams have been released so far.
int streams_released(void);
// The last answer heard.
extern char answer[ANSWER_MAX];

int make_folder(void **state);
int remove_folder(void **state);
// Starts a server on loopback, with a token if that is not NULL. One at a time.
struct fixture *start(const char *token);
void start_with(struct fixture *fixture, struct http_server_options options);
void stop(struct fixture *fixture);

int dial(const struct fixture *fixture);
void say(int fd, const char *text);
// Reads until `until` has come, or to the end with NULL. Returns whether the end was reached.
bool hear(int fd, char out[ANSWER_MAX], const char *until);
// One request on a connection of its own.
void ask(const struct fixture *fixture, const char *request, char out[ANSWER_MAX]);
// A GET with further header lines, each ending in CRLF.
void get(const struct fixture *fixture, const char *target, const char *headers, char out[ANSWER_MAX]);
// A POST; the answer is in `answer`.
void post(const struct fixture *fixture, const char *target, const char *headers, const char *body);
void assert_says(const char *text, const char *part);
void assert_status(const char *text, int status);
