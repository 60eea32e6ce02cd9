// A main() for a fuzz target, without a fuzzer: its seeds, and mutations of them that are the same on every run.
//
//   TARGET                     tests: TAP on standard output
//   TARGET --mutations N       with so many mutations (default 2000)
//   TARGET --seeds DIR         writes the seeds there, for a fuzzer to begin with
//   TARGET --write N FILE      writes mutation N, for a look at it
//   TARGET FILE…               runs these inputs, such as a fuzzer's findings
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "fuzz.h"
#include "os/file.h"

#define SEEDS_MAX 64
#define INPUT_SIZE_MAX ((size_t)1 << 20)
#define MUTATIONS_DEFAULT 2000

struct input {
    uint8_t *bytes;
    size_t size;
};

static struct input seeds[SEEDS_MAX];
static size_t seed_count;
static char running[64] = "nothing";

static void add_seed(void *context, const void *bytes, size_t size)
{
    (void)context;
    fuzz_require(seed_count < SEEDS_MAX && size <= INPUT_SIZE_MAX);
    seeds[seed_count++] = (struct input){mem_dup(bytes, size > 0 ? size : 1), size};
}

// SplitMix64 (Steele, Lea, Flood 2014): any seed is a good one, so each mutation can have its own.
static uint64_t draw(uint64_t *random)
{
    uint64_t z = (*random += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t draw_below(uint64_t *random, size_t below)
{
    return below == 0 ? 0 : (size_t)(draw(random) % below);
}

static void replace(struct input *input, size_t at, size_t old_size, const void *bytes, size_t size)
{
    if (at > input->size || old_size > input->size - at || input->size - old_size + size > INPUT_SIZE_MAX)
        return;
    uint8_t *made = mem_alloc(input->size - old_size + size + 1);
    memcpy(made, input->bytes, at);
    memcpy(made + at, bytes, size);
    memcpy(made + at + size, input->bytes + at + old_size, input->size - at - old_size);
    free(input->bytes);
    *input = (struct input){made, input->size - old_size + size};
}

// What parsers trip over, put in place of a number or anywhere.
static void replace_by_trap(uint64_t *random, struct input *input)
{
    static const char *const traps[] = {"-1", "0", "99999999999999999999", "9223372036854775807",
        "-9223372036854775808", "2147483648", "1e309", "1e-400", "NaN", "null", "\"\"", "[]", "{}", "..", "%2F", "%00",
        "\xFF", "\\u0000", "\xED\xA0\x80", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["};
    const char *trap = traps[draw_below(random, sizeof(traps) / sizeof(traps[0]))];
    size_t at = draw_below(random, input->size + 1);
    while (at < input->size && (input->bytes[at] < '0' || input->bytes[at] > '9') && draw_below(random, 40) > 0)
        at++;
    size_t end = at;
    while (end < input->size && input->bytes[end] >= '0' && input->bytes[end] <= '9')
        end++;
    replace(input, at, end - at, trap, strlen(trap));
}

static void edit(uint64_t *random, struct input *input)
{
    static const uint8_t edges[] = {0, 1, 0x7F, 0x80, 0xFE, 0xFF};
    size_t at = draw_below(random, input->size);
    size_t length = 1 + draw_below(random, draw_below(random, 8) == 0 ? 4096 : 8);
    if (length > input->size - at)
        length = input->size - at;
    const struct input *other = &seeds[draw_below(random, seed_count)];
    size_t from = draw_below(random, other->size);
    uint64_t noise = draw(random);
    switch (draw_below(random, 8)) {
    case 0: // a bit
        if (input->size > 0)
            input->bytes[at] ^= (uint8_t)(1u << (noise & 7));
        return;
    case 1: // a byte
        if (input->size > 0)
            input->bytes[at] = (noise & 1) != 0 ? edges[(noise >> 1) % sizeof(edges)] : (uint8_t)(noise >> 1);
        return;
    case 2: // something more
        replace(input, at, 0, &noise, 1 + (noise & 7));
        return;
    case 3: // something less
        replace(input, at, length, "", 0);
        return;
    case 4: // the same again; from a copy, for it moves
        if (length > 0) {
            uint8_t *again = mem_dup(input->bytes + at, length);
            replace(input, at, 0, again, length);
            free(again);
        }
        return;
    case 5: // the end cut off
        if (draw_below(random, 3) == 0)
            replace(input, at, input->size - at, "", 0);
        return;
    case 6: // another's end
        replace(input, at, input->size - at, other->bytes + from, other->size - from);
        return;
    default:
        replace_by_trap(random, input);
        return;
    }
}

static struct input mutate(uint64_t number)
{
    uint64_t random = number;
    const struct input *seed = &seeds[draw_below(&random, seed_count)];
    struct input input = {mem_dup(seed->bytes, seed->size > 0 ? seed->size : 1), seed->size};
    for (size_t edits = 1 + draw_below(&random, 5); edits > 0; edits--)
        edit(&random, &input);
    return input;
}

// In an allocation of just this size.
static void run(const struct input *input)
{
    uint8_t *exact = mem_alloc(input->size > 0 ? input->size : 1);
    memcpy(exact, input->bytes, input->size);
    LLVMFuzzerTestOneInput(exact, input->size);
    free(exact);
}

static void say_what_ran(int signal)
{
    static const char intro[] = "# ended while running ";
    (void)!write(STDERR_FILENO, intro, sizeof(intro) - 1);
    (void)!write(STDERR_FILENO, running, strlen(running));
    (void)!write(STDERR_FILENO, "\n", 1);
    if (signal == SIGALRM)
        _exit(1);
}

static void watch(void)
{
    // One input that takes longer than this is a finding. Sanitizers report other signals themselves.
    const struct sigaction action = {.sa_handler = say_what_ran, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGABRT, &action, NULL);
}

static void write_input(const char *path, const struct input *input)
{
    struct err err = ERR_INIT;
    if (file_write(path, input->bytes, input->size, FILE_SYNC_NONE, &err) != ERR_NONE) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

static int run_files(int count, char **paths)
{
    for (int i = 0; i < count; i++) {
        struct input input;
        struct err err = ERR_INIT;
        char *bytes = NULL;
        if (file_read(paths[i], INPUT_SIZE_MAX, &bytes, &input.size, &err) != ERR_NONE) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        input.bytes = (uint8_t *)bytes;
        snprintf(running, sizeof(running), "%s", paths[i]);
        run(&input);
        free(input.bytes);
    }
    return 0;
}

static int run_tests(const char *program, uint64_t mutations)
{
    const char *slash = strrchr(program, '/');
    printf("1..2\n");
    for (size_t i = 0; i < seed_count; i++) {
        snprintf(running, sizeof(running), "seed %zu", i);
        alarm(120);
        run(&seeds[i]);
    }
    printf("ok 1 - %s takes its seeds\n", slash != NULL ? slash + 1 : program);
    fflush(stdout);
    for (uint64_t i = 0; i < mutations; i++) {
        struct input input = mutate(i);
        snprintf(running, sizeof(running), "mutation %llu", (unsigned long long)i);
        alarm(120);
        run(&input);
        free(input.bytes);
    }
    alarm(0);
    printf(
        "ok 2 - %s takes %llu mutations of them\n", slash != NULL ? slash + 1 : program, (unsigned long long)mutations);
    return 0;
}

int main(int argc, char **argv)
{
    int status = 0;
    fuzz_seeds(add_seed, NULL);
    watch();
    if (argc == 3 && strcmp(argv[1], "--seeds") == 0) {
        for (size_t i = 0; i < seed_count; i++) {
            char *path = mem_sprintf("%s/seed-%02zu", argv[2], i);
            write_input(path, &seeds[i]);
            free(path);
        }
    } else if (argc == 4 && strcmp(argv[1], "--write") == 0) {
        struct input input = mutate(strtoull(argv[2], NULL, 10));
        write_input(argv[3], &input);
        free(input.bytes);
    } else if (argc == 3 && strcmp(argv[1], "--mutations") == 0) {
        status = run_tests(argv[0], strtoull(argv[2], NULL, 10));
    } else if (argc == 1) {
        status = run_tests(argv[0], MUTATIONS_DEFAULT);
    } else {
        status = run_files(argc - 1, argv + 1);
    }
    for (size_t i = 0; i < seed_count; i++)
        free(seeds[i].bytes);
    return status;
}
