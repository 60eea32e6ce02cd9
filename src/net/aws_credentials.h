// Where the keys for AWS and its like come from, as AWS's own clients look for them. The first of these that is there:
//   1. AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN for temporary ones)
//   2. a web identity, as Kubernetes gives it to pods on AWS: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, exchanged
//   at
//      the security token service (AWS_ENDPOINT_URL_STS, or that of the region)
//   3. the profile in the shared files: AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials) and AWS_CONFIG_FILE
//      (~/.aws/config), profile AWS_PROFILE or "default"; keys only, no roles, processes or single sign-on
//   4. the container's endpoint: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, or _FULL_URI, with
//      AWS_CONTAINER_AUTHORIZATION_TOKEN or _TOKEN_FILE
// A profile or file that was asked for explicitly is the only place that is looked at. Not there: the metadata service
// of EC2 instances.
//
// Keys that end are renewed before they do, by one thread while the others use the old ones; files are looked at again
// every minute. Keys are never logged and are wiped from memory at the end. Safe from all threads.
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/aws_signature.h"
#include "os/cancel.h"

struct aws_credentials;

struct aws_credentials_options {
    const char *profile; // asked for explicitly; NULL: as said above
    const char *file;    // likewise, instead of the shared credentials file
    const char *region;  // of the security token service; NULL: us-east-1
    const char *ca_file; // NULL: the system's
    const struct clock *clock;
    struct log *log; // NULL: none
};

// Texts are copied; nothing is looked at yet.
struct aws_credentials *aws_credentials_new(const struct aws_credentials_options *options);
void aws_credentials_free(struct aws_credentials *credentials);
// ERR_DENIED when there are none, or the service that gives them refuses; ERR_INVALID for settings or files that are
// wrong; ERR_UNAVAILABLE or ERR_TIMEOUT when the service does not answer. The sentence says where it was looked.
enum err_code aws_credentials_get(
    struct aws_credentials *credentials, struct cancel *cancel, struct aws_keys *keys, struct err *err) ERR_MUST_CHECK;
// After a server refused keys: looks at their source again, and says whether it has others now.
bool aws_credentials_changed(
    struct aws_credentials *credentials, const struct aws_keys *refused, struct cancel *cancel);

// The region of AWS_REGION, AWS_DEFAULT_REGION or the profile (NULL: AWS_PROFILE or "default"); false if none says.
#define AWS_REGION_SIZE 64
bool aws_find_region(const char *profile, char out[AWS_REGION_SIZE]);
// A variable of the environment that is set and not empty, else NULL.
const char *aws_env(const char *name);
