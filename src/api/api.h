// The HTTP interface: routes and handlers over the stores (api/openapi.yaml is
// the contract).
//
// An `api` borrows everything it is given; it must outlive the server its
// routes are added to. Handlers are safe from all threads.
#pragma once

#include "base/err.h"
#include "ingest/activity_log.h"
#include "ingest/ingest.h"
#include "net/http_server.h"
#include "search/labels.h"
#include "search/search.h"

#define API_UPLOAD_MAX_DEFAULT ((uint64_t)20 * 1024 * 1024 * 1024)

struct api_config {
    const struct ingest *ingest; // the stores, and what is done with them
    struct search *search;
    struct labels *labels;
    struct activity_log *activity; // NULL: this process does not follow the activity
    const char *web_dir;           // files of the web application; NULL: none
    uint64_t upload_bytes_most;    // 0: API_UPLOAD_MAX_DEFAULT
    bool allow_local_files;        // remote clients may name files on the server
    const char *media_origin;      // where browsers get media themselves ("https://host"); NULL: through this server
    bool token_required;           // the server wants a token: then nobody counts as sitting at this machine
};

struct api;

struct api *api_new(const struct api_config *config);
void api_free(struct api *api);
// Adds all routes; before http_server_start().
void api_add_routes(struct api *api, struct http_server *server);
