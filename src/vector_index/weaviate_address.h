// The address of a Weaviate server, as one writes it:
//
//   weaviate://HOST[:PORT][/PREFIX]     HTTP in the clear; port 8080 where none is given
//   weaviates://…                       HTTPS; port 443
//
// PREFIX begins the collections' names (a capital letter, then letters, digits and underscores), so that installations
// can share a server.
#pragma once

#include <stdbool.h>

#include "base/err.h"

#define WEAVIATE_SCHEME "weaviate://"
#define WEAVIATE_SCHEME_TLS "weaviates://"
#define WEAVIATE_PREFIX_DEFAULT "Framehound"
#define WEAVIATE_PREFIX_SIZE 65

struct weaviate_address {
    char *label; // scheme, host and port, for sentences
    char *url;   // "http://host:port"
    char prefix[WEAVIATE_PREFIX_SIZE];
};

bool weaviate_address_is_one(const char *text); // by its scheme
enum err_code weaviate_address_parse(
    const char *text, struct weaviate_address *address, struct err *err) ERR_MUST_CHECK;
void weaviate_address_release(struct weaviate_address *address);
