// Certificates for tests, made for the run.
#pragma once

#include <openssl/x509.h>

struct tls_identity {
    EVP_PKEY *key;
    X509 *certificate;
};

// `issuer` NULL: an authority, signed by itself. `names` as in subjectAltName ("DNS:localhost,IP:127.0.0.1"), or NULL.
struct tls_identity tls_testing_make(const char *name, const struct tls_identity *issuer, const char *names);
// Certificate and key into FOLDER/NAME.pem.
void tls_testing_write(const struct tls_identity *identity, const char *folder, const char *name);
void tls_testing_free(struct tls_identity *identity);
