#pragma once

// One build of a loop per instruction set, chosen when the program starts: the binary runs on
// every x86-64. Such a loop must be a function of its own, since a lambda is not cloned.
#if defined(__x86_64__) && defined(__linux__)
#define VT_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VT_CLONES
#endif
