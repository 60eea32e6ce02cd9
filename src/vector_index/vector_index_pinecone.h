// The vector index behind Pinecone's data plane: the hosted service, or `framehound vectors` (vectors/service.h).
//
// A project is the namespace of its name; beside it are "{project}.tracks" with the tracks' vectors and
// "{project}.facts" with one record that says model and dimension. A record's id is the object's, its metadata what
// filters look at: video, class, label ("" for none), track ("{video}-t{n}", "" for none), negatives (a list of labels;
// missing for none), and the object's id again, because ids cannot be filtered by. All filters are the server's; lists
// too long for a request are asked for in parts.
//
// What the contract of vector_index.h leaves to the server: whether an upsert is seen by the next query (at once in
// `framehound vectors`, after a while in the hosted service), and how exact a query is. Two processes that store and
// label the same object at the same moment may lose the label; it is put back when labels are next mirrored.
//
// Requests are repeated with growing pauses when the server is busy (429, 5xx) or does not answer, and honour
// Retry-After. Errors name the server and the setting. Thread rule: as vector_index.h.
#pragma once

#include "vector_index/vector_index.h"

struct log;

struct vector_index_pinecone_settings {
    const char *url;     // "https://index-1234.svc.region.pinecone.io", "http://vectors:8081"; without a path
    const char *key;     // sent as Api-Key; NULL: none
    const char *ca_file; // NULL: the system's authorities
    int attempts;        // of a request; 0: RETRY_POLICY_DEFAULT's
};

// Copies the settings and looks whether the server answers and takes the key.
enum err_code vector_index_pinecone_open(const struct vector_index_pinecone_settings *settings, struct log *log,
    struct vector_index **index, struct err *err) ERR_MUST_CHECK;
