#include "elementwise.h"

#include "count.h"
#include "gpu_kernels.h"
#include "kernels.h"
#include "loops.h"

namespace vt {

namespace {

constexpr int64_t GRAIN = 16 * 1024;  // elements worth a thread of their own
int64_t rows_per_task(int64_t width) { return std::max<int64_t>(1, GRAIN / std::max<int64_t>(1, width)); }

at::ScalarType statistics_dtype(const Tensor& x) { return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat; }

// Whether a loop of ours computes these tensors.
bool by_loops(Kernel kernel, std::initializer_list<const Tensor*> tensors) {
  return !is_plain(kernel) &&
         std::all_of(tensors.begin(), tensors.end(), [](const Tensor* t) { return plain_f32(*t); });
}

// Whether a kernel of ours on a GPU does: tensors of one kind.
bool by_kernel(Kernel kernel, gpu::Source source, std::initializer_list<const Tensor*> tensors) {
  const auto dtype = (*tensors.begin())->scalar_type();
  return !is_plain(kernel) && gpu::available(source, tensors) &&
         std::all_of(tensors.begin(), tensors.end(), [&](const Tensor* t) { return t->scalar_type() == dtype; });
}

// The same of a norm, whose weight may be f32 beside bf16.
bool by_norm_kernel(const Tensor& w, std::initializer_list<const Tensor*> tensors) {
  const Tensor& x = **tensors.begin();
  return by_kernel(Kernel::RmsNorm, gpu::Source::Norm, tensors) && gpu::suits(w) &&
         (w.scalar_type() == x.scalar_type() || w.scalar_type() == at::kFloat);
}

std::string norm_kernel(const std::string& name, const Tensor& x, const Tensor& w) {
  return name + "_" + gpu::kind(x) + "_" + gpu::kind(w);
}

void* pointer(const Tensor& t) { return t.defined() ? t.data_ptr() : nullptr; }

// Whether libtorch's fused norm does.
bool by_fused_norm(const Tensor& x) { return on_cuda(x) && !is_plain(Kernel::RmsNorm); }

}  // namespace

std::tuple<Tensor, Tensor> rms_norm(const Tensor& x, const Tensor& w, double eps) {
  TORCH_CHECK(x.dim() == 2 && w.dim() == 1 && x.size(1) == w.size(0), "rms_norm: input ", x.sizes(),
              " does not fit weight ", w.sizes(), ", expected [T,d] and [d]");
  const int64_t rows = x.size(0), d = x.size(1);
  if (by_loops(Kernel::RmsNorm, {&x, &w})) {
    Tensor y = at::empty_like(x), rstd = at::empty({rows}, x.options());
    parallel(x, rows, rows_per_task(d), [&](int64_t begin, int64_t end) {
      loops::rms_norm(x.const_data_ptr<float>(), w.const_data_ptr<float>(), y.data_ptr<float>(),
                      rstd.data_ptr<float>(), begin, end, d, static_cast<float>(eps));
    });
    return {y, rstd};
  }
  if (by_norm_kernel(w, {&x})) {
    Tensor y = at::empty_like(x), rstd = at::empty({rows}, x.options().dtype(at::kFloat));
    gpu::launch(norm_kernel("rms_norm", x, w), x, {rows}, pointer(x), pointer(w), pointer(y), pointer(rstd), d,
                static_cast<float>(eps));
    count_kernel("rms_norm", {x, w}, {y, rstd});
    return {y, rstd};
  }
  if (by_fused_norm(x)) return at::_fused_rms_norm(x, {d}, w.to(x.scalar_type()), eps);
  const Tensor wide = x.to(statistics_dtype(x));
  const Tensor rstd = wide.square().mean(-1, true).add(eps).rsqrt();
  return {(wide * rstd).to(x.scalar_type()) * w.to(x.scalar_type()), rstd};
}

Tensor rms_norm_again(const Tensor& x, const Tensor& w, const Tensor& rstd) {
  const int64_t rows = x.size(0), d = x.size(1);
  if (by_loops(Kernel::RmsNorm, {&x, &w, &rstd})) {
    Tensor y = at::empty_like(x);
    parallel(x, rows, rows_per_task(d), [&](int64_t begin, int64_t end) {
      loops::rms_norm_again(x.const_data_ptr<float>(), w.const_data_ptr<float>(), rstd.const_data_ptr<float>(),
                            y.data_ptr<float>(), begin, end, d);
    });
    return y;
  }
  if (by_norm_kernel(w, {&x}) && gpu::suits(rstd) && rstd.scalar_type() == at::kFloat) {
    Tensor y = at::empty_like(x);
    gpu::launch(norm_kernel("rms_norm_again", x, w), x, {rows}, pointer(x), pointer(w), pointer(rstd), pointer(y), d);
    count_kernel("rms_norm_again", {x, w, rstd}, {y});
    return y;
  }
  return (x * rstd.view({-1, 1})).to(x.scalar_type()) * w.to(x.scalar_type());
}

namespace {

// Each task adds up its own gradient of w; the number of tasks does not depend on the number of
// threads, so that neither do the digits.
std::tuple<Tensor, Tensor> rms_norm_backward_by_loops(const Tensor& x, const Tensor& w, const Tensor& rstd,
                                                      const Tensor& gy, const Tensor& residual, bool weight_wanted) {
  const int64_t rows = x.size(0), d = x.size(1);
  const int64_t tasks = std::min<int64_t>(16, rows), share = tasks == 0 ? 1 : (rows + tasks - 1) / tasks;
  Tensor gx = at::empty_like(x), parts = weight_wanted ? at::zeros({tasks, d}, x.options()) : Tensor();
  parallel(x, tasks, 1, [&](int64_t first, int64_t last) {
    for (int64_t task = first; task < last; ++task) {
      loops::rms_norm_backward(x.const_data_ptr<float>(), w.const_data_ptr<float>(), rstd.const_data_ptr<float>(),
                               gy.const_data_ptr<float>(),
                               residual.defined() ? residual.const_data_ptr<float>() : nullptr, gx.data_ptr<float>(),
                               weight_wanted ? parts.data_ptr<float>() + task * d : nullptr,
                               std::min(rows, task * share), std::min(rows, (task + 1) * share), d);
    }
  });
  return {gx, weight_wanted ? parts.sum(0) : Tensor()};
}

// Shared memory that every GPU has for a block, of which a little serves other ends.
constexpr int64_t SHARED_BYTES = 48 * 1024 - 256;

// The same on a GPU, where a task is a block.
std::tuple<Tensor, Tensor> rms_norm_backward_by_kernel(const Tensor& x, const Tensor& w, const Tensor& rstd,
                                                       const Tensor& gy, const Tensor& residual, bool weight_wanted) {
  const int64_t rows = x.size(0), d = x.size(1);
  const int64_t tasks = weight_wanted ? std::min<int64_t>(512, rows) : rows;
  Tensor gx = at::empty_like(x);
  // A block whose share of the rows is empty writes zeros.
  Tensor parts = weight_wanted ? at::empty({tasks, d}, x.options().dtype(at::kFloat)) : Tensor();
  const size_t shared = weight_wanted ? static_cast<size_t>(d) * sizeof(float) : 0;
  gpu::launch(norm_kernel("rms_norm_backward", x, w), x, {tasks, shared}, pointer(x), pointer(w), pointer(rstd),
              pointer(gy), pointer(residual), pointer(gx), pointer(parts), rows, d);
  count_kernel("rms_norm_backward", {x, w, rstd, gy, residual}, {gx, parts});
  return {gx, weight_wanted ? parts.sum(0).to(w.scalar_type()) : Tensor()};
}

}  // namespace

std::tuple<Tensor, Tensor> rms_norm_backward(const Tensor& x, const Tensor& w, const Tensor& rstd, const Tensor& gy,
                                             const Tensor& residual, bool weight_wanted) {
  if (by_loops(Kernel::RmsNorm, {&x, &w, &rstd, &gy}) && (!residual.defined() || plain_f32(residual))) {
    return rms_norm_backward_by_loops(x, w, rstd, gy, residual, weight_wanted);
  }
  if (by_norm_kernel(w, {&x, &gy}) && by_norm_kernel(w, {&x, residual.defined() ? &residual : &x}) &&
      gpu::suits(rstd) && rstd.scalar_type() == at::kFloat && x.size(1) * 4 <= SHARED_BYTES) {
    return rms_norm_backward_by_kernel(x, w, rstd, gy, residual, weight_wanted);
  }
  if (by_fused_norm(x)) {
    auto [gx, gw] = at::_fused_rms_norm_backward(gy.contiguous(), x, {x.size(1)}, rstd.view({-1, 1}), w.to(x.scalar_type()),
                                                 {true, weight_wanted});
    return {residual.defined() ? gx.add_(residual) : gx, weight_wanted ? gw.to(w.scalar_type()) : Tensor()};
  }
  const auto dtype = statistics_dtype(x);
  const Tensor scale = rstd.view({-1, 1}), along = x.to(dtype) * scale, g = gy.to(dtype), wg = g * w.to(dtype);
  const Tensor gx = (scale * (wg - along * (wg * along).mean(-1, true))).to(x.scalar_type());
  return {residual.defined() ? gx + residual : gx,
          weight_wanted ? (g * along).sum(0).to(w.scalar_type()) : Tensor()};
}

Tensor swiglu(const Tensor& gate, const Tensor& up) {
  TORCH_CHECK(gate.sizes() == up.sizes(), "swiglu: gate ", gate.sizes(), " and up ", up.sizes(), " differ in shape");
  if (by_loops(Kernel::Swiglu, {&gate, &up})) {
    Tensor y = at::empty_like(gate);
    parallel(gate, gate.numel(), GRAIN, [&](int64_t begin, int64_t end) {
      loops::swiglu(gate.const_data_ptr<float>(), up.const_data_ptr<float>(), y.data_ptr<float>(), begin, end);
    });
    return y;
  }
  if (by_kernel(Kernel::Swiglu, gpu::Source::Elementwise, {&gate, &up})) {
    Tensor y = at::empty_like(gate);
    gpu::launch("swiglu_" + gpu::kind(gate), gate, gpu::over_elements(gate.numel()), pointer(gate), pointer(up),
                pointer(y), gate.numel());
    count_kernel("swiglu", {gate, up}, {y});
    return y;
  }
  return at::silu(gate).mul_(up);
}

std::tuple<Tensor, Tensor, Tensor> swiglu_backward(const Tensor& gate, const Tensor& up, Tensor gy,
                                                   bool result_wanted) {
  if (by_loops(Kernel::Swiglu, {&gate, &up, &gy})) {
    Tensor ggate = at::empty_like(gate), y = result_wanted ? at::empty_like(gate) : Tensor();
    parallel(gate, gate.numel(), GRAIN, [&](int64_t begin, int64_t end) {
      loops::swiglu_backward(gate.const_data_ptr<float>(), up.const_data_ptr<float>(), gy.const_data_ptr<float>(),
                             ggate.data_ptr<float>(), gy.data_ptr<float>(),
                             result_wanted ? y.data_ptr<float>() : nullptr, begin, end);
    });
    return {ggate, gy, y};
  }
  if (by_kernel(Kernel::Swiglu, gpu::Source::Elementwise, {&gate, &up, &gy})) {
    Tensor ggate = at::empty_like(gate), y = result_wanted ? at::empty_like(gate) : Tensor();
    gpu::launch("swiglu_backward_" + gpu::kind(gate), gate, gpu::over_elements(gate.numel()), pointer(gate),
                pointer(up), pointer(gy), pointer(ggate), pointer(gy), pointer(y), gate.numel());
    count_kernel("swiglu_backward", {gate, up, gy}, {ggate, gy, y});
    return {ggate, gy, y};
  }
  const Tensor activated = at::silu(gate);
  const Tensor ggate = at::silu_backward(gy * up, gate);
  return {ggate, gy.mul_(activated), result_wanted ? activated * up : Tensor()};
}

void rope_(Tensor& x, const Tensor& cos, const Tensor& sin, bool back) {
  TORCH_CHECK(x.dim() == 3 && cos.dim() == 2 && cos.sizes() == sin.sizes() && cos.size(0) == x.size(0) &&
                  cos.size(1) == x.size(2) && x.size(2) % 2 == 0,
              "rope: x ", x.sizes(), ", cos ", cos.sizes(), ", sin ", sin.sizes(),
              " do not fit, expected [T,H,E], [T,E], [T,E] with an even E");
  const int64_t heads = x.size(1), e = x.size(2);
  if (by_loops(Kernel::Rope, {&x, &cos, &sin})) {
    parallel(x, x.size(0), rows_per_task(heads * e), [&](int64_t begin, int64_t end) {
      loops::rope(x.data_ptr<float>(), cos.const_data_ptr<float>(), sin.const_data_ptr<float>(), begin, end, heads, e,
                  back);
    });
    return;
  }
  if (by_kernel(Kernel::Rope, gpu::Source::Elementwise, {&x}) &&
      gpu::available(gpu::Source::Elementwise, {&cos, &sin}) && cos.scalar_type() == at::kFloat &&
      sin.scalar_type() == at::kFloat) {
    gpu::launch("rope_" + gpu::kind(x), x, {x.size(0)}, pointer(x), pointer(cos), pointer(sin), x.size(0),
                static_cast<int>(heads), static_cast<int>(e / 2), back ? -1.0f : 1.0f);
    count_kernel("rope", {x, cos, sin}, {x});
    return;
  }
  const auto half = [&](const Tensor& angles) {
    return angles.narrow(1, 0, e / 2).unsqueeze(1).to(x.scalar_type());
  };
  const Tensor c = half(cos), s = back ? half(sin).neg() : half(sin);
  Tensor a = x.narrow(2, 0, e / 2), b = x.narrow(2, e / 2, e / 2);
  const Tensor rotated = a * c - b * s;
  b.copy_(b * c + a * s);
  a.copy_(rotated);
}

}  // namespace vt
