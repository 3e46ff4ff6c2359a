// What operators on traced tensors would do on the device: calls, FLOP of products, bytes moved.
#pragma once

#include <ATen/ATen.h>

#include <initializer_list>

namespace vt {

// Counts a kernel of our own on traced tensors: `read` and `written`, each once; undefined ones do not count.
void count_kernel(const char* name, std::initializer_list<at::Tensor> read, std::initializer_list<at::Tensor> written);

}  // namespace vt
