// The blob store in a bucket of Amazon S3, or of any server that speaks its protocol: each key an object.
//
// Puts are atomic as S3's are, and durable when they return, so that a flush has nothing to do. Files above the part
// size go up in parts (multipart), four at a time, read from the disk as they go; a failure ends the upload, and what a
// killed process leaves is found by blob_store_list_unfinished(). Every body carries its SHA-256, which the server
// checks, but for files over TLS, which has sums of its own.
//
// Requests that fail for a reason that may pass (no connection, a broken one, 429, 500, 502, 503, 504, SlowDown) are
// repeated with growing random pauses, or after the pause that the server asks for. What the operator has to mend
// (keys, rights, bucket, clock) is ERR_UNAVAILABLE with a sentence that says so: the work may wait for it. Only
// blob_store_ping() gives such things codes of their own.
//
// Listing relies on the order of general-purpose buckets; directory buckets (S3 Express) have another. A bucket that
// allows it holds a key that is the folder of another ("a" and "a/b"); one over a file system answers ERR_CONFLICT.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/options.h"
#include "blob_store/blob_store.h"
#include "net/retry.h"

enum s3_addressing {
    S3_ADDRESSING_AUTO,    // as Amazon wants it there, by path elsewhere
    S3_ADDRESSING_PATH,    // https://server/bucket/key
    S3_ADDRESSING_VIRTUAL, // https://bucket.server/key
};

#define S3_PART_BYTES_MIN ((int64_t)5 << 20) // S3's own bound
#define S3_PART_BYTES_MAX ((int64_t)1 << 30)

struct blob_store_s3_options {
    const char *location;        // "s3://bucket/prefix"
    const char *endpoint;        // "http://host:port"; NULL: Amazon's for the region
    const char *public_endpoint; // the same server as browsers reach it, for links; NULL: endpoint
    const char *region;          // NULL: that of the environment or profile, else us-east-1
    enum s3_addressing addressing;
    const char *ca_file;          // NULL: the system's
    const char *profile;          // NULL: see aws_credentials.h
    const char *credentials_file; // likewise
    int64_t part_bytes;           // 0: 16 MiB
    struct retry_policy retry;    // attempts 0: 6 within a minute
    int64_t stall_ms;             // an attempt on which nothing moves; 0: 20 s
    int64_t link_valid_s;         // 0: 6 h
    const struct clock *clock;
    struct log *log;         // NULL: none
    struct metrics *metrics; // NULL: none
    struct cancel *cancel;   // ends the waiting between attempts; outlives the store; NULL: none
};

// --blob-store, --s3-endpoint and so on.
extern const struct option_table blob_store_options;
// Takes what the settings say (location NULL: the data folder); the rest is left as it is. The texts are borrowed.
void blob_store_s3_settings_read(const struct options *options, struct blob_store_s3_options *out);

// Checks the settings, and asks nobody yet: blob_store_ping() does. ERR_INVALID names the setting that is wrong.
enum err_code blob_store_s3_open(
    const struct blob_store_s3_options *options, struct blob_store **store, struct err *err) ERR_MUST_CHECK;
