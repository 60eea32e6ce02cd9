// Ids of records in Weaviate: UUIDs of version 8 (RFC 9562: contents of our own), made from the video's number and a
// place in it. They sort as object ids do, so a video's records are a range, and the object's id comes back from them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "vector_index/vector_key.h"

#define WEAVIATE_ID_SIZE 37
// Places are counted from 1; 0 sorts before the video's first record and belongs to none.
#define WEAVIATE_PLACE_MAX ((UINT64_C(1) << 58) - 1)

void weaviate_id_make(uint64_t video, uint64_t place, char out[WEAVIATE_ID_SIZE]);
// False for UUIDs that weaviate_id_make does not make.
bool weaviate_id_parse(const char *id, uint64_t *video, uint64_t *place);

void weaviate_id_of_object(const char *object, char out[WEAVIATE_ID_SIZE]); // a valid object id
bool weaviate_id_key(const char *id, struct vector_key *key);               // false: no object's
void weaviate_id_of_track(const char *video, int64_t n, char out[WEAVIATE_ID_SIZE]);
