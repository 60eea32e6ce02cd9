// Check-ups: what a backend or the program says about itself, one sentence a finding, for `framehound doctor`.
//
// A check-up finds out as much as it can: it does not end with the first thing that is wrong, unless nothing else could
// be told then. Texts name the server and the setting; a remedy says what to do. Nothing here fails. One thread at a
// time.
#pragma once

enum check_level {
    CHECK_OK,
    CHECK_WARNING, // works, but not as it should: nothing that ends a check-up with a failure
    CHECK_WRONG,
};
const char *check_level_name(enum check_level level); // "ok", "warning", "wrong"

struct check {
    enum check_level level;
    const char *what;   // "S3", "Kafka": which of the things that were looked at
    const char *text;   // a sentence
    const char *remedy; // what to do; NULL where nothing is to be done or the sentence says it
};

struct checks {
    void *context;
    void (*found)(void *context, const struct check *check);
    const char *what; // of the findings that come next
    int wrong;        // how many were CHECK_WRONG
};

void checks_add(struct checks *checks, enum check_level level, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define checks_ok(checks, ...) checks_add(checks, CHECK_OK, NULL, __VA_ARGS__)
#define checks_warn(checks, remedy, ...) checks_add(checks, CHECK_WARNING, remedy, __VA_ARGS__)
#define checks_wrong(checks, remedy, ...) checks_add(checks, CHECK_WRONG, remedy, __VA_ARGS__)
