// Memory of the device allocator, threads, determinism, warnings.

#include "shim.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>

#include <cstdlib>

namespace vt {

namespace {

c10::DeviceAllocator* cuda_allocator() { return c10::getDeviceAllocator(c10::DeviceType::CUDA); }

c10::CachingDeviceAllocator::Stat allocated(int64_t index) {
  constexpr auto all = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return cuda_allocator()->getDeviceStats(static_cast<c10::DeviceIndex>(index)).allocated_bytes[all];
}

class Warnings : public c10::WarningHandler {
 public:
  void (*sink)(const char*) = nullptr;
  void process(const c10::Warning& warning) override { sink(warning.msg().c_str()); }
};

}  // namespace

extern "C" {

void vt_free(char* text) { std::free(text); }

// Hands the text of each warning of this thread to `sink`, from now on.
void vt_on_warning(void (*sink)(const char*)) {
  static thread_local Warnings warnings;
  warnings.sink = sink;
  c10::WarningUtils::set_warning_handler(&warnings);
}

// Threads, and the same digits on every run: deterministic kernels where there is a choice, and an error
// where there is none. With warn_only, the backward of flash attention would add atomically.
char* vt_prepare(int64_t threads) {
  return guarded([&] {
    at::set_num_threads(static_cast<int>(threads));
    auto& context = at::globalContext();
    context.setDeterministicAlgorithms(true, /*warn_only=*/false);
    context.setDeterministicFillUninitializedMemory(false);
    context.setBenchmarkCuDNN(false);
    // cuDNN's attention builds a graph for each length of the keys, which grow with each generated token.
    context.setSDPUseCuDNN(false);
  });
}

// Kernels that have no deterministic form warn from now on in place of failing.
char* vt_allow_nondeterminism() {
  return guarded([&] { at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true); });
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
