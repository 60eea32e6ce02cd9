// SHA-256 and HMAC-SHA-256 (libsodium), as a stream and at once; MD5 where a protocol asks for it; texts compared in
// constant time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32
#define SHA256_HEX_SIZE (2 * SHA256_SIZE + 1)

// To be kept by value; opaque storage large enough for libsodium's state.
struct sha256 {
    _Alignas(8) unsigned char state[128];
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *bytes, size_t size);
void sha256_final(struct sha256 *hash, unsigned char out[SHA256_SIZE]);
void sha256_hex(const unsigned char digest[SHA256_SIZE], char out[SHA256_HEX_SIZE]);
void sha256_of(const void *bytes, size_t size, char hex[SHA256_HEX_SIZE]);

// RFC 2104 with SHA-256.
void hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size, unsigned char out[SHA256_SIZE]);

// RFC 1321. It protects against accidents only, never against people: for protocols that want it (S3's Content-MD5).
#define MD5_SIZE 16
void md5_of(const void *bytes, size_t size, unsigned char out[MD5_SIZE]);

// Whether two texts are equal, in time that depends on the length of `given` alone.
bool hash_equal_secret(const char *secret, const char *given);
