// A trace: the code of a pass on tensors that have shapes and no numbers (libtorch's meta tensors), as if on a
// device, with the memory counted that it would take there. Everything here is of one thread.
#pragma once

#include <ATen/ATen.h>

#include <utility>

namespace vt {

// Whether a tensor is on a CPU, or traced as if on one.
bool on_cpu(const at::Tensor& t);
// The same for a GPU.
bool on_cuda(const at::Tensor& t);

// Compute capability of the GPU that is traced.
std::pair<int, int> traced_capability();

}  // namespace vt
