// What the files of the Weaviate client share.
#pragma once

#include <jansson.h>

#include "base/strbuf.h"
#include "net/http_client.h"
#include "vector_index/vector_facts.h"
#include "vector_index/vector_index_backend.h"
#include "vector_index/vector_index_weaviate.h"
#include "vector_index/weaviate_address.h"
#include "vector_index/weaviate_id.h"

#define WEAVIATE_BATCH_MAX 500                         // objects in a request that stores
#define WEAVIATE_BATCH_BYTES ((size_t)4 * 1024 * 1024) // of such a request, about
#define WEAVIATE_IDS_MAX 500                           // in a request that asks for or removes them
#define WEAVIATE_LIST_MAX 1000                         // records a page
#define WEAVIATE_VALUES_MAX 1000                       // in a list of a filter
#define WEAVIATE_COLLECTION_SIZE (WEAVIATE_PREFIX_SIZE + 8)

struct weaviate {
    struct vector_index index;
    struct http_client *client;
    struct weaviate_address address;
    char *authorization; // NULL: none
    char objects[WEAVIATE_COLLECTION_SIZE];
    char tracks[WEAVIATE_COLLECTION_SIZE];
    int replicas;       // of collections that are made
    bool is_replicated; // as the collections are
    struct retry_policy retry;
    struct vector_facts_cache facts;
    bool is_open; // for vector_index_refusal()
};

static inline struct weaviate *weaviate_of(struct vector_index *index)
{
    return (struct weaviate *)index;
}

// ---- weaviate_client.c

// Sends `body` (NULL: none; taken over, as strbuf_detach gives it) and reads the answer; *answer may be NULL.
// ERR_NOT_FOUND: 404, or the tenant is not there.
enum err_code weaviate_call(
    struct weaviate *self, enum http_method method, const char *path, char *body, json_t **answer, struct err *err);
enum err_code weaviate_call_once(
    struct weaviate *self, enum http_method method, const char *path, char *body, json_t **answer, struct err *err);
// weaviate_call with a JSON value, whose reference is taken.
enum err_code weaviate_send(
    struct weaviate *self, enum http_method method, const char *path, json_t *body, json_t **answer, struct err *err);
// A GraphQL query (emptied); *rows is what is under data.Get.COLLECTION or data.Aggregate.COLLECTION, with a reference
// of its own. A tenant that is not there has no rows: *rows is NULL then.
enum err_code weaviate_ask(struct weaviate *self, const char *kind, const char *collection, struct strbuf *query,
    json_t **rows, struct err *err);
// The error of a server's sentence, by what it says.
enum err_code weaviate_refused(const struct weaviate *self, const char *message, struct err *err);
// The first of the sentences in {"error": [{"message"}]}; NULL: none.
const char *weaviate_message(const json_t *answer);

// ---- weaviate_schema.c

// Looks at the collections and makes those that are missing.
enum err_code weaviate_prepare(struct weaviate *self, struct err *err);
// The server's version, and that it is Weaviate's and new enough.
enum err_code weaviate_look(struct weaviate *self, char version[64], struct err *err);
// That the collection is there and the key is taken.
enum err_code weaviate_check(struct weaviate *self, struct err *err);
enum err_code weaviate_add_tenants(struct weaviate *self, const char *project, struct err *err);
enum err_code weaviate_remove_tenants(struct weaviate *self, const char *project, struct err *err);

// ---- weaviate_facts.c

// `facts->dimension` is 0 where nothing was stored yet.
enum err_code weaviate_read_facts(
    struct weaviate *self, const char *project, struct vector_facts *facts, struct err *err);
// Whether vectors of this model and dimension may be stored; the first ones decide.
enum err_code weaviate_check_facts(
    struct weaviate *self, const char *project, const char *model, size_t dimension, struct err *err);

// ---- weaviate_objects.c: operations of the backend

enum err_code weaviate_upsert(struct vector_index *index, const char *project, const char *model, size_t dimension,
    const struct vector_item *items, size_t count, struct err *err);
enum err_code weaviate_set_attributes(struct vector_index *index, const char *project,
    const struct vector_attributes *changes, size_t count, struct err *err);

// ---- weaviate_records.c

enum weaviate_with { WEAVIATE_ATTRIBUTES, WEAVIATE_ALL }; // without or with the vectors

// `"text"` and `"<text>"`, as GraphQL and JSON write them.
void weaviate_add_text(struct strbuf *out, const char *text);
void weaviate_add_bracketed(struct strbuf *out, const char *text);
void weaviate_add_vector(struct strbuf *out, const float *vector, size_t dimension);
// {path: ["id"], operator: ContainsAny, …}
void weaviate_add_ids(struct strbuf *out, const char (*ids)[WEAVIATE_ID_SIZE], size_t count);

// What an object's properties say; the id and score are not among them.
void weaviate_read_properties(const json_t *properties, struct vector_hit *hit);
json_t *weaviate_read_negatives(const json_t *properties); // a reference of its own; NULL: none
bool weaviate_is_doubled(const json_t *properties);
// ERR_CORRUPT when there is none, ERR_INVALID when it does not fit.
enum err_code weaviate_read_vector(
    const json_t *values, bool is_doubled, float *vector, size_t capacity, size_t *dimension, struct err *err);

// An object on its way to the server. Weaviate does not index a vector anew that is the one it has, even where it has
// lost what it had indexed; so what is stored again goes with twice its length, or with its own again, which is the
// same to the cosine and exact to take back.
struct weaviate_object {
    struct vector_item item;
    json_t *negatives; // bracketed, as the server has them; NULL: none, owned
    bool is_doubled;
    bool is_taken;
};
void weaviate_object_release(struct weaviate_object *object);

// One attempt to store distinct objects; those that the server has taken for good are marked, whatever is returned.
// ERR_NOT_FOUND: no tenant.
enum err_code weaviate_store(struct weaviate *self, const char *project, size_t dimension,
    struct weaviate_object *objects, size_t count, struct err *err);
enum err_code weaviate_store_tracks(struct weaviate *self, const char *project, size_t dimension,
    const struct vector_track_item *items, size_t count, struct err *err);
// Calls back with each of the objects that is there, in no order.
typedef void weaviate_row(void *context, struct vector_key key, const json_t *row);
enum err_code weaviate_find(struct weaviate *self, const char *project, const struct weaviate_object *objects,
    size_t count, enum weaviate_with with, weaviate_row *row, void *context, struct err *err);
// One record's vector. *found is false where it is not there.
enum err_code weaviate_fetch(struct weaviate *self, const char *collection, const char *project, const char *id,
    float *vector, size_t capacity, size_t *dimension, bool *found, struct err *err);

// ---- weaviate_ranges.c: listing, counting and removing

// Calls back with the place of each record of a video from `from` to `to`, ascending; false ends it.
typedef bool weaviate_visit(void *context, uint64_t place);
enum err_code weaviate_list(struct weaviate *self, const char *collection, const char *project, const char *video,
    uint64_t from, uint64_t to, weaviate_visit *visit, void *context, struct err *err);
enum err_code weaviate_count(
    struct weaviate *self, const char *project, const char *video, size_t *count, struct err *err);
enum err_code weaviate_remove(struct weaviate *self, const char *collection, const char *project,
    const char (*ids)[WEAVIATE_ID_SIZE], size_t count, struct err *err);
enum err_code weaviate_remove_video(
    struct weaviate *self, const char *collection, const char *project, const char *video, struct err *err);

// ---- weaviate_query.c

enum err_code weaviate_query(
    struct weaviate *self, const struct vector_query *query, struct vector_hit **hits, size_t *count, struct err *err);
