#include "trace.h"

#include "shim.h"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/library.h>

#include <algorithm>
#include <memory>
#include <mutex>

namespace vt {

namespace {

struct Memory {
  int64_t live = 0, peak = 0;

  void add(int64_t bytes) {
    live += bytes;
    peak = std::max(peak, live);
  }
};

struct Traced {
  uint64_t number = 0;  // of the trace
  bool as_gpu = false;
  std::pair<int, int> capability{0, 0};
  Memory memory;
};

Traced& traced() {
  static thread_local Traced of_this_thread;
  return of_this_thread;
}

// Gives no memory, and counts it.
class CountingAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    const int64_t rounded = round(bytes);
    traced().memory.add(rounded);
    return {nullptr, new Given{rounded, traced().number}, &release, c10::Device(c10::kMeta)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void*, const void*, size_t) const override {}

 private:
  struct Given {
    int64_t bytes;
    uint64_t trace;
  };
  // CUDA's allocator gives multiples of 512 bytes, the CPU's of 64.
  static int64_t round(size_t bytes) {
    const int64_t step = traced().as_gpu ? 512 : 64;
    return (static_cast<int64_t>(bytes) + step - 1) / step * step;
  }
  static void release(void* context) {
    auto* given = static_cast<Given*>(context);
    // A tensor of an earlier trace is not counted in this one.
    if (given->trace == traced().number) traced().memory.add(-given->bytes);
    delete given;
  }
};

// What libtorch reports of the CPU's memory on this thread.
class Reported : public c10::MemoryReportingInfoBase {
 public:
  Memory memory;
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device device) override {
    if (device.is_cpu()) memory.add(bytes);
  }
  bool memoryProfilingEnabled() const override { return true; }
};

struct Measured {
  std::shared_ptr<Reported> reported = std::make_shared<Reported>();
  c10::DebugInfoGuard guard{c10::DebugInfoKind::PROFILER_STATE, reported};
};

std::unique_ptr<Measured>& measured() {
  static thread_local std::unique_ptr<Measured> of_this_thread;
  return of_this_thread;
}

// Shapes of operators that have no meta kernel in C++.

// Of an H100; more of them take a little more memory in the backward of flash attention.
constexpr int64_t MULTIPROCESSORS = 132;

Tensor index_select(const Tensor& self, int64_t dim, const Tensor& index) {
  std::vector<int64_t> size = self.sizes().vec();
  size[at::maybe_wrap_dim(dim, self.dim())] = index.numel();
  return at::empty(size, self.options());
}

std::vector<int64_t> where_size(const Tensor& condition, const Tensor& self, const Tensor& other) {
  return at::infer_size(at::infer_size(condition.sizes(), self.sizes()), other.sizes());
}

Tensor where(const Tensor& condition, const Tensor& self, const Tensor& other) {
  return at::empty(where_size(condition, self, other), (self.dim() == 0 ? other : self).options());
}

Tensor& where_out(const Tensor& condition, const Tensor& self, const Tensor& other, Tensor& out) {
  out.resize_(where_size(condition, self, other));
  return out;
}

Tensor& abs_out(const Tensor& self, Tensor& out) {
  out.resize_(self.sizes());
  return out;
}

Tensor bucketize(const Tensor& self, const Tensor&, bool as_int32, bool) {
  return at::empty(self.sizes(), self.options().dtype(as_int32 ? at::kInt : at::kLong));
}

Tensor& addmm_dtype_out(const Tensor&, const Tensor&, const Tensor&, at::ScalarType, const at::Scalar&,
                        const at::Scalar&, Tensor& out) {
  return out;
}

std::tuple<Tensor, Tensor> fused_rms_norm_backward(const Tensor&, const Tensor& input, at::IntArrayRef, const Tensor&,
                                                   const std::optional<Tensor>& weight, std::array<bool, 2> mask) {
  return {at::empty_like(input), mask[1] ? at::empty_like(*weight) : Tensor()};
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> flash_forward(
    const Tensor& q, const Tensor&, const Tensor&, const std::optional<Tensor>& cu, const std::optional<Tensor>&, int64_t,
    int64_t, double, bool, bool, std::optional<double>, std::optional<int64_t>, std::optional<int64_t>,
    const std::optional<Tensor>&, const std::optional<Tensor>&) {
  const auto rng = q.options().dtype(at::kUInt64);
  return {at::empty_like(q), at::empty({q.size(1), q.size(0)}, q.options().dtype(at::kFloat)), at::empty({2}, rng),
          at::empty({}, rng), at::empty({0}, q.options())};
}

// Beside the gradients: the queries' in f32, with room for 128 tokens more in each document, a sum per token and
// head, and keys and values of every query head where several share one (flash-attention 2, mha_varlen_bwd).
std::tuple<Tensor, Tensor, Tensor> flash_backward(const Tensor&, const Tensor& q, const Tensor& k, const Tensor& v,
                                                  const Tensor&, const Tensor&, const Tensor& cu, const Tensor&, int64_t,
                                                  int64_t, double, bool, const Tensor&, const Tensor&,
                                                  std::optional<double>, std::optional<int64_t>,
                                                  std::optional<int64_t>) {
  const Tensor gq = at::empty_like(q), gk = at::empty_like(k), gv = at::empty_like(v);
  const int64_t rows = q.size(0) + 128 * (cu.size(0) - 1), width = (q.size(2) + 31) / 32 * 32;
  const auto wide = q.options().dtype(at::kFloat);
  const Tensor sums = at::empty({q.size(1), rows}, wide), accumulated = at::empty({rows, q.size(1), width}, wide);
  // Deterministic: each of the blocks that share the queries of a document and head adds up by itself.
  const int64_t tasks = std::max<int64_t>(1, (cu.size(0) - 1) * q.size(1));
  const int64_t others = (MULTIPROCESSORS + tasks - 1) / tasks - 1;
  const Tensor accumulated_by_others = at::empty({others, rows, q.size(1), width}, wide);
  const bool shared = q.size(1) != k.size(1);
  const Tensor each_gk = shared ? at::empty({k.size(0), q.size(1), q.size(2)}, k.options()) : Tensor();
  const Tensor each_gv = shared ? at::empty_like(each_gk) : Tensor();
  return {gq, gk, gv};
}

void fused_adamw_(at::TensorList, at::TensorList, at::TensorList, at::TensorList, at::TensorList, at::TensorList, double,
                  double, double, double, double, bool, bool, const std::optional<Tensor>&,
                  const std::optional<Tensor>&) {}

std::tuple<Tensor, Tensor> cpu_flash_forward(const Tensor& q, const Tensor&, const Tensor&, double, bool,
                                             const std::optional<Tensor>&, std::optional<double>) {
  const auto wide = q.options().dtype(q.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
  return {at::empty(q.sizes(), q.options()), at::empty({q.size(0), q.size(1), q.size(2)}, wide)};
}

std::tuple<Tensor, Tensor, Tensor> cpu_flash_backward(const Tensor&, const Tensor& q, const Tensor& k, const Tensor& v,
                                                      const Tensor&, const Tensor&, double, bool,
                                                      const std::optional<Tensor>&, std::optional<double>) {
  return {at::empty(q.sizes(), q.options()), at::empty(k.sizes(), k.options()), at::empty(v.sizes(), v.options())};
}

TORCH_LIBRARY_IMPL(aten, Meta, library) {
  library.impl("index_select", index_select);
  library.impl("where.self", where);
  library.impl("where.self_out", where_out);
  library.impl("abs.out", abs_out);
  library.impl("bucketize.Tensor", bucketize);
  library.impl("addmm.dtype_out", addmm_dtype_out);
  library.impl("_fused_rms_norm_backward", fused_rms_norm_backward);
  library.impl("_flash_attention_forward", flash_forward);
  library.impl("_flash_attention_backward", flash_backward);
  library.impl("_fused_adamw_", fused_adamw_);
  library.impl("_scaled_dot_product_flash_attention_for_cpu", cpu_flash_forward);
  library.impl("_scaled_dot_product_flash_attention_for_cpu_backward", cpu_flash_backward);
}

}  // namespace

bool on_cpu(const Tensor& t) { return t.is_cpu() || (t.is_meta() && !traced().as_gpu); }
bool on_cuda(const Tensor& t) { return t.is_cuda() || (t.is_meta() && traced().as_gpu); }
std::pair<int, int> traced_capability() { return traced().capability; }

extern "C" {

// Traces as if on a CPU (capability 0.0) or a GPU from now on; nothing is counted yet.
void vt_trace(int major, int minor) {
  static CountingAllocator allocator;
  static std::once_flag once;
  std::call_once(once, [] { c10::SetAllocator(c10::kMeta, &allocator, /*priority=*/10); });
  traced() = Traced{traced().number + 1, major > 0, {major, minor}, {}};
}

// Bytes that traced tensors of this thread take now, and at most since the last call.
void vt_traced_memory(int64_t* live, int64_t* peak) {
  Memory& memory = traced().memory;
  *live = memory.live;
  *peak = memory.peak;
  memory.peak = memory.live;
}

// A tensor of that shape that is traced, of the kind of another.
char* vt_traced_tensor(Tensor** out, const int64_t* size, int64_t dims, const Tensor* of_kind) {
  return guarded([&] {
    const auto options = at::TensorOptions(at::kMeta).dtype(of_kind->scalar_type());
    *out = give(at::empty(at::IntArrayRef(size, dims), options));
  });
}

// The tensor on the device of another.
char* vt_beside(Tensor** out, const Tensor* tensor, const Tensor* other) {
  return without_graph([&] { *out = give(upload(*tensor, other->device())); });
}

// A tensor of that shape, filled with a number, of the kind of one tensor and on the device of another.
char* vt_full_beside(Tensor** out, const int64_t* size, int64_t dims, double value, const Tensor* of_kind,
                     const Tensor* other) {
  return without_graph([&] {
    const auto options = other->options().dtype(of_kind->scalar_type()).requires_grad(false);
    *out = give(at::full(at::IntArrayRef(size, dims), value, options));
  });
}

// Counts the CPU's memory that this thread takes, from now on until the peak is asked for.
void vt_measure_memory() { measured() = std::make_unique<Measured>(); }
int64_t vt_measured_peak() {
  const int64_t peak = measured() ? measured()->reported->memory.peak : 0;
  measured().reset();
  return peak;
}

}  // extern "C"

}  // namespace vt
