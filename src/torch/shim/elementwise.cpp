#include "elementwise.h"

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

}  // namespace

std::tuple<Tensor, Tensor> rms_norm_backward(const Tensor& x, const Tensor& w, const Tensor& rstd, const Tensor& gy,
                                             const Tensor& residual, bool weight_wanted) {
  if (by_loops(Kernel::RmsNorm, {&x, &w, &rstd, &gy}) && (!residual.defined() || plain_f32(residual))) {
    return rms_norm_backward_by_loops(x, w, rstd, gy, residual, weight_wanted);
  }
  if (by_fused_norm(x)) {
    auto [gx, gw] = at::_fused_rms_norm_backward(gy.contiguous(), x, {x.size(1)}, rstd, w.to(x.scalar_type()),
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
