// What a data folder is: DIR/framehound.json, with the folder's id and that of the meta store it is used with.
//
// Ids are random. Several processes may open a folder at once, also a new one.
#pragma once

#include <stdint.h>

#include "base/err.h"

#define IDENTITY_ID_SIZE 17 // 16 hex digits

struct identity {
    int64_t schema;            // of the program that opened it last
    char id[IDENTITY_ID_SIZE]; // "" only for a folder that was made before folders had ids and was not opened since
    char meta_store[IDENTITY_ID_SIZE]; // "" until it is known
};

void identity_make_id(char out[IDENTITY_ID_SIZE]);
// Reads it, changing nothing. ERR_NOT_FOUND where nothing was stored yet, ERR_CONFLICT for a folder of a newer program.
enum err_code identity_read(const char *dir, struct identity *identity, struct err *err) ERR_MUST_CHECK;
// Reads it; a folder without one, which exists, is made one of ours, and one of an older program is marked as ours.
enum err_code identity_open(const char *dir, struct identity *identity, struct err *err) ERR_MUST_CHECK;
// Notes what has changed.
enum err_code identity_write(const char *dir, const struct identity *identity, struct err *err) ERR_MUST_CHECK;
