// Subcommands: each file cmd_*.c has one or more, listed in main.c.
#pragma once

#include "base/err.h"
#include "base/options.h"

struct command_context {
    const struct options *options;
    const struct command_spec *spec;
};

// Runs a command whose options are parsed. On error the caller prints the sentence and ends with status 1, or 2 for
// wrong usage. `*status` is the exit status on success (0 unless the command sets it).
struct command {
    struct command_spec spec;
    enum err_code (*run)(const struct options *options, int *status, struct err *err);
};

extern const struct command command_up;
extern const struct command command_splitter;
extern const struct command command_downloader;
extern const struct command command_indexer;
extern const struct command command_tracker;
extern const struct command command_query;
extern const struct command command_ingest;
extern const struct command command_projects;
extern const struct command command_videos;
extern const struct command command_status;
extern const struct command command_frames;
extern const struct command command_similar;
extern const struct command command_search;
extern const struct command command_label;
extern const struct command command_labels;
extern const struct command command_assertions;
extern const struct command command_mistakes;
extern const struct command command_undo;
extern const struct command command_redo;
extern const struct command command_export;
extern const struct command command_import;
extern const struct command command_tracks;
extern const struct command command_track_boxes;
extern const struct command command_track_split;
extern const struct command command_track_merge;
extern const struct command command_track_give;
extern const struct command command_track_undo;
extern const struct command command_track_redo;
extern const struct command command_track_history;
extern const struct command command_cancel;
extern const struct command command_resume;
extern const struct command command_rename;
extern const struct command command_delete;
extern const struct command command_dead_letters;
extern const struct command command_retry;
extern const struct command command_models_list;
extern const struct command command_models_verify;
extern const struct command command_models_add;
extern const struct command command_models_bench;
extern const struct command command_embed;
extern const struct command command_track_eval;
extern const struct command command_vectors;
extern const struct command command_queue_init;
extern const struct command command_meta_export;
extern const struct command command_meta_import;
extern const struct command command_doctor;

// All of them, NULL-terminated, in the order of the help.
extern const struct command *const commands[];
