// The data plane of Pinecone's REST API over records.h, so that a cluster without an account has a vector index to
// share, and whatever is written for Pinecone works against it.
//
// POST /vectors/upsert, /query, /vectors/fetch_by_metadata, /vectors/update, /vectors/delete, /describe_index_stats
// GET  /vectors/fetch, /vectors/list, /namespaces, /namespaces/{name}, /indexes, /indexes/{name}
// DELETE /namespaces/{name};  GET /healthz, /readyz
//
// Errors are {"code", "message", "details"} with Pinecone's numbers. Left out: sparse vectors, integrated embedding,
// bulk imports, the control plane beyond describing the one index. Thread rule: safe from all threads.
#pragma once

#include <stdint.h>

#include "net/http_server.h"
#include "vectors/records.h"

#define SERVICE_BODY_MAX ((uint64_t)32 * 1024 * 1024) // Pinecone takes 2 MiB; a thousand vectors of 4096 need more
#define SERVICE_DEFAULT_SPACE "__default__"

struct service {
    struct records *records;
    const char *name; // of the index
};
// The service is borrowed and outlives the server.
void service_add_routes(struct service *service, struct http_server *server);
