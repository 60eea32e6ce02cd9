// What the files of the contract of queues share.
#pragma once

#include "base/test.h"
#include "contract.h"
#include "os/file.h"
#include "queue/queue.h"

#define VIDEO "00000000000000aa"
#define OTHER_VIDEO "00000000000000bb"
#define SECOND_US ((int64_t)1000000)
// Long enough for any machine; nothing waits this long unless it fails.
#define PATIENCE_MS 20000

extern const char *backend;
extern struct err failure; // of the last call

struct fixture {
    char folder[FILE_PATH_MAX];
    struct clock_manual clock;
    struct queue *queue;
};
int set_up(void **state);
int tear_down(void **state);
#define contract(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

bool is_kafka(void);
void pass(struct fixture *f, int64_t us);
void publish(struct fixture *f, const char *topic, const char *key, const char *body);
size_t receive_up_to(struct fixture *f, const char *topic, size_t max, struct queue_message **messages);
struct queue_message *receive_some(struct fixture *f, const char *topic);
void assert_nothing(struct fixture *f, const char *topic);
void ack(struct fixture *f, struct queue_message *message);
bool reject(struct fixture *f, struct queue_message *message, const char *reason);
void assert_stats(struct fixture *f, const char *topic, int64_t ready, int64_t leased);
size_t count_letters(struct fixture *f, const char *video);

extern const struct contract_part delivery_part;
extern const struct contract_part waiting_part;
