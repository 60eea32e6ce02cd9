// Whether the stores fit the work. Safe from all threads.
#pragma once

#include "base/err.h"
#include "ingest/ingest.h"

// Whether the vector index answers, and is made for the vectors of this process's indexers where there are some: one
// that is put in its place may be of another dimension. ERR_INVALID or as vector_index_ping.
enum err_code ingest_check_vectors(const struct ingest *ingest, struct err *err) ERR_MUST_CHECK;
