// Measures a blob store: small and large blobs in and out, as the parts move them.
//
// usage: blob_bench [--small N] [--large MIB] [--threads N] dir FOLDER | s3 ENDPOINT s3://BUCKET/PREFIX
//
// Small blobs are of 30 kB, a picture of a frame or several crops. One line of JSON comes out: operations and MB
// (10^6 bytes) a second, by the time on the clock.
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bench.h"
#include "blob_store/blob_store.h"
#include "blob_store/blob_store_dir.h"
#include "blob_store/blob_store_s3.h"
#include "os/file.h"

#define SMALL_BYTES ((size_t)30000)
#define RANGE_BYTES ((size_t)1 << 20)
#define THREADS_MAX 64

static struct blob_store *store;
static int small_count = 1000;
static int large_mib = 512;
static int thread_count = 1;
static char small[SMALL_BYTES];

static void fill(char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
}

static void small_key(int n, char key[64])
{
    snprintf(key, 64, "p/v/frames/%08d.jpg", n);
}

struct work {
    atomic_int next;
    bool is_put;
};

static void *move_small(void *arg)
{
    struct work *work = arg;
    struct err failure = ERR_INIT;
    for (int n = atomic_fetch_add(&work->next, 1); n < small_count; n = atomic_fetch_add(&work->next, 1)) {
        char key[64];
        void *bytes = NULL;
        size_t size = 0;
        small_key(n, key);
        enum err_code code = work->is_put ? blob_store_put(store, key, small, sizeof(small), &failure)
                                          : blob_store_get(store, key, sizeof(small), &bytes, &size, &failure);
        bool is_right =
            code == ERR_NONE && (work->is_put || (size == sizeof(small) && memcmp(bytes, small, size) == 0));
        free(bytes);
        if (!is_right) {
            bench_err = failure;
            bench_die(key);
        }
    }
    return NULL;
}

// Operations a second.
static double run_small(bool is_put)
{
    struct work work = {.is_put = is_put};
    pthread_t threads[THREADS_MAX];
    double start_s = bench_seconds();
    for (int i = 0; i < thread_count; i++) {
        if (pthread_create(&threads[i], NULL, move_small, &work) != 0)
            bench_die("a thread cannot be started");
    }
    for (int i = 0; i < thread_count; i++)
        pthread_join(threads[i], NULL);
    if (is_put)
        bench_check(blob_store_flush(store, &bench_err), "flush");
    return small_count / (bench_seconds() - start_s);
}

static void make_large(const char *path)
{
    size_t piece = (size_t)1 << 20;
    char *bytes = mem_alloc(piece);
    struct file_writer *writer = NULL;
    fill(bytes, piece);
    bench_check(file_writer_open(path, &writer, &bench_err), path);
    for (int i = 0; i < large_mib; i++)
        bench_check(file_writer_write(writer, bytes, piece, &bench_err), path);
    bench_check(file_writer_commit(writer, FILE_SYNC_NONE, &bench_err), path);
    free(bytes);
}

static void run_large(const char *folder, double *put_mb_s, double *get_mb_s, double *range_mb_s)
{
    char path[FILE_PATH_MAX + 16];
    struct blob_file file;
    double megabytes = large_mib * 1.048576;
    snprintf(path, sizeof(path), "%s/large.mp4", folder);
    make_large(path);
    double start_s = bench_seconds();
    bench_check(blob_store_put_file(store, "p/v/source", path, false, &bench_err), "put");
    bench_check(blob_store_flush(store, &bench_err), "flush");
    *put_mb_s = megabytes / (bench_seconds() - start_s);
    start_s = bench_seconds();
    bench_check(blob_store_get_file(store, "p/v/source", folder, NULL, &file, &bench_err), "get");
    *get_mb_s = megabytes / (bench_seconds() - start_s);
    blob_file_release(&file);
    char *bytes = mem_alloc(RANGE_BYTES);
    start_s = bench_seconds();
    for (int i = 0; i < large_mib; i++) {
        size_t got = 0;
        bench_check(blob_store_get_range(
                        store, "p/v/source", (int64_t)i * (int64_t)RANGE_BYTES, bytes, RANGE_BYTES, &got, &bench_err),
            "range");
    }
    *range_mb_s = megabytes / (bench_seconds() - start_s);
    free(bytes);
    unlink(path);
}

static void open_store(int count, char **args)
{
    if (count == 2 && strcmp(args[0], "dir") == 0) {
        bench_check(blob_store_dir_open(args[1], &store, &bench_err), args[1]);
    } else if (count == 3 && strcmp(args[0], "s3") == 0) {
        const struct blob_store_s3_options options = {
            .location = args[2], .endpoint = args[1], .clock = clock_system()};
        bench_check(blob_store_s3_open(&options, &store, &bench_err), args[2]);
    } else {
        fputs("usage: blob_bench [--small N] [--large MIB] [--threads N] dir FOLDER | s3 ENDPOINT s3://BUCKET/PREFIX\n",
            stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"small", required_argument, NULL, 's'},
        {"large", required_argument, NULL, 'l'}, {"threads", required_argument, NULL, 't'}, {0}};
    char folder[FILE_PATH_MAX];
    double put_mb_s, get_mb_s, range_mb_s;
    for (int option = getopt_long(argc, argv, "", options, NULL); option != -1;
         option = getopt_long(argc, argv, "", options, NULL)) {
        int value = optarg != NULL ? atoi(optarg) : 0;
        if (option == 's')
            small_count = value;
        else if (option == 'l')
            large_mib = value;
        else if (option == 't' && value >= 1 && value <= THREADS_MAX)
            thread_count = value;
        else
            exit(2);
    }
    open_store(argc - optind, argv + optind);
    fill(small, sizeof(small));
    bench_check(dir_make_temporary(NULL, "blob-bench-", folder, &bench_err), "a temporary folder");
    double put_s = run_small(true);
    double got_s = run_small(false);
    run_large(folder, &put_mb_s, &get_mb_s, &range_mb_s);
    double start_s = bench_seconds();
    bench_check(blob_store_remove_prefix(store, "p/", NULL, &bench_err), "remove");
    double removed_s = (small_count + 1) / (bench_seconds() - start_s);
    printf("{\"put_small\": %.0f, \"get_small\": %.0f, \"put_large\": %.0f, \"get_large\": %.0f, \"ranges\": %.0f, "
           "\"remove\": %.0f}\n",
        put_s, got_s, put_mb_s, get_mb_s, range_mb_s, removed_s);
    blob_store_free(store);
    bench_check(dir_remove_tree(folder, &bench_err), folder);
    return 0;
}
