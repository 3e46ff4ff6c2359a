// What the optimizer needs from libtorch and tch does not bind.

#include "kernels.h"
#include "loops.h"
#include "shim.h"

#include <cmath>

namespace vt {

namespace {

// The integer hash of loops.cpp by tensor operations, on values below 2^32 held in int64.
Tensor mixed(Tensor x) {
  constexpr int64_t MASK = 0xffffffff;
  x = x.bitwise_xor(x.bitwise_right_shift(16));
  x = x.mul_(0x7feb352d).bitwise_and_(MASK);
  x = x.bitwise_xor(x.bitwise_right_shift(15));
  x = x.mul_(static_cast<int64_t>(0x846ca68b)).bitwise_and_(MASK);
  return x.bitwise_xor(x.bitwise_right_shift(16));
}

// Elements [from, from+length) of the flat tensors, on any device: the same bits as the loop's.
void round_stochastic_by_tensors(const Tensor& src, Tensor dst, uint64_t key, int64_t from) {
  const int64_t low = key & 0xffffffff, high = key >> 32;
  const Tensor index = at::arange(from, from + src.numel(), src.options().dtype(at::kLong));
  const Tensor chance =
      mixed(mixed(index.bitwise_and(0xffffffff).bitwise_xor_(low)).bitwise_xor_(index.bitwise_right_shift(32)).bitwise_xor_(high));
  const Tensor bits = src.view(at::kInt).to(at::kLong);
  const Tensor up = bits.add(chance.bitwise_right_shift(16)).bitwise_right_shift(16);
  const Tensor rounded = up.to(at::kShort).view(at::kBFloat16);
  dst.copy_(at::where(src.isfinite(), rounded, src.to(at::kBFloat16)));
}

// The same step by operators of one pass each.
void plain_adamw(const Tensor& p, const Tensor& g, const Tensor& m, const Tensor& v, int64_t step, double lr,
                 double beta1, double beta2, double weight_decay, double eps) {
  p.mul_(1.0 - lr * weight_decay);
  m.mul_(beta1).add_(g, 1.0 - beta1);
  v.mul_(beta2).addcmul_(g, g, 1.0 - beta2);
  const double along = 1.0 - std::pow(beta1, step), across = 1.0 - std::pow(beta2, step);
  p.addcdiv_(m, v.div(across).sqrt_().add_(eps), -lr / along);
}

}  // namespace

extern "C" {

char* vt_fused_adamw(Tensor* const* params, Tensor* const* grads, Tensor* const* exp_avgs, Tensor* const* exp_avg_sqs,
                     int64_t count, int64_t step, double lr, double beta1, double beta2, double weight_decay,
                     double eps) {
  return without_graph([&] {
    if (count == 0) return;
    const auto p = list(params, count);
    if (is_plain(Kernel::AdamW)) {
      const auto g = list(grads, count), m = list(exp_avgs, count), v = list(exp_avg_sqs, count);
      for (int64_t i = 0; i < count; ++i) plain_adamw(p[i], g[i], m[i], v[i], step, lr, beta1, beta2, weight_decay, eps);
      return;
    }
    // One counter for all: the kernels only read it.
    const Tensor counter = at::full({}, static_cast<double>(step), p[0].options().dtype(at::kFloat).requires_grad(false));
    at::_fused_adamw_(p, list(grads, count), list(exp_avgs, count), list(exp_avg_sqs, count), {},
                      Tensors(count, counter), lr, beta1, beta2, weight_decay, eps, false, false);
    // libtorch does not count the changes of lists; copies in other kinds are made anew by that count.
    for (const Tensor& param : p) param.unsafeGetTensorImpl()->bump_version();
  });
}

char* vt_grad_norm(Tensor** out, Tensor* const* grads, int64_t count) {
  return without_graph([&] {
    TORCH_CHECK(count > 0, "grad_norm: no gradients");
    const auto norms = at::_foreach_norm(list(grads, count), 2, at::kFloat);
    *out = give(at::linalg_vector_norm(at::stack(norms)));
  });
}

char* vt_scale_in_place(Tensor* const* tensors, int64_t count, const Tensor* factor) {
  return without_graph([&] {
    if (count == 0) return;
    at::_foreach_mul_(list(tensors, count), *factor);
  });
}

char* vt_copy_stochastic(Tensor* dst, const Tensor* src, uint64_t key) {
  return without_graph([&] {
    TORCH_CHECK(dst->scalar_type() == at::kBFloat16 && src->scalar_type() == at::kFloat && dst->sizes() == src->sizes() &&
                    dst->is_contiguous() && src->is_contiguous() && dst->device() == src->device(),
                "copy_stochastic: needs bf16 from f32, contiguous, of one shape and device, got ", dst->scalar_type(),
                dst->sizes(), " from ", src->scalar_type(), src->sizes());
    const int64_t n = src->numel();
    if (plain_f32(*src) && !is_plain(Kernel::Rounding)) {
      parallel(*src, n, 1 << 15, [&](int64_t begin, int64_t end) {
        loops::round_stochastic(src->const_data_ptr<float>(), reinterpret_cast<uint16_t*>(dst->data_ptr()), key, begin,
                                end);
      });
      return;
    }
    // In parts: the hash takes several times the memory of what it rounds.
    constexpr int64_t PART = 1 << 24;
    for (int64_t from = 0; from < n; from += PART) {
      const int64_t length = std::min(PART, n - from);
      round_stochastic_by_tensors(src->view(-1).narrow(0, from, length), dst->view(-1).narrow(0, from, length), key,
                                  from);
    }
  });
}

}  // extern "C"

}  // namespace vt
