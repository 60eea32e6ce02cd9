#include "os/proc.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/test.h"

static void memory_and_time_are_told(void **state)
{
    (void)state;
    assert_true(proc_rss_bytes() > 100000);
    assert_true(proc_peak_rss_bytes() > 100000);
    assert_true(proc_memory_limit_bytes() > 1 << 20);
    int64_t before_us = proc_cpu_us();
    volatile double sum = 0;
    for (int i = 0; i < 3000000; i++)
        sum += i;
    assert_true(proc_cpu_us() > before_us);
    assert_true(proc_thread_cpu_us() > 0);
}

static void processors_are_at_least_one_and_no_more_than_there_are(void **state)
{
    (void)state;
    assert_in_range(proc_cpu_count(), 1, sysconf(_SC_NPROCESSORS_CONF));
}

static void open_files_are_counted(void **state)
{
    (void)state;
    int before = proc_open_files();
    int fd = open("/dev/null", O_RDONLY);
    assert_int_equal(proc_open_files(), before + 1);
    close(fd);
    assert_int_equal(proc_open_files(), before);
    int most = proc_raise_open_files();
    assert_int_equal(most, proc_open_files_max());
    assert_true(most > before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_and_time_are_told),
        cmocka_unit_test(processors_are_at_least_one_and_no_more_than_there_are),
        cmocka_unit_test(open_files_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
