// What is known of the GPU in use.
#pragma once

#include <ATen/ATen.h>

#include <utility>

namespace vt {

// Major and minor compute capability; a process computes on one GPU.
using Capability = std::pair<int, int>;
Capability& capability();

// That of the GPU which a tensor is on, or as if on.
Capability capability_of(const at::Tensor& t);

}  // namespace vt
