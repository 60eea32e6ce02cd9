#include "ingest/source_secret.h"

#include <string.h>

#include "base/test.h"

static void assert_shown(const char *source, const char *wanted)
{
    struct strbuf out;
    strbuf_init(&out);
    source_hide_secrets(source, &out);
    assert_string_equal(out.data, wanted);
    assert_int_equal(source_has_hidden(out.data), strcmp(source, wanted) != 0);
    strbuf_release(&out);
}

static void the_secrets_of_signed_addresses_are_hidden(void **state)
{
    (void)state;
    assert_shown("https://b.s3.amazonaws.com/a.mp4?X-Amz-Credential=AK%2F2026&X-Amz-Expires=60&X-Amz-Signature=ab12",
        "https://b.s3.amazonaws.com/a.mp4?X-Amz-Credential=\u2026&X-Amz-Expires=\u2026&X-Amz-Signature=\u2026");
    assert_shown("https://b/a.mp4?AWSAccessKeyId=AK&Expires=17&Signature=x%3D",
        "https://b/a.mp4?AWSAccessKeyId=\u2026&Expires=17&Signature=\u2026");
    assert_shown("https://x.blob.core.windows.net/a.mp4?sv=2024&sp=r&sig=ab%2F",
        "https://x.blob.core.windows.net/a.mp4?sv=2024&sp=r&sig=\u2026");
    assert_shown("https://storage.googleapis.com/a?x-goog-signature=1",
        "https://storage.googleapis.com/a?x-goog-signature=\u2026");
    assert_shown("http://h/a?ACCESS_TOKEN=1&api_key=2;password=3&auth=4",
        "http://h/a?ACCESS_TOKEN=\u2026&api_key=\u2026;password=\u2026&auth=\u2026");
}

static void what_says_which_video_it_is_stays(void **state)
{
    (void)state;
    static const char *const sources[] = {"https://www.youtube.com/watch?v=AbC&list=1&t=3", "http://h/a.mp4",
        "http://h/a.mp4?", "http://h/a?token", "http://h/a?token=&x", "http://h/a?author=x&design=y",
        "file:///home/token=1?key=2#sha256=00", "sha256:00"};
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        assert_shown(sources[i], sources[i]);
}

static void the_words_of_others_have_no_queries_of_addresses(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out);
    source_hide_queries("Unsupported URL: http://h/p?a=1&b=2 (caused by 'https://x/y#k=1'; see http://z/)?", &out);
    assert_string_equal(
        out.data, "Unsupported URL: http://h/p?\u2026 (caused by 'https://x/y#\u2026'; see http://z/)?\u2026");
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_secrets_of_signed_addresses_are_hidden),
        cmocka_unit_test(what_says_which_video_it_is_stays),
        cmocka_unit_test(the_words_of_others_have_no_queries_of_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
