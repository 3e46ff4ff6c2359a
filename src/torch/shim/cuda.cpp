// CUDA, loaded while the program runs.

#include "cuda.h"

#include "shim.h"

#include <ATen/Context.h>
#include <torch/version.h>

namespace vt {

Capability& capability() {
  static Capability of_the_gpu_in_use{0, 0};
  return of_the_gpu_in_use;
}

Capability capability_of(const Tensor& t) { return t.is_meta() ? traced_capability() : capability(); }

std::string libtorch_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&at::get_num_threads), &info) == 0 || info.dli_fname == nullptr)
    throw std::runtime_error("the loader does not say where libtorch_cpu.so lies");
  const std::string path = info.dli_fname;
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

extern "C" {

// The version of libtorch that this was compiled for; build.rs holds that it is the one in use.
const char* vt_libtorch_version() { return TORCH_VERSION; }

// Opens a library with its symbols for all; -> null or dlopen's reason.
char* vt_open_library(const char* path) {
  return guarded([&] {
    if (dlopen(path, RTLD_NOW | RTLD_GLOBAL) == nullptr) throw std::runtime_error(dlerror());
  });
}

char* vt_libtorch_folder(char** folder) {
  return guarded([&] { *folder = message(libtorch_folder()); });
}

// What the driver alone knows of GPU `index`, before any of libtorch's CUDA is loaded.
char* vt_driver_device(int index, int* count, char* name, int name_size, uint64_t* bytes, int* major, int* minor) {
  return guarded([&] {
    driver_call("cuInit", 0u);
    driver_call("cuDeviceGetCount", count);
    if (index >= *count) return;
    int device = 0;
    size_t total = 0;
    driver_call("cuDeviceGet", &device, index);
    driver_call("cuDeviceGetName", name, name_size, device);
    driver_call("cuDeviceTotalMem_v2", &total, device);
    driver_call("cuDeviceGetAttribute", major, 75, device);
    driver_call("cuDeviceGetAttribute", minor, 76, device);
    *bytes = total;
  });
}

// The newest CUDA that the driver serves: 1000 times the major and 10 times the minor number.
char* vt_driver_version(int* version) {
  return guarded([&] { driver_call("cuDriverGetVersion", version); });
}

// Whether libtorch sees CUDA. It looks once in a process, and keeps the answer.
char* vt_has_cuda(bool* seen) {
  return guarded([&] { *seen = at::globalContext().hasCUDA(); });
}

// A first allocation and computation on the GPU of this compute capability: whether it works at all.
char* vt_try_cuda(int64_t index, int major, int minor) {
  return guarded([&] {
    capability() = {major, minor};
    const auto options = at::TensorOptions(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index)));
    TORCH_CHECK(at::ones({2}, options).sum().item<float>() == 2.0f, "the GPU adds wrongly");
  });
}

}  // extern "C"

}  // namespace vt
