// Kernels that a self-test may find wrong on a device. libtorch's plain operators stand in for them then.
#pragma once

namespace vt {

// In the order of `Kernel` in src/torch/kernels.rs.
enum class Kernel { RmsNorm, Swiglu, Rope, Attention, CrossEntropy, AdamW };
constexpr int KERNELS = 6;

// Whether plain operators compute in its place on this thread.
bool is_plain(Kernel kernel);

}  // namespace vt
