// What is said about a source after it was read: whether all of it was there, and what was odd. Internal to the module.
#pragma once

#include "media/split.h"
#include "media/timeline.h"

// Fills the counts, `incomplete` and `reason` of the result, whose frames and duration are set, and logs the oddities.
// `to_the_end` is false where reading stopped at the limit.
void split_report(struct split_result *result, const struct media_source *source, const struct timeline_stats *stats,
    bool to_the_end, struct log *log);
// Says before that, where it is so, that what follows after `kept_us` was not read, and why.
void split_report_rest(struct split_result *result, int64_t kept_us, const struct err *why);
// The same of one video that has no frame, behind which others may be read; 0: of the first.
void split_report_empty(struct split_result *result, int64_t kept_us);
