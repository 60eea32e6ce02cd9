// FFmpeg's own messages: broken files make it print thousands, so none is printed. The last error of each thread is
// kept to say in our own sentence what was wrong. Here also goes what else is set once for the process.
#include <errno.h>
#include <libavutil/mem.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/log.h>

#include "media/source.h"

// Of one allocation: twice a picture of the largest size and depth, and more than any index that mp4_tables.h lets
// pass.
#define ALLOCATION_MAX ((size_t)1 << 30)

static _Thread_local char last_message[160];

__attribute__((format(printf, 3, 0))) static void keep_last(void *object, int level, const char *format, va_list args)
{
    (void)object;
    if (level > AV_LOG_ERROR)
        return;
    char message[sizeof(last_message)];
    vsnprintf(message, sizeof(message), format, args);
    size_t length = strcspn(message, "\r\n");
    if (length == 0)
        return;
    while (length > 0 && (message[length - 1] == '.' || message[length - 1] == ' '))
        length--;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)message[i] < 0x20 || (unsigned char)message[i] >= 0x7F)
            message[i] = '?';
    }
    message[length] = '\0';
    memcpy(last_message, message, length + 1);
}

static void install(void)
{
    av_log_set_callback(keep_last);
    av_max_alloc(ALLOCATION_MAX);
}

void media_log_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
}

const char *media_log_last(void)
{
    return last_message;
}

void media_log_clear(void)
{
    last_message[0] = '\0';
}

enum err_code media_error(struct err *err, int rc, const char *what, const char *path)
{
    int errno_value = AVUNERROR(rc);
    // The libraries' own codes are four letters, far above any errno.
    if (errno_value > 0 && errno_value < 4096 && errno_value != EINVAL)
        return err_set_errno(err, errno_value, "cannot %s %s", what, path);
    return err_set(err, ERR_INTERNAL, "cannot %s %s: %s", what, path, av_err2str(rc));
}
