#include "matmul.h"

#include <ATen/Context.h>

// oneDNN's matmul, as libtorch exports it; its header is not among the installed ones.
namespace at::native {
void mkldnn_matmul(const Tensor& a, const Tensor& b, const Tensor& result, float beta, float alpha);
}

namespace vt {

namespace {

// MKL knows Intel's own processors best; on others oneDNN does, where they have AVX-512.
bool cpu_suits_onednn() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && !__builtin_cpu_is("intel");
#else
  return false;
#endif
}

// For these shapes, in true f32, oneDNN was 5 to 15 % faster than MKL on AMD Zen 4, and 5 to 10 %
// slower on Intel Sapphire Rapids (benches of this crate). The processor's maker decides, not a
// timing, so that a run comes out the same every time.
bool onednn_is_faster(const Tensor& a, const Tensor& b, const Tensor& out) {
  static const bool available = at::globalContext().hasMKLDNN() && cpu_suits_onednn();
  const bool f32 = a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat && out.scalar_type() == at::kFloat;
  return available && f32 && on_cpu(out) && out.is_contiguous() && a.size(0) >= 16 && a.numel() > 0 &&
         b.numel() > 0 && at::globalContext().userEnabledMkldnn();
}

}  // namespace

void matmul_into(const Tensor& a, const Tensor& b, Tensor& out, float beta) {
  if (onednn_is_faster(a, b, out)) {
    if (!out.is_meta()) at::native::mkldnn_matmul(a, b, out, beta, 1.0f);
  } else if (on_cuda(out) && out.scalar_type() == at::kFloat && a.scalar_type() != at::kFloat) {
    at::addmm_out(out, out, a, b, at::kFloat, beta, 1);
  } else if (a.scalar_type() != out.scalar_type()) {
    const Tensor sum = at::mm(a, b);
    beta == 0 ? out.copy_(sum) : out.add_(sum);
  } else if (beta == 0) {
    at::mm_out(out, a, b);
  } else {
    out.addmm_(a, b);
  }
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  Tensor out = at::empty({a.size(0), b.size(1)}, a.options());
  matmul_into(a, b, out, 0);
  return out;
}

extern "C" {

char* vt_matmul(Tensor** out, const Tensor* a, const Tensor* b) {
  return without_graph([&] {
    TORCH_CHECK(a->dim() == 2 && b->dim() == 2 && a->size(1) == b->size(0), "matmul: ", a->sizes(), " times ",
                b->sizes(), ", expected [m,k] and [k,n]");
    *out = give(vt::matmul(*a, *b));
  });
}

char* vt_matmul_into(Tensor* out, const Tensor* a, const Tensor* b, bool add) {
  return without_graph([&] {
    TORCH_CHECK(a->dim() == 2 && b->dim() == 2 && out->dim() == 2 && a->size(1) == b->size(0) &&
                    out->size(0) == a->size(0) && out->size(1) == b->size(1) && out->is_contiguous(),
                "matmul: ", a->sizes(), " times ", b->sizes(), " does not fit into ", out->sizes(),
                ", expected [m,k], [k,n] and a contiguous [m,n]");
    matmul_into(*a, *b, *out, add ? 1.0f : 0.0f);
  });
}

}  // extern "C"

}  // namespace vt
