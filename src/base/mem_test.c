#include "base/mem.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/test.h"

static void an_arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        unsigned char *p = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xFF, size);
    }
    arena_reset(arena);
    unsigned char *again = arena_alloc(arena, 1000);
    assert_int_equal(again[999], 0);
    arena_free(arena);
}

static void a_string_buffer_formats_across_its_growth(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb);
    for (int i = 0; i < 100; i++)
        strbuf_addf(&sb, "%d,", i);
    assert_int_equal(sb.size, strlen(sb.data));
    assert_non_null(strstr(sb.data, "98,99,"));
    strbuf_release(&sb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(a_string_buffer_formats_across_its_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
