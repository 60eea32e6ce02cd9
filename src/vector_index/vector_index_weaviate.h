// The vector index behind Weaviate (1.33 or newer), by its REST and GraphQL interfaces over HTTP.
//
// Two collections, whose names begin with the prefix of the address, are made at the first start and shared by all
// projects; a project is a tenant of both, so it has graphs of its own and is removed whole:
//
//   {Prefix}Objects   objects by nearness (cosine, HNSW, not quantised), with what filters look at
//   {Prefix}Tracks    the tracks' vectors, which nothing searches, and one record that says the project's model and
//                     dimension
//
// A record's id is made from the object's, in its order (weaviate_id.h), so storing twice is storing once and listing
// a video is reading a range. Texts that filters compare stand in angle brackets ("<red>", "<>" for none), because
// Weaviate trims white space and does not index empty texts; "negatives" is a list of them ("none" for none), which is
// added to collections that an earlier version made. Filters are the server's and exact; what leaves fewer than
// 40,000 vectors is scanned there, other queries walk the graph.
//
// What the contract of vector_index.h leaves to the server: how exact an unfiltered query is, `exact` ones included
// (they are asked more widely). An upsert is found by the next query as long as the server indexes as it stores
// (ASYNC_INDEXING off, its default) and one node answers; with replicas, writes and reads by id want a majority of
// them, and a search asks one, which may have missed what was written while it was away.
//
// An upsert that has returned survives a kill of the server, which takes two batches and a trick (weaviate_records.c,
// weaviate_internal.h).
//
// Requests are repeated with growing pauses when the server is busy (429, 5xx), broken or does not answer; objects of a
// batch that the server did not take are sent again alone. What it cannot take now is ERR_UNAVAILABLE. Errors name the
// server and the setting. Thread rule: as vector_index.h.
#pragma once

#include "vector_index/vector_index.h"

struct log;

struct vector_index_weaviate_settings {
    const char *address; // weaviate_address.h
    const char *key;     // an API key, sent as a bearer token; NULL: none
    const char *ca_file; // for weaviates://; NULL: the system's authorities
    int replicas;        // of collections that are made; 0: 1
    int attempts;        // of a request; 0: RETRY_POLICY_DEFAULT's
};

// Copies the settings, looks whether the server answers, takes the key and is fit (ERR_INVALID: too old; ERR_CONFLICT:
// collections of these names are somebody else's), and makes the collections where they are missing.
enum err_code vector_index_weaviate_open(const struct vector_index_weaviate_settings *settings, struct log *log,
    struct vector_index **index, struct err *err) ERR_MUST_CHECK;
