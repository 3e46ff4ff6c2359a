// The operations of a layer as Rust calls them: plain tensors in and out, no graph. Forward and
// backward are functions of their own; the caller keeps what the backward needs.

#include "attention.h"
#include "elementwise.h"

namespace vt {

extern "C" {

// out: y, rstd.
char* vt_rms_norm(Tensor** out, const Tensor* x, const Tensor* w, double eps) {
  return without_graph([&] {
    auto [y, rstd] = rms_norm(*x, *w, eps);
    give_all(out, {y, rstd});
  });
}

char* vt_rms_norm_again(Tensor** out, const Tensor* x, const Tensor* w, const Tensor* rstd) {
  return without_graph([&] { *out = give(rms_norm_again(*x, *w, *rstd)); });
}

// out: the gradients of x and, if wanted, of w. residual may be null.
char* vt_rms_norm_backward(Tensor** out, const Tensor* x, const Tensor* w, const Tensor* rstd, const Tensor* gy,
                           const Tensor* residual, bool weight_wanted) {
  return without_graph([&] {
    auto [gx, gw] = rms_norm_backward(*x, *w, *rstd, gy->contiguous(), maybe(residual), weight_wanted);
    give_all(out, {gx, gw});
  });
}

char* vt_swiglu(Tensor** out, const Tensor* gate, const Tensor* up) {
  return without_graph([&] { *out = give(swiglu(*gate, *up)); });
}

// out: the gradients of gate and up, and swiglu(gate, up) if wanted. gy is used up.
char* vt_swiglu_backward(Tensor** out, const Tensor* gate, const Tensor* up, Tensor* gy, bool result_wanted) {
  return without_graph([&] {
    auto [ggate, gup, y] = swiglu_backward(*gate, *up, *gy, result_wanted);
    give_all(out, {ggate, gup, y});
  });
}

char* vt_add_rows(Tensor* table, const Tensor* index, const Tensor* rows) {
  return without_graph([&] {
    // On CUDA index_add_ adds in any order.
    if (on_cuda(*table)) {
      table->index_put_({*index}, *rows, /*accumulate=*/true);
    } else {
      table->index_add_(0, *index, *rows);
    }
  });
}

char* vt_rope(Tensor* x, const Tensor* cos, const Tensor* sin, bool back) {
  return without_graph([&] { rope_(*x, *cos, *sin, back); });
}

// out: up to four tensors, of which the first is attention's result and all are for the backward.
char* vt_attention(Tensor** out, const Tensor* q, const Tensor* k, const Tensor* v, const int64_t* cu_seqlens,
                   int64_t count, double scale) {
  return without_graph([&] {
    const Attention attention{{cu_seqlens, cu_seqlens + count}, scale};
    give_all(out, attention.forward(q->contiguous(), k->contiguous(), v->contiguous()));
  });
}

// saved: what vt_attention gave. out: the gradients of q, k and v.
char* vt_attention_backward(Tensor** out, const Tensor* gout, const Tensor* q, const Tensor* k, const Tensor* v,
                            Tensor* const* saved, int64_t saved_count, const int64_t* cu_seqlens, int64_t count,
                            double scale) {
  return without_graph([&] {
    const Attention attention{{cu_seqlens, cu_seqlens + count}, scale};
    give_all(out, attention.backward(*gout, q->contiguous(), k->contiguous(), v->contiguous(),
                                     list(saved, saved_count)));
  });
}

}  // extern "C"

}  // namespace vt
