#include "meta_store/redis_reply.h"

#include <string.h>

struct meaning {
    const char *word; // the error begins with it
    enum err_code code;
    bool passes;
    const char *sentence; // NULL: the server's own
};

#define CREDENTIALS                                                                                                    \
    "give the user with --redis-user and the password with --redis-password-file (or both in the address)"

static const struct meaning meanings[] = {
    {"NOAUTH", ERR_DENIED, false, "it wants a password: " CREDENTIALS},
    {"WRONGPASS", ERR_DENIED, false, "it does not take this user and password: " CREDENTIALS},
    {"ERR AUTH", ERR_DENIED, false, "it has no password and was given one: take --redis-password-file away"},
    {"NOPERM", ERR_DENIED, false, NULL},
    {"LOADING", ERR_UNAVAILABLE, true, "it is still loading its data"},
    {"BUSY ", ERR_UNAVAILABLE, true, "it is busy with a script"},
    {"TRYAGAIN", ERR_UNAVAILABLE, true, "the cluster is moving this data to another node"},
    {"CLUSTERDOWN", ERR_UNAVAILABLE, true, "the cluster is down: too many of its nodes do not answer"},
    {"MASTERDOWN", ERR_UNAVAILABLE, true, "it is a replica that has lost its master"},
    {"READONLY", ERR_UNAVAILABLE, true, "it is a replica, which takes no changes: name the master in --meta-store"},
    {"NOREPLICAS", ERR_UNAVAILABLE, true, "it takes no changes because too few replicas follow it"},
    {"OOM", ERR_FULL, false,
        "its memory is full: raise its maxmemory, or delete videos that are not needed; work goes on by itself then"},
    {"MISCONF", ERR_UNAVAILABLE, false,
        "it takes no changes because it cannot write to its disk: see its log; work goes on by itself afterwards"},
    {"ERR max number of clients", ERR_UNAVAILABLE, true,
        "it has as many clients as it allows: raise its maxclients, or lower --redis-connections"},
    {"ERR DB index", ERR_INVALID, false, "it has no database of this number: see --meta-store"},
    {"ERR SELECT is not allowed", ERR_INVALID, false, "a cluster has database 0 only: see --meta-store"},
    {"WRONGTYPE", ERR_CORRUPT, false,
        "something else keeps its data under the same names: give Framehound names of its own with "
        "--redis-prefix"},
    {"CROSSSLOT", ERR_INTERNAL, false, NULL},
};

static const struct meaning *find(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ERROR)
        return NULL;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (redis_reply_is(reply, meanings[i].word))
            return &meanings[i];
    }
    return NULL;
}

bool redis_reply_is(const redisReply *reply, const char *word)
{
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, word, strlen(word)) == 0;
}

bool redis_reply_passes(const redisReply *reply)
{
    const struct meaning *meaning = find(reply);
    return meaning != NULL && meaning->passes;
}

bool redis_reply_ends_connection(const redisReply *reply)
{
    return redis_reply_is(reply, "READONLY") || redis_reply_is(reply, "MASTERDOWN");
}

enum err_code redis_reply_check(const redisReply *reply, struct err *err)
{
    if (reply->type != REDIS_REPLY_ERROR)
        return ERR_NONE;
    const struct meaning *meaning = find(reply);
    if (meaning == NULL)
        return err_set(err, ERR_INTERNAL, "it answers: %.200s", reply->str);
    if (meaning->sentence == NULL)
        return err_set(err, meaning->code, "it answers: %.200s", reply->str);
    return err_set(err, meaning->code, "%s", meaning->sentence);
}
