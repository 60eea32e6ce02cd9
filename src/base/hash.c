#include "base/hash.h"

#include <string.h>

#include <sodium.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((struct sha256 *)0)->state), "libsodium's state must fit");

static crypto_hash_sha256_state *state_of(struct sha256 *hash)
{
    return (crypto_hash_sha256_state *)(void *)hash->state;
}

void sha256_init(struct sha256 *hash)
{
    crypto_hash_sha256_init(state_of(hash));
}

void sha256_update(struct sha256 *hash, const void *bytes, size_t size)
{
    crypto_hash_sha256_update(state_of(hash), bytes, size);
}

void sha256_final(struct sha256 *hash, unsigned char out[SHA256_SIZE])
{
    crypto_hash_sha256_final(state_of(hash), out);
}

void sha256_hex(const unsigned char digest[SHA256_SIZE], char out[SHA256_HEX_SIZE])
{
    sodium_bin2hex(out, SHA256_HEX_SIZE, digest, SHA256_SIZE);
}

void sha256_of(const void *bytes, size_t size, char hex[SHA256_HEX_SIZE])
{
    unsigned char digest[SHA256_SIZE];
    crypto_hash_sha256(digest, bytes, size);
    sha256_hex(digest, hex);
}

void hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size, unsigned char out[SHA256_SIZE])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, key_size);
    crypto_auth_hmacsha256_update(&state, bytes, size);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof(state));
}

bool hash_equal_secret(const char *secret, const char *given)
{
    // Digests have one length, so neither the length nor the first differing byte of the secret shows in the time.
    unsigned char a[SHA256_SIZE];
    unsigned char b[SHA256_SIZE];
    crypto_hash_sha256(a, (const unsigned char *)secret, strlen(secret));
    crypto_hash_sha256(b, (const unsigned char *)given, strlen(given));
    return sodium_memcmp(a, b, SHA256_SIZE) == 0;
}
