// Measures labelling through the product's own interfaces, on objects whose identity is known.
//
// usage: label_bench actions OBJECTS VECTORS [--starts N] [--boxes N] [--tracks none|found|true] [--detail] [--quick]
//        label_bench examples OBJECTS VECTORS [--trials N]
//        label_bench speed [--cpu-time] [--labels N] [--tracks true] [--index FOLDER] SIZE...
//
// OBJECTS has a line per object (label_data.h), VECTORS as many vectors of float32 values; bench/labelling.py makes
// both. `actions` lets a simulated person label each identity (label_person.h says what counts as an action),
// `examples` compares what is marked and how it is ranked from a few random examples, and fails where feedback ranks an
// identity below plain similarity; `speed` measures rounds at sizes of the project.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "label_actions.h"
#include "label_examples.h"
#include "label_speed.h"

struct options {
    struct actions_options actions;
    struct speed_options speed;
    size_t trials;
    const char *tracks; // NULL: all kinds
};

__attribute__((noreturn)) static void usage(void)
{
    fprintf(stderr, "usage: label_bench actions|examples OBJECTS VECTORS [option...] | label_bench speed SIZE...\n");
    exit(2);
}

static void read_options(int argc, char **argv, struct options *options)
{
    static const struct option long_options[] = {{"trials", required_argument, NULL, 'n'},
        {"starts", required_argument, NULL, 's'}, {"boxes", required_argument, NULL, 'b'},
        {"tracks", required_argument, NULL, 't'}, {"detail", no_argument, NULL, 'd'}, {"quick", no_argument, NULL, 'q'},
        {"cpu-time", no_argument, NULL, 'c'}, {"labels", required_argument, NULL, 'l'},
        {"index", required_argument, NULL, 'i'}, {0}};
    *options = (struct options){.actions = {.starts = 5, .boxes_min = 5}, .speed = {.labels = 40}, .trials = 5};
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case 'n':
            options->trials = strtoul(optarg, NULL, 10);
            break;
        case 's':
            options->actions.starts = strtoul(optarg, NULL, 10);
            break;
        case 'b':
            options->actions.boxes_min = strtoul(optarg, NULL, 10);
            break;
        case 't':
            options->tracks = optarg;
            break;
        case 'd':
            options->actions.has_detail = true;
            break;
        case 'q':
            options->actions.is_quick = true;
            break;
        case 'c':
            options->speed.use_cpu_time = true;
            break;
        case 'l':
            options->speed.labels = strtoul(optarg, NULL, 10);
            break;
        case 'i':
            options->speed.folder = optarg;
            break;
        default:
            usage();
        }
    }
}

static void measure_actions(const struct data *data, const struct options *options)
{
    static const char *const names[] = {"none", "found", "true"};
    for (int t = TRACKS_NONE; t <= TRACKS_TRUE; t++) {
        if (options->tracks == NULL || strcmp(options->tracks, names[t]) == 0)
            actions_measure(data, (enum track_source)t, &options->actions);
    }
}

int main(int argc, char **argv)
{
    struct options options;
    if (argc < 3)
        usage();
    const char *what = argv[1];
    read_options(argc - 1, argv + 1, &options);
    char **rest = argv + 1 + optind;
    int rest_count = argc - 1 - optind;
    options.speed.has_tracks = options.tracks != NULL && strcmp(options.tracks, "true") == 0;
    if (strcmp(what, "speed") == 0 && options.speed.labels > 0) {
        speed_print_head();
        for (int i = 0; i < rest_count; i++)
            speed_measure(strtoul(rest[i], NULL, 10), &options.speed);
        return 0;
    }
    struct data data;
    size_t worse = 0;
    if (rest_count != 2)
        usage();
    data_read(&data, rest[0], rest[1]);
    if (strcmp(what, "actions") == 0)
        measure_actions(&data, &options);
    else if (strcmp(what, "examples") == 0)
        worse = examples_measure(&data, options.trials);
    else
        usage();
    data_release(&data);
    return worse == 0 ? 0 : 1;
}
