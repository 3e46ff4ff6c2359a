#include "kernels.h"

namespace vt {

namespace {

// Per thread: the engine's computes, and a test must not change the arithmetic of another.
bool* plain_kernels() {
  static thread_local bool plain[KERNELS] = {};
  return plain;
}

}  // namespace

bool is_plain(Kernel kernel) { return plain_kernels()[static_cast<int>(kernel)]; }

extern "C" {

void vt_use_plain(int kernel, bool plain) {
  if (kernel >= 0 && kernel < KERNELS) plain_kernels()[kernel] = plain;
}

bool vt_is_plain(int kernel) { return kernel >= 0 && kernel < KERNELS && plain_kernels()[kernel]; }

}  // extern "C"

}  // namespace vt
