#include "ingest/fetch_words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/plain_text.h"
#include "base/strbuf.h"
#include "ingest/guard_proxy.h"
#include "ingest/source_secret.h"

#define WORDS_MOST 36
// Of yt-dlp's words, so that what to do fits behind them (ERR_MESSAGE_MAX).
#define SHOWN_WORDS_SIZE 180

#define NEWER                                                                                                          \
    "If it plays in a browser, a newer yt-dlp may know the page (--yt-dlp); or download it and upload the file"
#define LOOK "Look in a browser whether it is still there"

// The first kind that has one of the words holds. All are words of yt-dlp's own or of the sites that it hands on: it
// asks them for English.
static const struct kind {
    enum err_code code;
    const char *remedy; // NULL: the words say it
    bool vague;         // it is also said where a page's scripts could not be run
    const char *words[WORDS_MOST];
} kinds[] = {
    {ERR_FULL, NULL, false, {"no space left on device", "disk quota exceeded"}},
    {ERR_INVALID, "What yt-dlp needs for this page is not installed here: install it, or upload the file", false,
        {"please install", "is not installed", "ffmpeg not found", "phantomjs not found", "challenge solv",
            "unable to solve js"}},
    {ERR_UNAVAILABLE, "The site gives this server no more for now: try again later", false,
        {"http error 429", "rate limit", "rate-limit", "too many requests", "try again later"}},
    {ERR_DENIED, "Nothing is fetched from the addresses of private networks for other machines", false,
        {GUARD_REFUSAL}},
    {ERR_DENIED, "The proxy of this machine refuses the address", false, {"tunnel connection failed: 403"}},
    {ERR_DENIED, "The site refuses the country of this server: download the video elsewhere and upload the file", false,
        {"your country", "this country", "your region", "this region", "your location", "geo restrict", "geo-restrict",
            "geoblock", "geo-block", "available in taiwan only"}},
    {ERR_INVALID, "It is encrypted for the site's own player and cannot be read here", false,
        {"drm protected", "drm-protected", "drm protection"}},
    {ERR_DENIED, "Framehound is not signed in there: download the video where you may see it, and upload the file",
        false,
        {"sign in", "signed in", "log in", "log-in", "login", "logged in", "logged-in", "registered users",
            "an account", "your account", "members", "member-only", "subscri", "premium", "private", "password",
            "payment", "purchase", "paid", "authenticat", "authoriz", "cookies", "age-restrict", "age restrict",
            "confirm your age", "age verif", "adult verification", "nsfw", "supporter-only", "vip account",
            "do not have access", "does not have access", "captcha"}},
    {ERR_UNAVAILABLE, "Try again later", false,
        {"timed out", "timeout", "temporary failure", "temporarily", "connection", "unable to connect",
            "http error 408", "http error 5", "network is unreachable", "no route to host", "name or service not known",
            "nodename nor servname", "bytes read", "incomplete", "content too short", "remote end closed",
            "network error", "server-side", "eof occurred", "page needs to be reloaded"}},
    {ERR_INVALID, "There is no recording of it yet: add the address again once there is", false,
        {"not yet started", "not started", "not begun", "will begin", "will start", "premieres in", "premiere will",
            "scheduled for", "not available yet", "not yet available", "will be available", "upcoming", "is offline",
            "not currently live", "is not live", "not live", "has ended", "is processing", "being processed"}},
    {ERR_DENIED,
        "The site refuses programs, or this yt-dlp is too old for it: name a newer one with --yt-dlp, or upload the "
        "file",
        true,
        {"http error 401", "http error 403", "cloudflare", "ip address", "access is denied", "impersonat",
            "not available on this app"}},
    {ERR_INVALID, NEWER, true, {"requested format", "no video formats"}},
    // With this code a video of a page is said to be gone for good (dead_letter.c), so only what is clear has it.
    {ERR_NOT_FOUND, LOOK, false,
        {"http error 404", "http error 410", "removed", "deleted", "does not exist", "no longer", "terminated"}},
    {ERR_INVALID, LOOK, true,
        {"closed", "unavailable", "isn't available", "not available", "expired", "copyright", "not found"}},
    {ERR_INVALID, "yt-dlp does not know this page: give the address of the video file itself, or upload it", false,
        {"unsupported url"}},
};
static const struct kind unknown = {ERR_INVALID, NEWER, true, {NULL}};

static bool has_word(const char *text, const struct kind *kind)
{
    for (size_t i = 0; i < WORDS_MOST && kind->words[i] != NULL; i++) {
        if (strcasestr(text, kind->words[i]) != NULL)
            return true;
    }
    return false;
}

// The words without names that a site or a person chose: "[site] id: " before them and the addresses in them.
static char *own_words(const char *words)
{
    const char *at = words;
    if (*at == '[') {
        at += strcspn(at, "]");
        at += *at == ']';
        at += strspn(at, " ");
        size_t id = strcspn(at, " ");
        if (id > 0 && at[id - 1] == ':')
            at += id;
    }
    struct strbuf out;
    strbuf_init(&out);
    while (*at != '\0') {
        bool begins = at == words || !isalnum((unsigned char)at[-1]);
        if (begins && (strncasecmp(at, "http://", 7) == 0 || strncasecmp(at, "https://", 8) == 0))
            at += strcspn(at, " \t\r\n\"'<>");
        else
            strbuf_addc(&out, *at++);
    }
    return strbuf_detach(&out, NULL);
}

// Without what is meant for who types yt-dlp's commands, reports its errors or reads its code.
static void show_words(const char *words, char shown[SHOWN_WORDS_SIZE])
{
    static const char *const ends[] = {" (caused by ", "; please report this", ". please report this", " use --",
        " use the --", " see  http", " also see  http", "; try again with ", " if you want to download from"};
    char *copy = mem_strdup(words);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char *end = strcasestr(copy, ends[i]);
        if (end != NULL)
            *end = '\0';
    }
    struct strbuf plain;
    strbuf_init(&plain);
    source_hide_queries(copy, &plain);
    while (plain.size > 0 && strchr(" .,;:", plain.data[plain.size - 1]) != NULL)
        plain.data[--plain.size] = '\0';
    plain_text_copy(shown, SHOWN_WORDS_SIZE, plain.data);
    strbuf_release(&plain);
    free(copy);
}

enum err_code fetch_words_explain(const char *shown, const char *words, bool warned_of_scripts, struct err *err)
{
    char *own = own_words(words);
    const struct kind *kind = &unknown;
    for (size_t i = sizeof(kinds) / sizeof(kinds[0]); i-- > 0;) {
        if (has_word(own, &kinds[i]))
            kind = &kinds[i];
    }
    free(own);
    const char *remedy = kind->remedy;
    if (warned_of_scripts && kind->vague)
        remedy = "yt-dlp found no Deno here, which runs the scripts of such pages: install it, or upload the file";
    char plain[SHOWN_WORDS_SIZE];
    show_words(words, plain);
    return err_set(err, kind->code, "no video could be fetched from %.150s: %s%s%s", shown, plain,
        remedy != NULL ? ". " : "", remedy != NULL ? remedy : "");
}
