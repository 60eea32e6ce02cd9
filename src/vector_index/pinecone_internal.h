// What the files of the Pinecone client share.
#pragma once

#include <jansson.h>

#include "net/http_client.h"
#include "vector_index/vector_facts.h"
#include "vector_index/vector_index_backend.h"
#include "vector_index/vector_index_pinecone.h"

// The service's limits.
#define PINECONE_UPSERT_MAX 1000
#define PINECONE_UPSERT_BYTES ((size_t)1800 * 1024) // of 2 MiB, leaving room for what is around the vectors
#define PINECONE_ANSWER_BYTES ((size_t)3800 * 1000) // of 4 MB, likewise
#define PINECONE_METADATA_BYTES ((size_t)40 * 1024) // of a record, at most
#define PINECONE_DELETE_MAX 1000
#define PINECONE_FETCH_MAX 100 // ids travel in the address
#define PINECONE_LIST_MAX 100
#define PINECONE_VALUES_MAX 1000 // in a list of a filter

#define PINECONE_SPACE_SIZE (PROJECT_NAME_SIZE + 8)
#define PINECONE_TRACKS ".tracks"
#define PINECONE_FACTS ".facts"

struct vector_index_pinecone {
    struct vector_index index;
    struct http_client *client;
    char *url, *key;
    struct retry_policy retry;
    struct vector_facts_cache facts;
    bool is_open; // for vector_index_refusal()
};

static inline struct vector_index_pinecone *pinecone_of(struct vector_index *index)
{
    return (struct vector_index_pinecone *)index;
}

// ---- pinecone_client.c

// Sends `body` (NULL: none; its reference is taken) and reads the answer; *answer may be NULL. ERR_NOT_FOUND for 404.
enum err_code pinecone_call(struct vector_index_pinecone *self, enum http_method method, const char *path, json_t *body,
    json_t **answer, struct err *err);

enum err_code pinecone_upsert(struct vector_index_pinecone *self, const char *space, json_t *vectors, struct err *err);
// {"id": {"values", "metadata"}} of those that are there, which have so many values; `ids` are texts.
enum err_code pinecone_fetch(struct vector_index_pinecone *self, const char *space, const json_t *ids, size_t dimension,
    json_t **found, struct err *err);
enum err_code pinecone_delete(
    struct vector_index_pinecone *self, const char *space, const json_t *ids, struct err *err);
enum err_code pinecone_delete_all(struct vector_index_pinecone *self, const char *space, struct err *err);
// Calls back with each id that begins with `prefix`, ascending; false ends it.
typedef bool pinecone_visit(void *context, const char *id);
enum err_code pinecone_list(struct vector_index_pinecone *self, const char *space, const char *prefix,
    pinecone_visit *visit, void *context, struct err *err);
json_t *pinecone_values(const float *vector, size_t dimension);
// The values of a fetched or found record; ERR_CORRUPT when they are not `dimension` numbers.
enum err_code pinecone_read_values(
    const json_t *record, float *vector, size_t capacity, size_t *dimension, struct err *err);
void pinecone_space(const char *project, const char *suffix, char out[PINECONE_SPACE_SIZE]);

// ---- pinecone_query.c

enum err_code pinecone_query(struct vector_index *index, const struct vector_query *query, struct vector_hit **hits,
    size_t *count, struct err *err);
