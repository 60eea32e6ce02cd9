// The worked examples of the Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header" and
// "Using Query Parameters": requests to the bucket "examplebucket" on 24 May 2013.
#include "net/aws_signature.h"

#include <string.h>

#include "base/test.h"

#define AT_MIDNIGHT INT64_C(1369353600000000)
#define HOST "examplebucket.s3.amazonaws.com"

static const struct aws_keys example = {
    .id = "AKIAIOSFODNN7EXAMPLE", .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

static const char *header_of(const struct aws_signed *signed_request, const char *name)
{
    for (size_t i = 0; i < signed_request->header_count; i++) {
        if (strcmp(signed_request->headers[i].name, name) == 0)
            return signed_request->headers[i].value;
    }
    return "";
}

static void assert_signature(struct aws_request request, const char *target, const char *names, const char *signature)
{
    struct arena *arena = arena_new();
    request.host = HOST;
    if (request.payload_sha256 == NULL)
        request.payload_sha256 = AWS_EMPTY_SHA256;
    struct aws_signed made = aws_sign(&request, "us-east-1", &example, AT_MIDNIGHT, arena);
    assert_string_equal(made.target, target);
    assert_string_equal(header_of(&made, "Authorization"),
        arena_sprintf(arena,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=%s,"
            "Signature=%s",
            names, signature));
    assert_string_equal(header_of(&made, "x-amz-date"), "20130524T000000Z");
    assert_string_equal(header_of(&made, "x-amz-content-sha256"), request.payload_sha256);
    assert_string_equal(header_of(&made, "host"), "");
    arena_free(arena);
}

static void a_get_with_a_range_is_signed_as_documented(void **state)
{
    (void)state;
    const struct http_header range = {"Range", "bytes=0-9"};
    assert_signature(
        (struct aws_request){.method = HTTP_GET, .path = "/test.txt", .headers = &range, .header_count = 1},
        "/test.txt", "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void a_put_of_an_odd_name_is_signed_as_documented(void **state)
{
    (void)state;
    const struct http_header headers[] = {
        {"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
    assert_signature((struct aws_request){.method = HTTP_PUT,
                         .path = "/test$file.text",
                         .headers = headers,
                         .header_count = 2,
                         .payload_sha256 = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
        "/test%24file.text", "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void queries_are_signed_as_documented(void **state)
{
    (void)state;
    const struct http_header lifecycle = {"lifecycle", ""};
    assert_signature((struct aws_request){.method = HTTP_GET, .path = "/", .query = &lifecycle, .query_count = 1},
        "/?lifecycle=", "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    // In the other order than that of signing.
    const struct http_header list[] = {{"prefix", "J"}, {"max-keys", "2"}};
    assert_signature((struct aws_request){.method = HTTP_GET, .path = "/", .query = list, .query_count = 2},
        "/?max-keys=2&prefix=J", "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void a_link_is_signed_as_documented(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct aws_request request = {.method = HTTP_GET, .host = HOST, .path = "/test.txt"};
    assert_string_equal(aws_sign_link(&request, "us-east-1", &example, AT_MIDNIGHT, 86400, arena),
        "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    arena_free(arena);
}

static void every_byte_of_a_key_is_encoded_but_the_plain_ones(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct aws_request request = {
        .method = HTTP_GET, .host = HOST, .path = "/a b/+~.-_/%2F/\xC3\xA4/=&?#*", .payload_sha256 = AWS_EMPTY_SHA256};
    struct aws_signed made = aws_sign(&request, "us-east-1", &example, AT_MIDNIGHT, arena);
    assert_string_equal(made.target, "/a%20b/%2B~.-_/%252F/%C3%A4/%3D%26%3F%23%2A");
    arena_free(arena);
}

static void a_temporary_key_sends_its_token_and_signs_it(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct aws_keys keys = example;
    strcpy(keys.token, "a/token+with=signs");
    const struct aws_request request = {
        .method = HTTP_GET, .host = HOST, .path = "/", .payload_sha256 = AWS_EMPTY_SHA256};
    struct aws_signed made = aws_sign(&request, "us-east-1", &keys, AT_MIDNIGHT, arena);
    assert_string_equal(header_of(&made, "x-amz-security-token"), keys.token);
    assert_non_null(strstr(header_of(&made, "Authorization"), "x-amz-date;x-amz-security-token,"));
    const char *link = aws_sign_link(&request, "us-east-1", &keys, AT_MIDNIGHT, 60, arena);
    assert_non_null(strstr(link, "&X-Amz-Security-Token=a%2Ftoken%2Bwith%3Dsigns&X-Amz-SignedHeaders=host"));
    arena_free(arena);
}

static void spaces_in_values_count_as_one(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct http_header loose = {"X-Amz-Meta-A", "  one   two  "};
    const struct http_header tight = {"x-amz-meta-a", "one two"};
    struct aws_request request = {.method = HTTP_GET,
        .host = HOST,
        .path = "/",
        .headers = &loose,
        .header_count = 1,
        .payload_sha256 = AWS_EMPTY_SHA256};
    struct aws_signed first = aws_sign(&request, "us-east-1", &example, AT_MIDNIGHT, arena);
    request.headers = &tight;
    struct aws_signed second = aws_sign(&request, "us-east-1", &example, AT_MIDNIGHT, arena);
    assert_string_equal(header_of(&first, "Authorization"), header_of(&second, "Authorization"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_with_a_range_is_signed_as_documented),
        cmocka_unit_test(a_put_of_an_odd_name_is_signed_as_documented),
        cmocka_unit_test(queries_are_signed_as_documented),
        cmocka_unit_test(a_link_is_signed_as_documented),
        cmocka_unit_test(every_byte_of_a_key_is_encoded_but_the_plain_ones),
        cmocka_unit_test(a_temporary_key_sends_its_token_and_signs_it),
        cmocka_unit_test(spaces_in_values_count_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
