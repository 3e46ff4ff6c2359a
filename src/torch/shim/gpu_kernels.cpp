#include "gpu_kernels.h"

#include "cuda.h"
#include "nvrtc.h"

#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <map>

namespace vt::gpu {

namespace {

struct Entry {
  Source source;
  const char* name;
};

// Every kernel, by the source that it is in.
constexpr Entry ENTRIES[] = {
    {Source::AdamW, "adamw_bf16_bf16"},
    {Source::AdamW, "adamw_bf16_f32"},
    {Source::AdamW, "adamw_f32_bf16"},
    {Source::AdamW, "adamw_bf16_8bit"},
    {Source::AdamW, "adamw_f32_8bit"},
    {Source::Elementwise, "swiglu_f32"},
    {Source::Elementwise, "swiglu_bf16"},
    {Source::Elementwise, "swiglu_backward_f32"},
    {Source::Elementwise, "swiglu_backward_bf16"},
    {Source::Elementwise, "rope_f32"},
    {Source::Elementwise, "rope_bf16"},
    {Source::Loss, "cross_entropy_f32"},
    {Source::Loss, "cross_entropy_bf16"},
    {Source::Loss, "cross_entropy_grad_f32"},
    {Source::Loss, "cross_entropy_grad_bf16"},
    {Source::Norm, "rms_norm_f32_f32"},
    {Source::Norm, "rms_norm_bf16_bf16"},
    {Source::Norm, "rms_norm_bf16_f32"},
    {Source::Norm, "rms_norm_again_f32_f32"},
    {Source::Norm, "rms_norm_again_bf16_bf16"},
    {Source::Norm, "rms_norm_again_bf16_f32"},
    {Source::Norm, "rms_norm_backward_f32_f32"},
    {Source::Norm, "rms_norm_backward_bf16_bf16"},
    {Source::Norm, "rms_norm_backward_bf16_f32"},
};

const char* file_of(Source source) {
  switch (source) {
    case Source::AdamW:
      return "adamw.cu";
    case Source::Elementwise:
      return "elementwise.cu";
    case Source::Loss:
      return "loss.cu";
    case Source::Norm:
      return "norm.cu";
  }
  return "";
}

const Entry& entry(const std::string& name) {
  const auto* found = std::find_if(std::begin(ENTRIES), std::end(ENTRIES), [&](const Entry& e) { return name == e.name; });
  TORCH_CHECK(found != std::end(ENTRIES), "there is no kernel ", name);
  return *found;
}

// What the driver gives for a kernel.
using Function = void*;

// The kernels of a source in the driver, or why they are not.
struct Loaded {
  std::map<std::string, Function> functions;
  std::string failure;
};

// Modules are loaded into the context that libtorch computes in, which a thread may not have taken up yet.
void take_up_context(const Tensor& on) {
  void* context = nullptr;
  driver_call("cuCtxGetCurrent", &context);
  if (context != nullptr) return;
  int device = 0;
  driver_call("cuDeviceGet", &device, static_cast<int>(on.get_device()));
  driver_call("cuDevicePrimaryCtxRetain", &context, device);
  driver_call("cuCtxSetCurrent", context);
}

std::map<std::string, Function> load(Source source, const Tensor& on) {
  const c10::DeviceGuard guard(on.device());
  const auto [major, minor] = capability();
  const std::string code =
      nvrtc::machine_code(file_of(source), "sm_" + std::to_string(major) + std::to_string(minor));
  take_up_context(on);
  void* module = nullptr;
  driver_call("cuModuleLoadData", &module, static_cast<const void*>(code.data()));
  std::map<std::string, Function> functions;
  for (const Entry& e : ENTRIES) {
    if (e.source == source) driver_call("cuModuleGetFunction", &functions[e.name], module, e.name);
  }
  return functions;
}

// What was loaded, or tried. A process computes on one GPU, and on one thread.
std::map<Source, Loaded>& all_loaded() {
  static thread_local std::map<Source, Loaded> all;
  return all;
}

const Loaded& loaded(Source source, const Tensor& on) {
  const auto [found, is_new] = all_loaded().try_emplace(source);
  Loaded& of = found->second;
  if (is_new) {
    try {
      of.functions = load(source, on);
    } catch (const std::exception& error) {
      of.failure = error.what();
      TORCH_WARN("the program's own kernels of ", file_of(source), " are not used on this GPU, libtorch's operators "
                 "are, and steps are slower: ", of.failure);
    }
  }
  return of;
}

}  // namespace

bool suits(const Tensor& t) {
  return on_cuda(t) && (t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16) && t.is_contiguous();
}

bool available(Source source, const Tensor& on) { return on.is_meta() || loaded(source, on).failure.empty(); }

bool available(Source source, std::initializer_list<const Tensor*> tensors) {
  return std::all_of(tensors.begin(), tensors.end(), [](const Tensor* t) { return suits(*t); }) &&
         available(source, **tensors.begin());
}

std::string kind(const Tensor& t) { return t.scalar_type() == at::kBFloat16 ? "bf16" : "f32"; }

Grid over_elements(int64_t n) {
  constexpr int64_t MOST = 8192, EACH = 4 * THREADS;
  return {std::min(MOST, (n + EACH - 1) / EACH)};
}

void launch_with(const std::string& name, const Tensor& on, Grid grid, void** arguments) {
  const Entry& of = entry(name);
  if (on.is_meta() || grid.blocks == 0) return;
  using Launch = int(Function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);
  static auto* const start =
      reinterpret_cast<Launch*>(driver_function("cuLaunchKernel"));
  const c10::DeviceGuard guard(on.device());
  const c10::impl::VirtualGuardImpl gpu(c10::DeviceType::CUDA);
  void* const stream = gpu.getStreamNativeHandle(gpu.getStream(on.device()));
  const int status = start(loaded(of.source, on).functions.at(name), static_cast<unsigned>(grid.blocks), 1, 1, THREADS,
                           1, 1, static_cast<unsigned>(grid.shared_bytes), stream, arguments, nullptr);
  TORCH_CHECK(status == 0, "the kernel ", name, " cannot be launched with ", grid.blocks, " blocks: cuLaunchKernel answers error ",
              status);
}

extern "C" {

// Looks for NVRTC in a folder first; it is loaded at the first need, once.
void vt_search_nvrtc(const char* folder) { nvrtc::search_in(folder); }

// Why sources could not be loaded on this thread's GPU, a line each; none of those that were not needed yet.
char* vt_kernel_failures(char** lines) {
  return guarded([&] {
    std::string all;
    for (const auto& [source, of] : all_loaded()) {
      if (!of.failure.empty()) all += std::string(file_of(source)) + ": " + of.failure.substr(0, of.failure.find('\n')) + "\n";
    }
    *lines = strdup(all.c_str());
  });
}

char* vt_nvrtc_version(char** version) {
  return guarded([&] { *version = message(nvrtc::version()); });
}

// Compiles every kernel for an architecture, as a first use does; out: the kernels' names with those of their
// sources, a line each. An error where NVRTC refuses a source, or its code lacks a kernel.
char* vt_compile_kernels(const char* architecture, char** names) {
  return guarded([&] {
    std::map<Source, std::string> code;
    std::string listed;
    for (const Entry& e : ENTRIES) {
      std::string& of = code[e.source];
      if (of.empty()) of = nvrtc::machine_code(file_of(e.source), architecture);
      // The section of a kernel's instructions is named so, and its name ends with a zero.
      TORCH_CHECK(of.find(std::string(".text.") + e.name + '\0') != std::string::npos, file_of(e.source), " has no ", e.name);
      listed += std::string(file_of(e.source)) + " " + e.name + "\n";
    }
    *names = message(listed);
  });
}

}  // extern "C"

}  // namespace vt::gpu
