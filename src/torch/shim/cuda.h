// What is known of the GPU in use.
#pragma once

#include <utility>

namespace vt {

// Major and minor compute capability; a process computes on one GPU.
using Capability = std::pair<int, int>;
Capability& capability();

}  // namespace vt
