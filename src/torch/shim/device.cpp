// Devices: loading CUDA when the program starts, memory of the device allocator, determinism.

#include "shim.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>

#include <dlfcn.h>

#include <cstdlib>

namespace vt {

namespace {

c10::DeviceAllocator* cuda_allocator() { return c10::getDeviceAllocator(c10::DeviceType::CUDA); }

c10::CachingDeviceAllocator::Stat allocated(int64_t index) {
  constexpr auto all = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return cuda_allocator()->getDeviceStats(static_cast<c10::DeviceIndex>(index)).allocated_bytes[all];
}

}  // namespace

extern "C" {

void vt_free(char* text) { std::free(text); }

// Opens a library with its symbols for all; -> null or dlopen's reason.
char* vt_open_library(const char* path) {
  return guarded([&] {
    if (dlopen(path, RTLD_NOW | RTLD_GLOBAL) == nullptr) throw std::runtime_error(dlerror());
  });
}

// The folder of libtorch_cpu.so, as it was loaded.
char* vt_libtorch_folder(char** folder) {
  return guarded([&] {
    Dl_info info;
    if (dladdr(reinterpret_cast<void*>(&at::get_num_threads), &info) == 0 || info.dli_fname == nullptr)
      throw std::runtime_error("the loader does not say where libtorch_cpu.so lies");
    const std::string path = info.dli_fname;
    const auto slash = path.rfind('/');
    *folder = message(slash == std::string::npos ? "." : path.substr(0, slash));
  });
}

// What the driver alone knows of GPU `index`, before any of libtorch's CUDA is loaded.
char* vt_driver_device(int index, int* count, char* name, int name_size, uint64_t* bytes, int* major, int* minor) {
  return guarded([&] {
    void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
    if (driver == nullptr) throw std::runtime_error(dlerror());
    const auto call = [&](const char* symbol, auto... arguments) {
      auto* f = reinterpret_cast<int (*)(decltype(arguments)...)>(dlsym(driver, symbol));
      if (f == nullptr) throw std::runtime_error(std::string("the NVIDIA driver has no ") + symbol);
      const int status = f(arguments...);
      if (status != 0) throw std::runtime_error(std::string(symbol) + " answers error " + std::to_string(status));
    };
    call("cuInit", 0u);
    call("cuDeviceGetCount", count);
    if (index >= *count) return;
    int device = 0;
    size_t total = 0;
    call("cuDeviceGet", &device, index);
    call("cuDeviceGetName", name, name_size, device);
    call("cuDeviceTotalMem_v2", &total, device);
    call("cuDeviceGetAttribute", major, 75, device);
    call("cuDeviceGetAttribute", minor, 76, device);
    *bytes = total;
  });
}

// A first allocation and computation on the GPU: whether it works at all.
char* vt_try_cuda(int64_t index) {
  return guarded([&] {
    const auto options = at::TensorOptions(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index)));
    TORCH_CHECK(at::ones({2}, options).sum().item<float>() == 2.0f, "the GPU adds wrongly");
  });
}

// Threads, and the same digits on every run: deterministic kernels where there is a choice.
char* vt_prepare(int64_t threads) {
  return guarded([&] {
    at::set_num_threads(static_cast<int>(threads));
    auto& context = at::globalContext();
    context.setDeterministicAlgorithms(true, /*warn_only=*/true);
    context.setDeterministicFillUninitializedMemory(false);
    context.setBenchmarkCuDNN(false);
  });
}

char* vt_memory_in_use(int64_t index, int64_t* bytes) {
  return guarded([&] { *bytes = allocated(index).current; });
}

char* vt_memory_peak(int64_t index, int64_t* bytes) {
  return guarded([&] { *bytes = allocated(index).peak; });
}

char* vt_reset_peak(int64_t index) {
  return guarded([&] { cuda_allocator()->resetPeakStats(static_cast<c10::DeviceIndex>(index)); });
}

char* vt_empty_cache() {
  return guarded([&] { cuda_allocator()->emptyCache(); });
}

char* vt_synchronize(int64_t index) {
  return guarded([&] { at::detail::getCUDAHooks().deviceSynchronize(static_cast<c10::DeviceIndex>(index)); });
}

}  // extern "C"

}  // namespace vt
