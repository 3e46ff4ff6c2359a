#pragma once

namespace vt::gpu {

// Threads of every block.
constexpr int THREADS = 256;

}  // namespace vt::gpu
