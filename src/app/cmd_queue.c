// `framehound queue init`: makes what the queue's servers need before the parts start.
#include <stdio.h>

#include "app/command.h"
#include "app/settings.h"
#include "app/ui.h"
#include "app/wiring.h"
#include "base/json.h"

static const struct option_table *const queue_tables[] = {&store_options, &json_options, &log_options, NULL};

static void show(const struct queue_topic *topics, size_t count, bool json)
{
    struct ui_table *table = ui_table_new((const char *[]){"TOPIC", "PARTITIONS", "SET", "REPLICAS", NULL});
    for (size_t i = 0; i < count; i++) {
        char partitions[16], wanted[16], replicas[16];
        if (json) {
            json_t *o = json_object();
            json_set_string(o, "topic", topics[i].name);
            json_set_int64(o, "partitions", topics[i].partitions);
            json_set_int64(o, "wanted", topics[i].wanted);
            json_set_int64(o, "replicas", topics[i].replicas);
            ui_print_json(o);
            json_decref(o);
            continue;
        }
        snprintf(partitions, sizeof(partitions), "%d", topics[i].partitions);
        snprintf(wanted, sizeof(wanted), "%d", topics[i].wanted);
        snprintf(replicas, sizeof(replicas), "%d", topics[i].replicas);
        ui_table_add(table, (const char *[]){topics[i].name, partitions, wanted, replicas});
    }
    if (!json)
        ui_table_print(table);
    ui_table_free(table);
}

static enum err_code run_init(const struct options *options, int *status, struct err *err)
{
    struct queue_topic topics[QUEUE_TOPICS_MAX];
    size_t count;
    struct log *log = settings_log(options, LOG_INFO);
    (void)status;
    enum err_code code = wiring_queue_topics(options, true, log, topics, &count, err);
    if (code == ERR_NONE && count > 0)
        show(topics, count, options_bool(options, "json"));
    else if (code == ERR_NONE && !options_bool(options, "json"))
        puts("The queue is in the data folder: there is nothing to make. --queue names a server.");
    log_free(log);
    return code;
}

const struct command command_queue_init = {
    .spec = {.name = "queue init",
        .arguments = "",
        .summary = "Make the topics of the queue's server that are missing, and list them.",
        .details = "Partitions cap how many workers of a part can be of use. Topics that are there stay as they are: "
                   "partitions are added with Kafka's own tools.",
        .examples = "framehound queue init --queue kafka://broker-1:9092,broker-2:9092/prod. --kafka-partitions 128",
        .tables = queue_tables},
    .run = run_init};
