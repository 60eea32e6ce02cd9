// The embedded vector index: vectors are kept in SQLite, one database per project under `root`, and searched through
// USearch graphs that are derived from them and mapped from files. Several processes may share a root.
#pragma once

#include "vector_index/vector_index.h"

struct log;

struct vector_index_usearch_options {
    // Vectors that are searched by a scan before they move to a file with a graph; 0: 16384. Tests make it small.
    size_t tail_vectors;
    // Threads that build graphs; 0: 1. Building runs beside ingestion, so the default leaves the processor to it.
    size_t build_threads;
    // Files are made only by vector_index_flush() and never in the background.
    bool no_background;
};

// The schema of a project's database, which rises when an older program could not read what this one writes. It is
// looked at when the project is first used.
int64_t vector_index_usearch_schema(void);

// Makes the folder where it is missing. `options` NULL: defaults. The log must outlive the index.
enum err_code vector_index_usearch_open(const char *root, const struct vector_index_usearch_options *options,
    struct log *log, struct vector_index **index, struct err *err) ERR_MUST_CHECK;
