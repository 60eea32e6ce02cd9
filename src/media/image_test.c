#include "media/image.h"

#include <string.h>
#include <turbojpeg.h>

#include "base/mem.h"
#include "media/image_room.h"
#include "media/jpeg.h"
#include "media/test_clips.h"

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *data = mem_alloc(*size + 1);
    assert_int_equal(fread(data, 1, *size, file), *size);
    fclose(file);
    return data;
}

static void assert_pixel(const struct image *image, int x, int y, int r, int g, int b, int tolerance)
{
    const uint8_t *pixel = image->data + (size_t)y * image->stride + (size_t)x * 3;
    const int expected[3] = {r, g, b};
    for (int c = 0; c < 3; c++) {
        int got = pixel[image->order == IMAGE_RGB ? c : 2 - c];
        if (abs(got - expected[c]) > tolerance)
            fail_msg("pixel %d,%d channel %d: %d instead of %d", x, y, c, got, expected[c]);
    }
}

// Left half red, right half blue, 64x48.
#define HALVES                                                                                                         \
    "-f lavfi -i color=red:s=32x48:d=0.1:r=10 -f lavfi -i color=blue:s=32x48:d=0.1:r=10 -filter_complex hstack "

static void pictures_of_all_kinds_are_read_by_content(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *arguments;
        const char *type;
    } cases[] = {
        {"halves.png", HALVES "-frames:v 1 -c:v png -f image2", "image/png"},
        {"halves.jpg", HALVES "-frames:v 1 -q:v 2 -f image2", "image/jpeg"},
        {"halves.bmp", HALVES "-frames:v 1 -f image2", "image/bmp"},
        {"halves.gif", HALVES "-f gif", "image/gif"},
        {"halves.webp", HALVES "-frames:v 1 -c:v libwebp -lossless 1 -f image2", "image/webp"},
        {"png_named.jpg", HALVES "-frames:v 1 -c:v png -f image2", "image/png"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t size;
        char *data = read_file(clip_make(cases[i].name, cases[i].arguments), &size);
        assert_string_equal(image_content_type(data, size), cases[i].type);
        for (int order = IMAGE_RGB; order <= IMAGE_BGR; order++) {
            struct image *image = NULL;
            struct err err = ERR_INIT;
            assert_ok(image_load(data, size, (enum image_order)order, 0, 0, &image, &err), &err);
            assert_int_equal(image->width, 64);
            assert_int_equal(image->height, 48);
            assert_pixel(image, 8, 8, 255, 0, 0, 8);
            assert_pixel(image, 56, 40, 0, 0, 255, strstr(cases[i].name, ".gif") != NULL ? 90 : 8); // palette
            image_unref(image);
            assert_code(image_load(data, size, (enum image_order)order, 64 * 48 - 1, 0, &image, &err), ERR_LIMIT);
            assert_null(image);
        }
        // No prefix of a picture may do harm.
        for (size_t cut = 0; cut < size; cut += 1 + size / 40) {
            char *prefix = mem_dup(data, cut + 1);
            struct image *image = NULL;
            struct err err = ERR_INIT;
            if (image_load(prefix, cut, IMAGE_RGB, 0, 0, &image, &err) != ERR_NONE)
                assert_true(err.message[0] != '\0');
            image_unref(image);
            free(prefix);
        }
        free(data);
    }
}

static void what_is_transparent_shows_white(void **state)
{
    (void)state;
    const char *path =
        clip_make("clear.png", "-f lavfi -i color=black@0.0:s=16x16:d=0.1,format=rgba -frames:v 1 -c:v png -f image2");
    size_t size;
    char *data = read_file(path, &size);
    struct image *image = NULL;
    struct err err = ERR_INIT;
    assert_ok(image_load(data, size, IMAGE_RGB, 0, 0, &image, &err), &err);
    assert_pixel(image, 5, 5, 255, 255, 255, 0);
    image_unref(image);
    free(data);
}

// Puts an EXIF block with the orientation behind the start of a JPEG.
static char *with_orientation(const char *jpeg, size_t size, int orientation, bool big_endian, size_t *new_size)
{
    static const char little_block[] = "\xFF\xE1\x00\x22"
                                       "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    static const char big_block[] = "\xFF\xE1\x00\x22"
                                    "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    const size_t block_size = 36;
    char *out = mem_alloc(size + block_size);
    memcpy(out, jpeg, 2);
    memcpy(out + 2, big_endian ? big_block : little_block, block_size);
    out[2 + (big_endian ? 29 : 28)] = (char)orientation;
    memcpy(out + 2 + block_size, jpeg + 2, size - 2);
    *new_size = size + block_size;
    return out;
}

static void a_jpegs_orientation_is_followed(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct jpeg_encoder *encoder = jpeg_encoder_new();
    // Red top left, the rest black.
    struct image *image = image_new(64, 32, IMAGE_RGB);
    memset(image->data, 0, image->stride * 32);
    for (int y = 0; y < 16; y++) {
        for (int x = 0; x < 32; x++)
            image->data[(size_t)y * image->stride + (size_t)x * 3] = 255;
    }
    struct strbuf jpeg;
    strbuf_init(&jpeg);
    assert_ok(jpeg_encode_crop(encoder, image, 0, 0, 64, 32, 95, &jpeg, &err), &err);
    // Where the red quarter is when the picture is upright: 0 top left, 1 top right, 2 bottom left, 3 bottom right.
    static const int red_quarter[9] = {0, 0, 1, 3, 2, 0, 1, 3, 2};
    for (int orientation = 1; orientation <= 8; orientation++) {
        size_t size;
        char *data = with_orientation(jpeg.data, jpeg.size, orientation, orientation % 2 == 0, &size);
        struct image *upright = NULL;
        assert_ok(image_load(data, size, IMAGE_RGB, 0, 0, &upright, &err), &err);
        assert_int_equal(upright->width, orientation >= 5 ? 32 : 64);
        for (int quarter = 0; quarter < 4; quarter++) {
            int x = upright->width / 4 + (quarter % 2) * upright->width / 2;
            int y = upright->height / 4 + (quarter / 2) * upright->height / 2;
            assert_pixel(upright, x, y, quarter == red_quarter[orientation] ? 255 : 0, 0, 0, 12);
        }
        image_unref(upright);
        free(data);
    }
    strbuf_release(&jpeg);
    image_unref(image);
    jpeg_encoder_free(encoder);
}

static void an_image_bomb_is_refused_by_its_header(void **state)
{
    (void)state;
    const char *path = clip_shared("bad/image_bomb_20000x20000.png");
    if (path == NULL)
        skip_because("there is no ../shared/data/bad");
    size_t size;
    char *data = read_file(path, &size);
    struct image *image = NULL;
    struct err err = ERR_INIT;
    assert_code(image_load(data, size, IMAGE_RGB, 0, 0, &image, &err), ERR_LIMIT);
    assert_non_null(strstr(err.message, "20000x20000"));
    free(data);
}

// A black progressive JPEG that comes to its last scan so many times more.
static char *with_scans(int side, int more, size_t *size)
{
    unsigned char *black = mem_calloc((size_t)side, (size_t)side);
    unsigned char *made = NULL;
    unsigned long made_size = 0;
    tjhandle encoder = tjInitCompress();
    struct strbuf jpeg;
    assert_int_equal(
        tjCompress2(encoder, black, side, 0, side, TJPF_GRAY, &made, &made_size, TJSAMP_GRAY, 90, TJFLAG_PROGRESSIVE),
        0);
    size_t end = made_size - 2;
    size_t scan = end;
    while (memcmp(made + scan, "\xFF\xDA", 2) != 0)
        scan--;
    strbuf_init(&jpeg);
    strbuf_add(&jpeg, made, end);
    for (int i = 0; i < more; i++)
        strbuf_add(&jpeg, made + scan, end - scan);
    strbuf_add(&jpeg, "\xFF\xD9", 2);
    tjFree(made);
    tjDestroy(encoder);
    free(black);
    return strbuf_detach(&jpeg, size);
}

static void a_jpeg_that_goes_over_a_large_picture_again_and_again_is_refused(void **state)
{
    (void)state;
    static const struct {
        int side;
        int more;
        enum err_code code;
    } cases[] = {{4096, 100, ERR_LIMIT}, {4096, 0, ERR_NONE}, {64, 100, ERR_NONE}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t size;
        char *data = with_scans(cases[i].side, cases[i].more, &size);
        struct image *image = NULL;
        struct err err = ERR_INIT;
        assert_code(image_load(data, size, IMAGE_RGB, 0, 0, &image, &err), cases[i].code);
        if (cases[i].code != ERR_NONE)
            assert_non_null(strstr(err.message, "106 times"));
        image_unref(image);
        free(data);
    }
}

static void pictures_that_are_unpacked_at_once_share_their_room(void **state)
{
    (void)state;
    static const char *const names[] = {"halves.png", "halves.jpg", "halves.gif"};
    struct err err = ERR_INIT;
    image_room_set_wait(0);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        size_t size;
        char *data = read_file(clip_make(names[i], HALVES "-frames:v 1"), &size);
        struct image *image = NULL;
        assert_ok(image_room_take(IMAGE_ROOM_PIXELS - 64 * 48 + 1, &err), &err);
        assert_code(image_load(data, size, IMAGE_RGB, 0, 0, &image, &err), ERR_UNAVAILABLE);
        assert_null(image);
        image_room_give(1);
        assert_ok(image_load(data, size, IMAGE_RGB, 0, 0, &image, &err), &err);
        image_unref(image);
        image_room_give(IMAGE_ROOM_PIXELS - 64 * 48);
        // Nothing is lost, whatever comes of the picture.
        assert_true(image_load(data, size / 2, IMAGE_RGB, 0, 0, &image, &err) != ERR_UNAVAILABLE);
        image_unref(image);
        assert_ok(image_room_take(INT64_MAX, &err), &err);
        image_room_give(INT64_MAX);
        free(data);
    }
    image_room_set_wait(IMAGE_ROOM_WAIT_MS);
}

static void what_is_no_picture_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "hello", "BM", "GIF89a", "\x89PNG\r\n\x1A\n", "#EXTM3U\nfile:///etc/passwd\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct image *image = NULL;
        struct err err = ERR_INIT;
        assert_true(image_load(texts[i], strlen(texts[i]), IMAGE_RGB, 0, 0, &image, &err) != ERR_NONE);
        assert_null(image);
    }
}

static void memory_goes_from_picture_to_picture_of_one_size(void **state)
{
    (void)state;
    struct image *first = image_new(1920, 1080, IMAGE_RGB);
    const uint8_t *data = first->data;
    struct image *shared = image_ref(first);
    image_unref(first);
    struct image *meanwhile = image_new(1920, 1080, IMAGE_RGB);
    assert_ptr_not_equal(meanwhile->data, data);
    image_unref(shared);
    struct image *smaller = image_new(1280, 720, IMAGE_RGB);
    assert_ptr_not_equal(smaller->data, data);
    struct image *second = image_new(1920, 1080, IMAGE_BGR);
    assert_ptr_equal(second->data, data);
    image_unref(meanwhile);
    image_unref(smaller);
    image_unref(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_goes_from_picture_to_picture_of_one_size),
        cmocka_unit_test(pictures_of_all_kinds_are_read_by_content),
        cmocka_unit_test(what_is_transparent_shows_white),
        cmocka_unit_test(a_jpegs_orientation_is_followed),
        cmocka_unit_test(an_image_bomb_is_refused_by_its_header),
        cmocka_unit_test(a_jpeg_that_goes_over_a_large_picture_again_and_again_is_refused),
        cmocka_unit_test(pictures_that_are_unpacked_at_once_share_their_room),
        cmocka_unit_test(what_is_no_picture_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
