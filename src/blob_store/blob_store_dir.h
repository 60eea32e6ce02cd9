// The embedded blob store: a folder, each key a file in it.
//
// A put writes a file in the store's own `.tmp` and renames it, so a reader never sees a part. Folders are made on
// demand and removed when empty. Paths are opened beneath the store's folder without following symbolic links, so even
// a planted link leads nowhere. What processes that ended have left in `.tmp` is removed at the next open.
//
// The end of the process loses nothing that was put. A power failure may lose (or leave empty) what was put since the
// last blob_store_flush; that flushes the file system (syncfs) once for all threads that wait for it.
//
// One thing more than the contract of blob_store.h: a key cannot be the folder of another ("a" and "a/b"):
// ERR_CONFLICT.
#pragma once

#include "blob_store/blob_store.h"

// `path` is made if it is not there, readable by its owner only; the folder above it exists.
enum err_code blob_store_dir_open(const char *path, struct blob_store **store, struct err *err) ERR_MUST_CHECK;
