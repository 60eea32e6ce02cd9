// What this process uses and may use. Values that the system does not tell are 0. Safe from all threads.
#pragma once

#include <stdint.h>

// Resident memory now, and at most so far.
uint64_t proc_rss_bytes(void);
uint64_t proc_peak_rss_bytes(void);
// Processor time of all threads since the start, user and system.
int64_t proc_cpu_us(void);
// Of the calling thread.
int64_t proc_thread_cpu_us(void);
// Processors this process may really use, at least 1: affinity and the control group's quota (rounded up) count.
int proc_cpu_count(void);
// Memory this process may use: the control group's limit or the machine's memory, whichever is less.
uint64_t proc_memory_limit_bytes(void);
// Open file descriptors, and how many there may be (the soft limit).
int proc_open_files(void);
int proc_open_files_max(void);
// Raises the soft limit of open files to the hard one; returns what holds now.
int proc_raise_open_files(void);
