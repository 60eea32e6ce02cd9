// The address of a Redis server, as one writes it:
//
//   redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]     in the clear
//   rediss://…                                         over TLS
//   unix:///PATH/TO/SOCKET[?db=DATABASE]               a socket in the file system
//
// User and password are percent-encoded where they have other characters; an IPv6 address stands in brackets.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define REDIS_PORT 6379
#define REDIS_DATABASE_MAX 1000000

struct redis_address {
    char *path; // of the socket; NULL: host and port
    char *host;
    uint16_t port;
    bool tls;
    int database;
    char *user, *password; // NULL: none
    char *label;           // the address without user and password, for sentences
};

// ERR_INVALID with a sentence that does not show a password.
enum err_code redis_address_parse(const char *text, struct redis_address *address, struct err *err) ERR_MUST_CHECK;
void redis_address_release(struct redis_address *address);
