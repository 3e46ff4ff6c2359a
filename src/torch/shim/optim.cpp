// What the optimizer needs from libtorch and tch does not bind.

#include "kernels.h"
#include "optim.h"

#include <cmath>

namespace vt {

void plain_adamw(const Tensor& p, const Tensor& g, const Tensor& m, const Tensor& v, const AdamWStep& of) {
  p.mul_(1.0 - of.lr * of.weight_decay);
  m.mul_(of.beta1).add_(g, 1.0 - of.beta1);
  v.mul_(of.beta2).addcmul_(g, g, 1.0 - of.beta2);
  const double along = 1.0 - std::pow(of.beta1, of.step), across = 1.0 - std::pow(of.beta2, of.step);
  p.addcdiv_(m, v.div(across).sqrt_().add_(of.eps), -of.lr / along);
}

extern "C" {

char* vt_fused_adamw(Tensor* const* params, Tensor* const* grads, Tensor* const* exp_avgs, Tensor* const* exp_avg_sqs,
                     int64_t count, const AdamWStep* of) {
  return without_graph([&] {
    if (count == 0) return;
    const auto p = list(params, count), g = list(grads, count), m = list(exp_avgs, count), v = list(exp_avg_sqs, count);
    if (is_plain(Kernel::AdamW)) {
      for (int64_t i = 0; i < count; ++i) plain_adamw(p[i], g[i], m[i], v[i], *of);
      return;
    }
    // One counter for all: the kernels only read it.
    const Tensor counter =
        at::full({}, static_cast<double>(of->step), p[0].options().dtype(at::kFloat).requires_grad(false));
    at::_fused_adamw_(p, g, m, v, {}, Tensors(count, counter), of->lr, of->beta1, of->beta2, of->weight_decay, of->eps,
                      false, false);
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

}  // extern "C"

}  // namespace vt
