// Sequences of time stamps with one wrong among them, and such that are odd but true.
#include "media/time_mend.h"

#include "base/mem.h"
#include "base/test.h"

#define STEP 3600 // of 25 pictures a second, in 90000ths of a second
#define PICTURES 120
#define BITS 33

struct sequence {
    int64_t pts[PICTURES];
    int64_t dts[PICTURES];
    bool goes_on[PICTURES];
    int64_t mended;
};

// Anchors with `between` pictures before each that are coded after it; `base` is added to all times.
static void make_sequence(struct sequence *sequence, int between, int64_t base)
{
    *sequence = (struct sequence){0};
    for (int i = 0; i < PICTURES; i++) {
        int group = i == 0 ? -1 : (i - 1) / (between + 1);
        int within = i == 0 ? 0 : (i - 1) % (between + 1);
        int shows = i == 0 ? 0 : group * (between + 1) + (within == 0 ? between + 1 : within);
        sequence->pts[i] = base + (shows + (between > 0)) * (int64_t)STEP;
        sequence->dts[i] = base + i * (int64_t)STEP;
    }
}

// Whether what is coded from the picture on shows after all before it.
static bool is_anchor(int picture, int between)
{
    return picture > 0 && (picture - 1) % (between + 1) == 0;
}

static void run(const struct sequence *in, struct sequence *out)
{
    struct time_mender *mender = time_mender_new();
    int given = 0;
    for (int i = 0; given < PICTURES; i++) {
        if (i < PICTURES) {
            AVPacket *packet = av_packet_alloc();
            assert_non_null(packet);
            packet->pts = in->pts[i];
            packet->dts = in->dts[i];
            time_mender_push(mender, packet);
        } else {
            time_mender_finish(mender);
        }
        AVPacket *packet;
        while ((packet = time_mender_pull(mender)) != NULL) {
            out->goes_on[given] = time_mender_goes_on(mender);
            out->pts[given] = packet->pts;
            out->dts[given++] = packet->dts;
            av_packet_free(&packet);
        }
    }
    assert_null(time_mender_pull(mender));
    out->mended = time_mender_mended(mender);
    time_mender_free(mender);
}

static void assert_kept(const struct sequence *in, const char *what)
{
    struct sequence out;
    run(in, &out);
    if (out.mended != 0)
        fail_msg("%s: %lld were mended", what, (long long)out.mended);
    assert_memory_equal(out.pts, in->pts, sizeof(in->pts));
    assert_memory_equal(out.dts, in->dts, sizeof(in->dts));
}

static void a_flipped_bit_of_one_pts_moves_nothing_else(void **state)
{
    (void)state;
    static const int between[] = {0, 1, 3, 16};
    static const int pictures[] = {1, 2, 7, 35, 51, 52, 53, 68, 100};
    for (size_t b = 0; b < 4; b++) {
        struct sequence right;
        make_sequence(&right, between[b], INT64_C(200) * 90000);
        assert_kept(&right, "as it was");
        for (size_t p = 0; p < sizeof(pictures) / sizeof(*pictures); p++) {
            for (int bit = 0; bit < BITS; bit++) {
                struct sequence wrong = right;
                struct sequence out;
                int at = pictures[p];
                wrong.pts[at] ^= INT64_C(1) << bit;
                run(&wrong, &out);
                // What is off by less than pictures can be reordered may stay where it is.
                bool far = llabs(wrong.pts[at] - right.pts[at]) > 36 * STEP;
                if (out.pts[at] != (out.mended > 0 ? right.pts[at] : wrong.pts[at]) || (far && out.mended != 1))
                    fail_msg("%d between, picture %d, bit %d: %lld instead of %lld", between[b], at, bit,
                        (long long)out.pts[at], (long long)right.pts[at]);
                int64_t newest = out.pts[0];
                for (int i = 1; i < PICTURES - 1; i++) {
                    if (i > 1 && out.pts[i] < newest && is_anchor(i, between[b]))
                        assert_true(out.goes_on[i]);
                    newest = out.pts[i] > newest ? out.pts[i] : newest;
                }
                out.pts[at] = right.pts[at];
                assert_memory_equal(out.pts, right.pts, sizeof(right.pts));
                assert_memory_equal(out.dts, right.dts, sizeof(right.dts));
            }
        }
    }
}

static void a_flipped_bit_of_one_dts_moves_no_pts(void **state)
{
    (void)state;
    for (int between = 0; between <= 3; between += 3) {
        struct sequence right;
        make_sequence(&right, between, INT64_C(200) * 90000);
        for (int at = 0; at < PICTURES; at += 7) {
            for (int bit = 0; bit < BITS; bit++) {
                struct sequence wrong = right;
                struct sequence out;
                wrong.dts[at] ^= INT64_C(1) << bit;
                run(&wrong, &out);
                assert_memory_equal(out.pts, right.pts, sizeof(right.pts));
            }
        }
    }
}

static void one_stamp_for_both_is_mended_in_both(void **state)
{
    (void)state;
    struct sequence right;
    make_sequence(&right, 0, INT64_C(200) * 90000);
    for (int at = 0; at < PICTURES - 1; at += 7) {
        for (int bit = 13; bit < BITS; bit++) {
            struct sequence wrong = right;
            struct sequence out;
            wrong.pts[at] = wrong.dts[at] ^= INT64_C(1) << bit;
            run(&wrong, &out);
            // A first time that is too early cannot be told from a gap after it.
            if (at > 0 || wrong.pts[0] > right.pts[0]) {
                assert_memory_equal(out.pts, right.pts, sizeof(right.pts));
                assert_memory_equal(out.dts, right.dts, sizeof(right.dts));
            }
        }
    }
}

static void times_that_go_on_from_another_value_are_kept(void **state)
{
    (void)state;
    static const int64_t shifts_s[] = {-200, -60, -3, 2, 60, 3600, 95443};
    for (int between = 0; between <= 16; between += 4) {
        for (size_t s = 0; s < sizeof(shifts_s) / sizeof(*shifts_s); s++) {
            struct sequence sequence;
            make_sequence(&sequence, between, INT64_C(200) * 90000);
            int join = 1 + (between + 1) * (PICTURES / 2 / (between + 1)); // at an anchor
            for (int i = join; i < PICTURES; i++) {
                sequence.pts[i] += shifts_s[s] * 90000;
                sequence.dts[i] += shifts_s[s] * 90000;
            }
            assert_kept(&sequence, "a recording after another");
            struct sequence out;
            run(&sequence, &out);
            if (shifts_s[s] < 0)
                assert_false(out.goes_on[join]);
        }
    }
}

// Of a time base of a billionth, what counts as a time at all is near the end of the numbers.
static void times_at_the_end_of_numbers_are_kept(void **state)
{
    (void)state;
    struct sequence sequence;
    make_sequence(&sequence, 0, 0);
    for (int i = 1; i < PICTURES; i += 2) {
        sequence.pts[i] += INT64_C(4000000000000000000);
        sequence.dts[i] -= i % 4 == 1 ? INT64_C(8000000000000000000) : 0;
    }
    assert_kept(&sequence, "times at the end of numbers");
}

static void a_clock_that_starts_again_and_again_is_kept(void **state)
{
    (void)state;
    // Recordings of few pictures each, and ones that begin a little before the end of the one before.
    for (int length = 2; length < 60; length++) {
        for (int back = 1; back <= length; back++) {
            struct sequence sequence = {0};
            for (int i = 0; i < PICTURES; i++)
                sequence.pts[i] = sequence.dts[i] = (i - i / length * (int64_t)back) * STEP;
            char what[64];
            snprintf(what, sizeof(what), "recordings of %d pictures that overlap by %d", length, back - 1);
            assert_kept(&sequence, what);
        }
    }
}

static void frames_that_come_when_they_like_are_kept(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int round = 0; round < 300; round++) {
        int between = round % 5;
        struct sequence sequence;
        make_sequence(&sequence, between, 0);
        // The n-th picture to show does so at `shows[n]`; the encoder gives each the decoding time of one that shows
        // so many before it (as x264 does it).
        int64_t shows[PICTURES + 32];
        int64_t time = 0;
        for (int i = 0; i < PICTURES + 32; i++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            uint64_t draw = random >> 33;
            time += draw % 16 == 0 ? (int64_t)(draw % 4000000) + 1 : (int64_t)(draw % 9000) + 1;
            shows[i] = time;
        }
        for (int i = 0; i < PICTURES; i++) {
            sequence.pts[i] = shows[sequence.pts[i] / STEP];
            sequence.dts[i] = shows[i];
        }
        assert_kept(&sequence, "a variable frame rate");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flipped_bit_of_one_pts_moves_nothing_else),
        cmocka_unit_test(a_flipped_bit_of_one_dts_moves_no_pts),
        cmocka_unit_test(one_stamp_for_both_is_mended_in_both),
        cmocka_unit_test(times_that_go_on_from_another_value_are_kept),
        cmocka_unit_test(times_at_the_end_of_numbers_are_kept),
        cmocka_unit_test(a_clock_that_starts_again_and_again_is_kept),
        cmocka_unit_test(frames_that_come_when_they_like_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
