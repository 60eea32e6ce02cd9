// Only in builds with a sanitizer: what the inference library, which is not built with it, needs to run under one.
#include <dlfcn.h>

// Found by the sanitizer by its name.
const char *__tsan_default_suppressions(void); // NOLINT(bugprone-reserved-identifier)

// The library's thread pool loads a helper with RTLD_DEEPBIND, which AddressSanitizer refuses by ending the process;
// the helper works as well without that flag.
void *dlopen(const char *file, int mode)
{
    void *(*next)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
    return next(file, mode & ~RTLD_DEEPBIND);
}

// ThreadSanitizer does not see the atomics of code that is not built with it, and so takes every handing over of memory
// between the library's own threads for a race.
const char *__tsan_default_suppressions(void)
{
    return "race:libopenvino\n"
           "race:libtbb\n"
           "mutex:libopenvino\n"
           "deadlock:libopenvino\n";
}
