// Sources: what a person may name, and the canonical text that the video's id is made of.
//
//   /path, file:///path   file:///real/path#sha256=…   links resolved; the fragment is a fingerprint of the content, so
//                                                      an unchanged file is the same video and a changed one another
//   http://, https://     normalised (RFC 3986, 6.2): lower-case scheme and host, no default port, no fragment, dot
//                         segments removed. User names and passwords are refused, since a source is stored and shown.
//   sha256:{hex}          an upload, by its content
// All functions are safe from all threads.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

enum source_kind { SOURCE_FILE, SOURCE_URL, SOURCE_UPLOAD };

struct source {
    enum source_kind kind;
    char canonical[META_SOURCE_SIZE];
    char path[META_SOURCE_SIZE];  // SOURCE_FILE: the real path
    char name[META_TITLE_SIZE];   // what to show: the file's name, or host and path; plain (base/plain_text.h)
    char sha256[SHA256_HEX_SIZE]; // SOURCE_UPLOAD: of the content; SOURCE_FILE: the fingerprint
};

// Reads what a person gave. Files are opened and fingerprinted here: up to 64 MiB whole, larger ones by 64 pieces of
// 1 MiB spread over the file. `remote` requests may not name files, unless `allow_local_files`.
// Errors: ERR_INVALID (no source, a directory, an empty file, an unknown scheme), ERR_NOT_FOUND, ERR_DENIED.
enum err_code source_resolve(const char *text, bool remote, bool allow_local_files, struct cancel *cancel,
    struct source *source, struct err *err) ERR_MUST_CHECK;
// Takes a canonical text apart again, without looking at any file. ERR_CORRUPT if it is none.
enum err_code source_parse_canonical(const char *canonical, struct source *source, struct err *err) ERR_MUST_CHECK;
// The fingerprint of a file's content, as in the canonical text.
enum err_code source_fingerprint(
    const char *path, struct cancel *cancel, char hex[SHA256_HEX_SIZE], struct err *err) ERR_MUST_CHECK;
// Whether a canonical text is of an upload, whose content is nowhere but with us.
bool source_is_upload(const char *canonical);
void source_make_upload(const char *sha256, const char *file_name, struct source *source);
