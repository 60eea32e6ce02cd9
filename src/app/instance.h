// A running Framehound: any of the parts over one data folder, in this process.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "app/models.h"
#include "app/wiring.h"
#include "base/err.h"
#include "base/log.h"
#include "base/options.h"
#include "blob_store/blob_store_s3.h"
#include "ingest/downloader.h"
#include "ingest/fetch.h"
#include "ingest/indexer.h"
#include "ingest/splitter.h"
#include "ingest/tracking.h"

enum part {
    PART_SPLITTER = 1 << 0,
    PART_DOWNLOADER = 1 << 1,
    PART_INDEXER = 1 << 2,
    PART_QUERY = 1 << 3,
    PART_TRACKER = 1 << 4,
    PART_INGEST = PART_SPLITTER | PART_DOWNLOADER | PART_INDEXER | PART_TRACKER,
    PART_ALL = PART_INGEST | PART_QUERY,
};

// The settings of an instance; for the tables of a command.
#define INSTANCE_TABLES &data_options, INSTANCE_TABLES_BUT_DATA
#define INSTANCE_TABLES_BUT_DATA                                                                                       \
    &store_options, &blob_store_options, &scale_options, &model_options, &fetch_options, &splitter_options,            \
        &downloader_options, &indexer_options, &tracking_options, &keep_options, &log_options

struct instance;

struct instance_config {
    const char *dir; // the data folder
    // Include INSTANCE_TABLES, and unless private_server: server_options, or without the query engine probe_options;
    // outlive the instance. NULL (for the query engine alone, private): defaults.
    const struct options *options;
    const struct options *servers; // include store_options and outlive the instance; NULL: `options` do
    unsigned parts;
    bool alone;      // holds the folder's lock; with workers, puts right what an earlier run left (lifecycle_recover)
    bool must_exist; // does not make a data folder
    bool private_server; // the query engine listens on a free loopback port with a token of its own
    struct log *log;
    struct cancel *cancel; // everything is to end, the start too; outlives the instance; may be NULL
};

enum err_code instance_start(
    const struct instance_config *config, struct instance **instance, struct err *err) ERR_MUST_CHECK;
// Stops the parts (work that is not finished is given back), then closes everything. NULL is harmless.
void instance_stop(struct instance *instance);

struct stores *instance_stores(struct instance *instance);
struct models *instance_models(struct instance *instance);
// "http://127.0.0.1:8080"; NULL without PART_QUERY.
const char *instance_url(const struct instance *instance);
const char *instance_token(const struct instance *instance); // NULL: none

// Where a server on a data folder listens, from the file it writes; to be freed. ERR_NOT_FOUND if there is none.
enum err_code instance_find_server(const char *data_dir, char **url, struct err *err) ERR_MUST_CHECK;
