// Inside aws_credentials: the places where keys come from. Not for other modules.
#pragma once

#include "net/aws_credentials.h"

struct aws_found {
    struct aws_keys keys;
    int64_t end_us; // wall clock; 0: they do not end
};

// --- aws_credentials_file.c ---
// ERR_NOT_FOUND when no file has keys for the profile; `file` NULL: the shared one.
enum err_code aws_keys_from_profile(
    const char *profile, const char *file, struct aws_keys *keys, struct err *err) ERR_MUST_CHECK;

// --- aws_credentials_remote.c ---
enum err_code aws_keys_from_container(
    const char *ca_file, struct cancel *cancel, struct aws_found *found, struct err *err) ERR_MUST_CHECK;
enum err_code aws_keys_from_web_identity(const char *region, const char *ca_file, struct cancel *cancel,
    struct aws_found *found, struct err *err) ERR_MUST_CHECK;

// ERR_INVALID, naming `what`, for a text that has no room or cannot stand in a header.
enum err_code aws_take_text(const char *what, const char *text, char *out, size_t size, struct err *err) ERR_MUST_CHECK;
