// A server that misbehaves as told, and clients that ask it, for the tests of the client and of downloads. What fails
// ends the test.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/http_client.h"

// Several attempts in no time.
extern const struct retry_policy quick;

// For each connection the server reads a request and sends the next of its answers.
struct script {
    int listening;
    uint16_t port;
    const char *const *answers; // NULL-terminated; the last one is repeated
    const char *body;           // sent after an answer that ends in an empty line
    size_t body_size;
    size_t cut_after;      // of the first answer's body, the second goes on from there; 0: not cut
    bool answers_anything; // whatever came first, be it no request
    atomic_int served;
    char last_request[8192];
    struct thread *thread;
};
void script_start(struct script *script);
void script_stop(struct script *script);

// One of four places: good for a few calls.
char *url_at(uint16_t port, const char *path);
struct http_client *client_make(bool allow_private);
