#include "ingest/ingest_check.h"

#include <stdatomic.h>

#include "vector_index/vector_index.h"

enum err_code ingest_check_vectors(const struct ingest *ingest, struct err *err)
{
    const struct vector_check *made = atomic_load(&ingest->makes_vectors);
    enum err_code code = vector_index_ping(ingest->vectors, err);
    return code == ERR_NONE && made != NULL ? vector_index_fits(ingest->vectors, made, err) : code;
}
