#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/xml.h"
#include "net/aws_credentials_internal.h"
#include "net/http_client.h"
#include "os/file.h"

// Of Amazon's own clients: the agent of ECS and that of EKS.
#define ECS_ADDRESS "http://169.254.170.2"
#define CALL_TIMEOUT_MS 10000
#define TOKEN_FILE_MAX ((size_t)64 << 10)
#define ANSWER_MAX ((uint64_t)256 << 10)

static const struct retry_policy patience = {
    .attempts = 3, .first_delay_ms = 200, .most_delay_ms = 2000, .total_ms = CALL_TIMEOUT_MS};

// A secret in a file, without the line's end; to be freed.
static enum err_code read_token(const char *path, char **token, struct err *err)
{
    size_t size;
    enum err_code code = file_read(path, TOKEN_FILE_MAX, token, &size, err);
    if (code != ERR_NONE)
        return code;
    (*token)[strcspn(*token, "\r\n")] = '\0';
    if ((*token)[0] != '\0')
        return ERR_NONE;
    free(*token);
    *token = NULL;
    return err_set(err, ERR_INVALID, "%s is empty", path);
}

static enum err_code ask(
    const struct http_call *call, bool near, const char *ca_file, struct cancel *cancel, char **body, struct err *err)
{
    struct http_client *client = NULL;
    struct http_answer answer = {0};
    const struct http_client_options options = {
        .allow_private = true, .proxy = near ? "" : NULL, .ca_file = ca_file, .connect_timeout_ms = 2000};
    enum err_code code = http_client_new(&options, &client, err);
    if (code == ERR_NONE)
        code = http_client_send(client, call, cancel, &answer, err);
    if (code == ERR_NONE)
        code = http_answer_check(&answer, call->url, err);
    if (code == ERR_NONE) {
        *body = answer.body;
        answer.body = NULL;
    }
    http_answer_release(&answer);
    http_client_free(client);
    return code;
}

static enum err_code take_found(
    const char *id, const char *secret, const char *token, const char *end, struct aws_found *found, struct err *err)
{
    *found = (struct aws_found){0};
    enum err_code code = aws_take_text("the key's id", id, found->keys.id, sizeof(found->keys.id), err);
    if (code == ERR_NONE)
        code = aws_take_text("the secret key", secret, found->keys.secret, sizeof(found->keys.secret), err);
    if (code == ERR_NONE && token[0] != '\0')
        code = aws_take_text("the session token", token, found->keys.token, sizeof(found->keys.token), err);
    if (code == ERR_NONE && end[0] != '\0' && !clock_parse(end, &found->end_us))
        code = err_set(err, ERR_CORRUPT, "\"%.40s\" is no time at which keys could end", end);
    return code;
}

// ---- the container's endpoint

// Plain HTTP is for what lies on this machine only: the token and the keys would be read on the way.
static bool is_near(const char *url)
{
    static const char *const hosts[] = {
        "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", NULL};
    if (strncmp(url, "http://", 7) != 0)
        return false;
    const char *host = url + 7;
    size_t length = host[0] == '[' ? strcspn(host, "]/?#") + 1 : strcspn(host, ":/?#");
    // What stands before an '@' is a name and a password, whatever it looks like.
    if (memchr(host, '@', strcspn(host, "/?#")) != NULL)
        return false;
    for (size_t i = 0; hosts[i] != NULL; i++) {
        if (strlen(hosts[i]) == length && strncmp(host, hosts[i], length) == 0)
            return true;
    }
    return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == length;
}

static enum err_code container_url(char **url, struct err *err)
{
    const char *relative = aws_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = aws_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (relative != NULL) {
        *url = mem_sprintf(ECS_ADDRESS "%s%s", relative[0] == '/' ? "" : "/", relative);
        return ERR_NONE;
    }
    if (strncmp(full, "https://", 8) != 0 && !is_near(full))
        return err_set(err, ERR_INVALID,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI must be an https address, or one of this machine or its container "
            "agent");
    *url = mem_strdup(full);
    return ERR_NONE;
}

static enum err_code parse_container(const char *body, struct aws_found *found, struct err *err)
{
    json_t *o = NULL;
    const char *id = NULL, *secret = NULL, *token = NULL, *end = NULL;
    enum err_code code = json_parse(body, strlen(body), NULL, &o, err);
    if (code == ERR_NONE)
        code = json_get_string(o, "AccessKeyId", &id, err);
    if (code == ERR_NONE)
        code = json_get_string(o, "SecretAccessKey", &secret, err);
    if (code == ERR_NONE)
        code = json_opt_string(o, "Token", &token, err);
    if (code == ERR_NONE)
        code = json_opt_string(o, "Expiration", &end, err);
    if (code == ERR_NONE)
        code = take_found(id, secret, token != NULL ? token : "", end != NULL ? end : "", found, err);
    json_decref(o);
    return code;
}

enum err_code aws_keys_from_container(
    const char *ca_file, struct cancel *cancel, struct aws_found *found, struct err *err)
{
    const char *file = aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *text = aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    char *url = NULL;
    char *token = file == NULL ? mem_strdup(text) : NULL;
    char *body = NULL;
    enum err_code code = container_url(&url, err);
    if (code == ERR_NONE && file != NULL)
        code = read_token(file, &token, err);
    if (code == ERR_NONE) {
        const struct http_header headers[] = {{"Accept", "application/json"}, {"Authorization", token}};
        const struct http_call call = {.url = url,
            .headers = headers,
            .header_count = token != NULL ? 2 : 1,
            .timeout_ms = CALL_TIMEOUT_MS,
            .answer_limit_bytes = ANSWER_MAX,
            .retry = &patience};
        code = ask(&call, is_near(url), ca_file, cancel, &body, err);
    }
    if (code == ERR_NONE)
        code = parse_container(body, found, err);
    free(url);
    free(token);
    free(body);
    return code == ERR_NONE ? code : err_context(err, "the container's endpoint gives no keys");
}

// ---- web identity

struct sts_answer {
    struct strbuf id, secret, token, end;
};

static enum err_code take_field(void *context, const char *path, const char *text, struct err *err)
{
    struct sts_answer *answer = context;
    const char *prefix = "AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials/";
    (void)err;
    if (strncmp(path, prefix, strlen(prefix)) != 0)
        return ERR_NONE;
    path += strlen(prefix);
    struct strbuf *place = strcmp(path, "AccessKeyId") == 0 ? &answer->id
        : strcmp(path, "SecretAccessKey") == 0              ? &answer->secret
        : strcmp(path, "SessionToken") == 0                 ? &answer->token
        : strcmp(path, "Expiration") == 0                   ? &answer->end
                                                            : NULL;
    if (place != NULL)
        strbuf_adds(place, text);
    return ERR_NONE;
}

static enum err_code parse_sts(const char *body, struct aws_found *found, struct err *err)
{
    struct sts_answer answer;
    struct strbuf *const fields[] = {&answer.id, &answer.secret, &answer.token, &answer.end};
    for (size_t i = 0; i < 4; i++)
        strbuf_init(fields[i]);
    enum err_code code = xml_walk(body, strlen(body), take_field, &answer, err);
    if (code == ERR_NONE)
        code = take_found(answer.id.data, answer.secret.data, answer.token.data, answer.end.data, found, err);
    for (size_t i = 0; i < 4; i++)
        strbuf_release(fields[i]);
    return code;
}

static void add_pair(struct strbuf *form, const char *name, const char *value)
{
    strbuf_addf(form, "%s%s=", form->size > 0 ? "&" : "", name);
    http_url_encode(form, value);
}

enum err_code aws_keys_from_web_identity(
    const char *region, const char *ca_file, struct cancel *cancel, struct aws_found *found, struct err *err)
{
    const char *endpoint = aws_env("AWS_ENDPOINT_URL_STS");
    const char *role = aws_env("AWS_ROLE_ARN");
    const char *session = aws_env("AWS_ROLE_SESSION_NAME");
    char *token = NULL;
    char *body = NULL;
    struct strbuf form;
    strbuf_init(&form);
    char *url = endpoint != NULL
        ? mem_strdup(endpoint)
        : mem_sprintf("https://sts.%s.amazonaws.com%s/", region, strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
    enum err_code code = read_token(aws_env("AWS_WEB_IDENTITY_TOKEN_FILE"), &token, err);
    if (code == ERR_NONE) {
        add_pair(&form, "Action", "AssumeRoleWithWebIdentity");
        add_pair(&form, "Version", "2011-06-15");
        add_pair(&form, "RoleArn", role);
        add_pair(&form, "RoleSessionName", session != NULL ? session : "framehound");
        add_pair(&form, "WebIdentityToken", token);
        const struct http_header headers[] = {{"Content-Type", "application/x-www-form-urlencoded"}};
        const struct http_call call = {.method = HTTP_POST,
            .url = url,
            .headers = headers,
            .header_count = 1,
            .body = form.data,
            .body_size = form.size,
            .timeout_ms = CALL_TIMEOUT_MS,
            .answer_limit_bytes = ANSWER_MAX,
            .retry = &patience,
            .repeatable = true};
        code = ask(&call, is_near(url), ca_file, cancel, &body, err);
    }
    if (code == ERR_NONE)
        code = parse_sts(body, found, err);
    strbuf_release(&form);
    free(url);
    free(token);
    free(body);
    return code == ERR_NONE ? code : err_context(err, "the security token service gives no keys for %s", role);
}
