// The inner loops, compiled for several generations of processors and chosen when the program starts. Internal to
// vision/.
#pragma once

// Clones need the dynamic loader's indirect functions, and run before a sanitizer is ready.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) &&            \
    !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define KERNEL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define KERNEL_CLONES
#endif
