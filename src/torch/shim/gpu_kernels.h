// Our kernels on a GPU (gpu_kernels/): compiled by NVRTC for the one at hand when they are first needed, once in a
// process. Where that fails libtorch's operators compute, with a warning that says why.
#pragma once

#include "gpu_kernels/threads.h"
#include "shim.h"

namespace vt::gpu {

// The sources, each compiled by itself.
enum class Source { AdamW, Elementwise, Loss, Norm };

// Whether kernels of ours may walk this tensor: on a GPU, or traced as if, f32 or bf16, row after row.
bool suits(const Tensor& t);

// Whether the kernels of a source can be launched on the GPU of a tensor; a trace counts on it.
bool available(Source source, const Tensor& on);

// Both of them, for several tensors.
bool available(Source source, std::initializer_list<const Tensor*> tensors);

// "f32" or "bf16", as the names of kernels have it.
std::string kind(const Tensor& t);

struct Grid {
  int64_t blocks;
  size_t shared_bytes = 0;
};

// Blocks for n elements, four to a thread; beyond some thousand of them threads take more.
Grid over_elements(int64_t n);

// Launches a kernel on the current stream of the GPU of a tensor, or checks its name alone in a trace. The
// arguments are those of the kernel, to the type.
void launch_with(const std::string& name, const Tensor& on, Grid grid, void** arguments);

template <typename... Arguments>
void launch(const std::string& name, const Tensor& on, Grid grid, Arguments... arguments) {
  void* pointers[] = {&arguments...};
  launch_with(name, on, grid, pointers);
}

}  // namespace vt::gpu
