// What is known of the GPU in use.
#pragma once

#include <ATen/ATen.h>

#include <dlfcn.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace vt {

// Major and minor compute capability; a process computes on one GPU.
using Capability = std::pair<int, int>;
Capability& capability();

// That of the GPU which a tensor is on, or as if on.
Capability capability_of(const at::Tensor& t);

// The folder of libtorch_cpu.so, as it was loaded.
std::string libtorch_folder();

// A function of the driver's library, which is loaded at the first call.
template <typename... Arguments>
auto* driver_function(const char* symbol, Arguments...) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
  if (driver == nullptr) throw std::runtime_error(dlerror());
  auto* f = reinterpret_cast<int (*)(Arguments...)>(dlsym(driver, symbol));
  if (f == nullptr) throw std::runtime_error(std::string("the NVIDIA driver has no ") + symbol);
  return f;
}

// Calls one; an answer that is not 0 is an error.
template <typename... Arguments>
void driver_call(const char* symbol, Arguments... arguments) {
  const int status = driver_function(symbol, arguments...)(arguments...);
  if (status != 0) throw std::runtime_error(std::string(symbol) + " answers error " + std::to_string(status));
}

}  // namespace vt
