// XXH64 (Yann Collet, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md): at memory speed, so that a file
// can be checked each time it is mapped. Finds damage, not malice.
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t vector_checksum(const void *bytes, size_t size, uint64_t seed);
