// The vector index in memory, searched by an exact scan. It is what the others are measured against; for sets of some
// ten thousand vectors it is also fast enough to serve.
#pragma once

#include "vector_index/vector_index.h"

// Never fails. Nothing outlives the process.
struct vector_index *vector_index_flat_new(void);
