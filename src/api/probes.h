// What supervisors ask every process for: `/healthz` (it lives), `/readyz` (the stores answer), `/metrics`.
//
// The query engine has them among its other routes; a part that has no HTTP interface gets them alone. The first two
// want no token. Safe from all threads.
#pragma once

#include "ingest/ingest.h"
#include "net/http_server.h"

// `ingest` outlives the server; before http_server_start().
void probes_add_routes(const struct ingest *ingest, struct http_server *server);

// 200 with {"status": "ok", "version"}.
void probes_answer_health(struct http_response *response);
// 200, or 503. What is wrong with each store names servers and paths, so it is for those only who have the token, where
// one is wanted.
void probes_answer_ready(
    const struct ingest *ingest, const struct http_request *request, struct http_response *response);
// In Prometheus' text format.
void probes_answer_metrics(const struct ingest *ingest, struct http_response *response);
