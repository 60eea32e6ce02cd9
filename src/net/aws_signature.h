// AWS Signature Version 4 for S3 (Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)"):
// signed requests and signed URLs.
//
// Paths and queries are given as plain text; what is signed is what is sent, each byte but A-Z a-z 0-9 - . _ ~ (and '/'
// in paths) percent-encoded in upper case, the query sorted. All results lie in the caller's arena. Nothing here fails
// or blocks; safe from all threads.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "net/http.h"

#define AWS_KEY_ID_SIZE 160
#define AWS_SECRET_SIZE 256
#define AWS_TOKEN_SIZE 8192
// For bodies that the signature does not cover.
#define AWS_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
#define AWS_EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define AWS_LINK_SECONDS_MAX 604800 // S3's own bound of X-Amz-Expires

struct aws_keys {
    char id[AWS_KEY_ID_SIZE];
    char secret[AWS_SECRET_SIZE];
    char token[AWS_TOKEN_SIZE]; // of temporary credentials; "" for none
};

struct aws_request {
    enum http_method method;
    const char *host;                // as the Host header will say it: with the port unless that is the scheme's own
    const char *path;                // "/bucket/key"
    const struct http_header *query; // names and values, in any order
    size_t query_count;
    const struct http_header *headers; // further ones to be signed and sent
    size_t header_count;
    const char *payload_sha256; // hex, or AWS_UNSIGNED_PAYLOAD
};

struct aws_signed {
    const char *target;          // "/bucket/key?list-type=2"
    struct http_header *headers; // all that are to be sent, but Host
    size_t header_count;
};

// `wall_us` is the time of the request, which the server accepts for 15 minutes.
struct aws_signed aws_sign(const struct aws_request *request, const char *region, const struct aws_keys *keys,
    int64_t wall_us, struct arena *arena);
// The target of a request that needs no headers and may be sent by anybody within `seconds` of `wall_us`. The request's
// own headers and payload are not looked at.
const char *aws_sign_link(const struct aws_request *request, const char *region, const struct aws_keys *keys,
    int64_t wall_us, int64_t seconds, struct arena *arena);
