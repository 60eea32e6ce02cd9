#include "ingest/fetch_words.h"

#include <string.h>

#include "base/test.h"

#define PAGE "https://video.example/watch"
#define BUG                                                                                                            \
    "; please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q= , filling out the appropriate issue "   \
    "template. Confirm you are on the latest version using  yt-dlp -U"
#define COOKIES                                                                                                        \
    "Use --cookies-from-browser or --cookies for the authentication. See  "                                            \
    "https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp  for how to manually pass cookies"

#define SIGNED_IN "download the video where you may see it"
#define LATER "ry again later"
#define NO_RECORDING "add the address again once there is"
#define ELSEWHERE "download the video elsewhere"
#define GONE "whether it is still there"
#define NEWER "--yt-dlp"

// As yt-dlp 2026.10.26 prints them.
static const struct {
    const char *words;
    enum err_code code;
    const char *remedy;
} cases[] = {
    {"[youtube] dQw4w9WgXcQ: Private video. Sign in if you've been granted access to this video. " COOKIES, ERR_DENIED,
        SIGNED_IN},
    {"[youtube] dQw4w9WgXcQ: Sign in to confirm you\xe2\x80\x99re not a bot. " COOKIES, ERR_DENIED, SIGNED_IN},
    {"[youtube] dQw4w9WgXcQ: Sign in to confirm your age. This video may be inappropriate for some users. " COOKIES,
        ERR_DENIED, SIGNED_IN},
    {"[youtube] dQw4w9WgXcQ: Join this channel to get access to members-only content like this video, and other "
     "exclusive perks.",
        ERR_DENIED, SIGNED_IN},
    {"[youtube] dQw4w9WgXcQ: This video requires payment to watch.", ERR_DENIED, SIGNED_IN},
    {"[vimeo] 76979871: This video is protected by a password, use the --video-password option", ERR_DENIED, SIGNED_IN},
    {"[twitter] 1: NSFW tweet requires authentication. Use --cookies, --cookies-from-browser, --username and "
     "--password, --netrc-cmd, or --netrc (twitter) to provide account credentials",
        ERR_DENIED, SIGNED_IN},
    {"[TikTok] 1: This post may not be comfortable for some audiences. Log in for access", ERR_DENIED, SIGNED_IN},
    {"[youtube] dQw4w9WgXcQ: The uploader has not made this video available in your country", ERR_DENIED, ELSEWHERE},
    {"[youtube] dQw4w9WgXcQ: Video unavailable. This video contains content from SME, who has blocked it in your "
     "country on copyright grounds",
        ERR_DENIED, ELSEWHERE},
    {"[arte] 1: This video is not available from your location due to geo restriction", ERR_DENIED, ELSEWHERE},
    {"[youtube] dQw4w9WgXcQ: This live event will begin in 3 hours.", ERR_INVALID, NO_RECORDING},
    {"[youtube] dQw4w9WgXcQ: Premieres in 41 minutes", ERR_INVALID, NO_RECORDING},
    {"[youtube] dQw4w9WgXcQ: This live event has ended.", ERR_INVALID, NO_RECORDING},
    {"[twitch:stream] someone: The channel is not currently live", ERR_INVALID, NO_RECORDING},
    {"[bilibili] 1: This livestream has not yet started", ERR_INVALID, NO_RECORDING},
    {"[youtube] dQw4w9WgXcQ: Video unavailable. This content isn't available, try again later. The current session has "
     "been rate-limited by YouTube for up to an hour.",
        ERR_UNAVAILABLE, LATER},
    {"[generic] clip: Unable to download webpage: HTTP Error 429: Too Many Requests (caused by <HTTPError 429: Too "
     "Many Requests>)",
        ERR_UNAVAILABLE, LATER},
    {"[soundcloud] 1: You have exceeded the rate limit. Try again later", ERR_UNAVAILABLE, LATER},
    {"[generic] clip: Unable to download webpage: HTTP Error 503: Service Unavailable (caused by <HTTPError 503: "
     "Service Unavailable>)",
        ERR_UNAVAILABLE, LATER},
    {"[generic] clip: Unable to download webpage: <urlopen error Tunnel connection failed: 502 Bad Gateway> (caused by "
     "ProxyError('<urlopen error Tunnel connection failed: 502 Bad Gateway>'))" BUG,
        ERR_UNAVAILABLE, LATER},
    {"[generic] clip: Unable to download webpage: [Errno -3] Temporary failure in name resolution (caused by "
     "TransportError('[Errno -3] Temporary failure in name resolution'))",
        ERR_UNAVAILABLE, LATER},
    {"unable to download video data: The read operation timed out", ERR_UNAVAILABLE, LATER},
    {"[generic] clip: Unable to download webpage: <urlopen error Tunnel connection failed: 403 Forbidden> (caused by "
     "ProxyError('<urlopen error Tunnel connection failed: 403 Forbidden>'))" BUG,
        ERR_DENIED, "The proxy of this machine"},
    {"[generic] clip: Unable to download webpage: <urlopen error Tunnel connection failed: 403 Private address> "
     "(caused by ProxyError('<urlopen error Tunnel connection failed: 403 Private address>'))" BUG,
        ERR_DENIED, "addresses of private networks"},
    {"unable to download video data: HTTP Error 403: Forbidden", ERR_DENIED, NEWER},
    {"[generic] Got HTTP Error 403 caused by Cloudflare anti-bot challenge; try again with  --extractor-args "
     "\"generic:impersonate\"",
        ERR_DENIED, NEWER},
    {"[youtube] dQw4w9WgXcQ: Video unavailable. This video has been removed by the uploader", ERR_NOT_FOUND, GONE},
    {"[youtube] dQw4w9WgXcQ: Video unavailable. This video is no longer available because the YouTube account "
     "associated with this video has been terminated.",
        ERR_NOT_FOUND, GONE},
    {"[youtube] dQw4w9WgXcQ: Video unavailable", ERR_INVALID, GONE},
    {"[vimeo] 1: Unable to download JSON metadata: HTTP Error 404: Not Found (caused by <HTTPError 404: Not Found>)",
        ERR_NOT_FOUND, GONE},
    {"[crunchyroll] 1: This video is DRM protected", ERR_INVALID, "encrypted"},
    {"Unsupported URL: https://video.example/watch", ERR_INVALID, "the address of the video file itself"},
    {"[ard] 1: pycryptodomex not found. Please install", ERR_INVALID, "install it"},
    {"[generic] clip: Unable to extract title" BUG, ERR_INVALID, NEWER},
    {"[youtube] dQw4w9WgXcQ: Requested format is not available. Use --list-formats for a list of available formats",
        ERR_INVALID, NEWER},
    {"unable to write data: [Errno 28] No space left on device", ERR_FULL, "no video could be fetched"},
};

static void every_kind_of_words_says_what_to_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = ERR_INIT;
        enum err_code code = fetch_words_explain(PAGE, cases[i].words, false, &err);
        if (code != cases[i].code || strstr(err.message, cases[i].remedy) == NULL)
            fail_msg("%s: %s: %s", cases[i].words, err_code_name(code), err.message);
    }
}

// Nobody who gave an address can follow them.
static void what_is_for_the_command_line_of_yt_dlp_is_left_out(void **state)
{
    (void)state;
    static const char *const hints[] = {"--cookies", "--netrc", "--video-password", "--list-formats", "report this",
        "(caused by", "yt-dlp -U", "impersonate"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = ERR_INIT;
        enum err_code code = fetch_words_explain(PAGE, cases[i].words, false, &err);
        assert_int_equal(code, cases[i].code);
        for (size_t k = 0; k < sizeof(hints) / sizeof(hints[0]); k++) {
            if (strstr(err.message, hints[k]) != NULL)
                fail_msg("it says %s: %s", hints[k], err.message);
        }
    }
    struct err err = ERR_INIT;
    assert_code(fetch_words_explain(PAGE, cases[0].words, false, &err), ERR_DENIED);
    assert_string_equal(err.message,
        "no video could be fetched from https://video.example/watch: [youtube] dQw4w9WgXcQ: Private video. Sign in if "
        "you've been granted access to this video. Framehound is not signed in there: download the video where you may "
        "see it, and upload the file");
}

static void what_a_site_calls_a_video_does_not_tell_why(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_code(
        fetch_words_explain(PAGE, "Unsupported URL: https://timeout.example/removed", false, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "https://timeout.example/removed"));
    assert_code(fetch_words_explain(PAGE,
                    "[generic] login-timeout: Unable to download webpage: HTTP Error 404: Not Found", false, &err),
        ERR_NOT_FOUND);
    assert_code(fetch_words_explain(PAGE, "[Premium:private] removed: The read operation timed out", false, &err),
        ERR_UNAVAILABLE);
}

static void scripts_that_nothing_here_runs_are_told(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_code(fetch_words_explain(PAGE, "[youtube] x: Requested format is not available", true, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "Deno"));
    assert_code(fetch_words_explain(PAGE, "[youtube] x: Private video", true, &err), ERR_DENIED);
    assert_null(strstr(err.message, "Deno"));
}

static void words_of_any_length_leave_room_for_what_to_do(void **state)
{
    (void)state;
    char address[400];
    char words[500];
    struct err err = ERR_INIT;
    memset(address, 'a', sizeof(address));
    address[sizeof(address) - 1] = '\0';
    for (size_t i = 0; i + 2 < sizeof(words); i += 2)
        memcpy(words + i, "\xc3\xa4", 2);
    memcpy(words, "[x] y: HTTP Error 403: ", 23);
    words[sizeof(words) - 2] = words[sizeof(words) - 1] = '\0';
    assert_code(fetch_words_explain(address, words, false, &err), ERR_DENIED);
    assert_non_null(strstr(err.message, "or upload the file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_words_says_what_to_do),
        cmocka_unit_test(what_is_for_the_command_line_of_yt_dlp_is_left_out),
        cmocka_unit_test(what_a_site_calls_a_video_does_not_tell_why),
        cmocka_unit_test(scripts_that_nothing_here_runs_are_told),
        cmocka_unit_test(words_of_any_length_leave_room_for_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
