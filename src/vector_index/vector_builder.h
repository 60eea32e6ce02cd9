// Makes the files that searches look through from the store, and keeps them in order: moves new rows into chunks,
// extends the graph, drops what is damaged, writes everything anew when much of it is dead, and removes files that
// nothing names any more. Each step ends with one transaction on the manifest; a process that is killed in between
// leaves files that nobody looks at and that the next run removes.
//
// One process at a time does this, whoever takes the lock in the folder.
#pragma once

#include "vector_index/vector_store.h"

struct cancel;
struct log;

struct vector_builder {
    const char *folder;
    struct vector_store *store;
    size_t chunk_rows;    // rows that make a chunk, and the fewest that make a graph
    size_t build_threads; // for graphs
    bool may_compact;     // whether to look for dead rows, which means to count all
    struct cancel *cancel;
    struct log *log;
};

enum vector_build {
    VECTOR_BUILD_DUE,    // what has become worth doing
    VECTOR_BUILD_VERIFY, // the same after opening all files, which drops damaged ones
    VECTOR_BUILD_ALL,    // the same after reading all files; rows are moved to chunks even when they are few
};

// ERR_CONFLICT if another process is at it.
enum err_code vector_builder_run(
    const struct vector_builder *builder, enum vector_build what, struct err *err) ERR_MUST_CHECK;
