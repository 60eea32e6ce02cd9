// What the doctor's files share.
#pragma once

#include "base/err.h"
#include "ingest/doctor.h"
#include "ingest/ingest.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

struct doctor {
    const struct ingest *ingest;
    const struct doctor_options *options;
    struct doctor_report *report;
    struct cancel *cancel;
    int64_t least_age_us;
    bool queues_empty;
    bool has_wrong_rows; // what seems to belong to nothing may be of one of them
    // The one being looked at.
    const char *project;
    const char *video;
};

// Whether something that was last changed at `modified_us` (wall clock) is old enough to be judged.
bool doctor_judges(const struct doctor *doctor, int64_t modified_us);
void doctor_report_finding(struct doctor *doctor, enum finding_kind kind, const char *subject, bool mended,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
enum err_code doctor_check_video(struct doctor *doctor, const struct meta_video *video, struct err *err) ERR_MUST_CHECK;
