// One label for each object, whoever lays claim to it.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "search/labels_internal.h"

static struct err failure = ERR_INIT;

#define VIDEO "00000000000000aa"

// A project with two labels, each of which has an example and lays claims to what the test says.
struct claims {
    struct project *project;
    struct likely hits[2][4];
};

static void say_yes(struct label_book *book, const char *label, const char *object)
{
    char id[1][OBJECT_ID_SIZE];
    snprintf(id[0], sizeof(id[0]), "%s", object);
    const struct label_entry entry = {.kind = LABEL_STEP_EXAMPLES,
        .label = label,
        .positive = (const char(*)[OBJECT_ID_SIZE])id,
        .positive_count = 1};
    assert_ok(label_book_apply(book, &entry, 1, &failure), &failure);
}

static struct claims *claims_new(void)
{
    struct claims *claims = mem_calloc(1, sizeof(*claims));
    struct project *p = mem_calloc(1, sizeof(*p));
    p->book = label_book_new();
    p->tracks_version = -1;
    say_yes(p->book, "red", VIDEO "-00000000-000");
    say_yes(p->book, "blue", VIDEO "-00000000-001");
    p->ranks = mem_calloc(2, sizeof(*p->ranks));
    p->rank_count = 2;
    claims->project = p;
    return claims;
}

static void claims_free(struct claims *claims)
{
    struct project *p = claims->project;
    labels_forget_tracks(p);
    free(p->tracks);
    label_book_free(p->book);
    label_map_release(&p->likely_places);
    label_map_release(&p->video_places);
    free(p->likely);
    free(p->ranks);
    free(p);
    free(claims);
}

static void claim(struct claims *claims, int32_t label, const char *object, float confidence, float similarity)
{
    struct rank *rank = &claims->project->ranks[label];
    struct likely *hit = &claims->hits[label][rank->hit_count++];
    *hit =
        (struct likely){.track = -1, .label = label, .class_ = -1, .similarity = similarity, .confidence = confidence};
    assert_true(label_key_of(object, &hit->key));
    rank->hits = claims->hits[label];
}

static int32_t label_of(const struct claims *claims, const char *object)
{
    struct label_key key;
    assert_true(label_key_of(object, &key));
    int64_t at = label_map_get(&claims->project->likely_places, key);
    return at >= 0 ? claims->project->likely[at].label : -1;
}

static void the_surest_claim_counts_and_of_equal_ones_the_most_similar(void **state)
{
    (void)state;
    struct claims *claims = claims_new();
    claim(claims, 0, VIDEO "-00000001-000", 0.8f, 0.99f);
    claim(claims, 1, VIDEO "-00000001-000", 0.9f, 0.90f);
    claim(claims, 0, VIDEO "-00000002-000", 0.9f, 0.90f);
    claim(claims, 1, VIDEO "-00000002-000", 0.8f, 0.99f);
    claim(claims, 0, VIDEO "-00000003-000", 0.8f, 0.90f);
    claim(claims, 1, VIDEO "-00000003-000", 0.8f, 0.91f);
    labels_combine(claims->project);
    assert_int_equal(label_of(claims, VIDEO "-00000001-000"), 1);
    assert_int_equal(label_of(claims, VIDEO "-00000002-000"), 0);
    assert_int_equal(label_of(claims, VIDEO "-00000003-000"), 1);
    assert_int_equal(claims->project->likely_count, 3);
    assert_int_equal(claims->project->ranks[0].probable, 1);
    assert_int_equal(claims->project->ranks[1].probable, 2);
    claims_free(claims);
}

static void nobody_claims_what_was_named_or_what_a_label_that_is_gone_claimed(void **state)
{
    (void)state;
    struct claims *claims = claims_new();
    struct project *p = claims->project;
    claim(claims, 0, VIDEO "-00000000-001", 0.99f, 0.99f);
    claim(claims, 0, VIDEO "-00000004-000", 0.99f, 0.99f);
    claim(claims, 1, VIDEO "-00000004-000", 0.75f, 0.80f);
    labels_combine(p);
    assert_int_equal(label_of(claims, VIDEO "-00000000-001"), -1);
    assert_int_equal(label_of(claims, VIDEO "-00000004-000"), 0);
    assert_ok(label_book_apply(p->book, &(struct label_entry){.kind = LABEL_STEP_DELETE, .label = "red"}, 2, &failure),
        &failure);
    labels_combine(p);
    assert_int_equal(label_of(claims, VIDEO "-00000004-000"), 1);
    assert_int_equal(p->ranks[0].probable, 0);
    claims_free(claims);
}

// The index may be later than the store: it still has what is gone.
static void nobody_claims_what_is_not_there(void **state)
{
    (void)state;
    struct claims *claims = claims_new();
    struct project *p = claims->project;
    const struct label_entry no = {.kind = LABEL_STEP_EXAMPLES,
        .label = "blue",
        .negative = (const char(*)[OBJECT_ID_SIZE])VIDEO "-00000005-000",
        .negative_count = 1};
    assert_ok(label_book_apply(p->book, &no, 3, &failure), &failure);
    claim(claims, 0, VIDEO "-00000005-000", 0.9f, 0.9f);
    claim(claims, 0, "00000000000000bb-00000000-000", 0.9f, 0.9f);
    claim(claims, 0, "00000000000000cc-00000000-000", 0.9f, 0.9f);
    labels_combine(p);
    assert_int_equal(p->likely_count, 3);
    struct label_video videos[] = {
        {.key = {.video = 0xbb}, .is_alive = false}, {.key = {.video = 0xaa}, .is_alive = true}};
    p->videos = videos;
    p->video_count = 2;
    label_map_put(&p->video_places, videos[0].key, 0);
    label_map_put(&p->video_places, videos[1].key, 1);
    label_book_object(p->book, 2)->missing = true;
    p->is_combined = false;
    labels_combine(p);
    assert_int_equal(label_of(claims, VIDEO "-00000005-000"), -1);
    assert_int_equal(label_of(claims, "00000000000000bb-00000000-000"), -1);
    assert_int_equal(label_of(claims, "00000000000000cc-00000000-000"), 0);
    claims_free(claims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_surest_claim_counts_and_of_equal_ones_the_most_similar),
        cmocka_unit_test(nobody_claims_what_was_named_or_what_a_label_that_is_gone_claimed),
        cmocka_unit_test(nobody_claims_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
