#include <stdlib.h>
#include <string.h>

#include "blob_store/blob_s3_internal.h"

static const char *const addressing_names[] = {"auto", "path", "virtual", NULL};

static const char *const media_names[] = {"proxied", "presigned", NULL};

static const struct option_spec options_list[] = {
    {.name = "blob-store",
        .type = OPTION_STRING,
        .value_name = "ADDRESS",
        .help = "Where videos and pictures are kept: s3://BUCKET/PREFIX; by default in the data folder."},
    {.name = "media",
        .type = OPTION_ENUM,
        .choices = media_names,
        .fallback = "proxied",
        .help = "How browsers get what is in a bucket: through this server, or presigned, from the S3 server itself."},
    {.name = "media-link-valid",
        .type = OPTION_DURATION,
        .fallback = "6h",
        .least = "1m",
        .most = "7d",
        .help = "How long a presigned address may be used."},
    {.name = "s3-endpoint",
        .type = OPTION_STRING,
        .value_name = "URL",
        .help = "The S3 server, http://HOST:PORT; by default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or Amazon's."},
    {.name = "s3-public-endpoint",
        .type = OPTION_STRING,
        .value_name = "URL",
        .help = "The S3 server as browsers reach it, for --media presigned; by default the same."},
    {.name = "s3-region",
        .type = OPTION_STRING,
        .value_name = "NAME",
        .help = "Region of the bucket; by default AWS_REGION, AWS_DEFAULT_REGION, the profile's, or us-east-1."},
    {.name = "s3-addressing",
        .type = OPTION_ENUM,
        .choices = addressing_names,
        .fallback = "auto",
        .help = "Whether the bucket's name is in the path or in front of the host; auto: as Amazon wants it there, in "
                "the path elsewhere."},
    {.name = "s3-ca-file",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "Certificates of the authorities that the S3 server is trusted by, instead of the system's."},
    {.name = "s3-profile",
        .type = OPTION_STRING,
        .value_name = "NAME",
        .help = "Profile of the shared credentials file to take the keys from, whatever the environment says."},
    {.name = "s3-credentials-file",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "File of the same form, instead of ~/.aws/credentials."},
    {.name = "s3-part-size",
        .type = OPTION_SIZE,
        .fallback = "16M",
        .least = "5M",
        .most = "1G",
        .help = "Files above this size are sent in parts of it."},
    {.name = "s3-attempts",
        .type = OPTION_INT,
        .fallback = "6",
        .least = "1",
        .most = "20",
        .help = "How often a request is sent at most when the S3 server does not answer or is too busy."},
};
const struct option_table blob_store_options = {.title = "Where videos and pictures are kept (docs/distributed.md)",
    .options = options_list,
    .count = sizeof(options_list) / sizeof(options_list[0])};

void blob_store_s3_settings_read(const struct options *options, struct blob_store_s3_options *out)
{
    out->location = options_string(options, "blob-store");
    out->link_valid_s = options_duration_us(options, "media-link-valid") / 1000000;
    out->endpoint = options_string(options, "s3-endpoint");
    if (out->endpoint == NULL)
        out->endpoint = aws_env("AWS_ENDPOINT_URL_S3");
    if (out->endpoint == NULL)
        out->endpoint = aws_env("AWS_ENDPOINT_URL");
    out->public_endpoint = options_string(options, "s3-public-endpoint");
    out->region = options_string(options, "s3-region");
    out->addressing = (enum s3_addressing)options_enum(options, "s3-addressing");
    out->ca_file = options_string(options, "s3-ca-file");
    out->profile = options_string(options, "s3-profile");
    out->credentials_file = options_string(options, "s3-credentials-file");
    out->part_bytes = options_size_bytes(options, "s3-part-size");
    out->retry = (struct retry_policy){.attempts = (int)options_int(options, "s3-attempts"),
        .first_delay_ms = 200,
        .most_delay_ms = 8000,
        .total_ms = 60000};
}
