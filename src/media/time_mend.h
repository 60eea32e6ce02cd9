// Makes single time stamps anew that are wrong (a flipped bit, for instance), so that nothing which follows moves with
// them. Internal to the module.
//
// Each packet is looked at among those before and after it, as far as pictures can be reordered. What is certain:
// decoding times only go up; a picture shows before at most 16 that were coded before it; where no pictures are
// reordered, all show equally long after they are decoded. A time that breaks a rule which its neighbours keep, before
// and after it, is wrong: it becomes the one that is missing among them. Where times go on from another value
// (recordings put end to end, gaps, a clock that starts again) the neighbours break the rule too, and all stay as they
// are.
//
// An error so small that the time stays among those of its neighbours cannot be told from an odd but true time; it is
// kept, and time_mender_goes_on() says that it means nothing for what follows.
#pragma once

#include <libavcodec/avcodec.h>
#include <stdbool.h>
#include <stdint.h>

struct time_mender;

struct time_mender *time_mender_new(void);
void time_mender_free(struct time_mender *mender);

// Takes the packet (which becomes the mender's). Only when time_mender_pull() had none to give.
void time_mender_push(struct time_mender *mender, AVPacket *packet);
// No more packets follow.
void time_mender_finish(struct time_mender *mender);
// The next packet in the order of pushing, or NULL until more are pushed.
AVPacket *time_mender_pull(struct time_mender *mender);
// Of the packet pulled last: what comes after it shows after what came before it, even if it does not itself.
bool time_mender_goes_on(const struct time_mender *mender);
// Of the packet pulled last: what comes after it shows after it.
bool time_mender_leads(const struct time_mender *mender);
// How many packets got another time.
int64_t time_mender_mended(const struct time_mender *mender);
