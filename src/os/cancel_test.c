#include "os/cancel.h"

#include "base/test.h"
#include "os/thread.h"

static void nothing_is_cancelled_until_asked_for(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cancel *cancel = cancel_new(NULL);
    assert_false(cancel_requested(cancel));
    assert_false(cancel_wait(cancel, 0));
    assert_ok(cancel_check(cancel, &err), &err);
    cancel_request(cancel);
    cancel_request(cancel);
    assert_true(cancel_requested(cancel));
    assert_true(cancel_wait(cancel, 1000000));
    assert_code(cancel_check(cancel, &err), ERR_CANCELLED);
    cancel_free(cancel);
}

static void a_child_is_cancelled_with_its_ancestors_but_not_the_other_way(void **state)
{
    (void)state;
    struct cancel *root = cancel_new(NULL);
    struct cancel *middle = cancel_new(root);
    struct cancel *leaf = cancel_new(middle);
    cancel_request(middle);
    assert_false(cancel_requested(root));
    assert_true(cancel_requested(leaf));
    assert_true(cancel_wait(leaf, 1000000));
    cancel_free(leaf);
    cancel_free(middle);
    cancel_free(root);
}

static void without_a_cancel_waiting_just_waits(void **state)
{
    (void)state;
    assert_false(cancel_requested(NULL));
    assert_false(cancel_wait(NULL, 1));
    cancel_free(NULL);
}

static void wait_for_it(void *arg)
{
    assert_true(cancel_wait(arg, 600000));
}

static void a_waiter_is_woken_by_itself_and_by_its_ancestor(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cancel *root = cancel_new(NULL);
    struct cancel *leaf = cancel_new(root);
    struct thread *threads[2] = {NULL};
    assert_ok(thread_start("root", wait_for_it, root, &threads[0], &err), &err);
    assert_ok(thread_start("leaf", wait_for_it, leaf, &threads[1], &err), &err);
    cancel_request(root);
    thread_join(threads[0]);
    thread_join(threads[1]);
    cancel_free(leaf);
    cancel_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_cancelled_until_asked_for),
        cmocka_unit_test(a_child_is_cancelled_with_its_ancestors_but_not_the_other_way),
        cmocka_unit_test(without_a_cancel_waiting_just_waits),
        cmocka_unit_test(a_waiter_is_woken_by_itself_and_by_its_ancestor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
