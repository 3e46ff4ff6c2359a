// Single differentiable operations, each with its backward by hand.

#include "attention.h"
#include "elementwise.h"
#include "product.h"

namespace vt {

namespace {

struct RmsNorm : torch::autograd::Function<RmsNorm> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& w, double eps) {
    auto [y, rstd] = rms_norm(x, w, eps);
    ctx->save_for_backward({x, w, rstd});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    auto [gx, gw] = rms_norm_backward(saved[0], saved[1], saved[2], grads[0].contiguous(), Tensor());
    return {gx, gw, Tensor()};
  }
};

struct Swiglu : torch::autograd::Function<Swiglu> {
  static Tensor forward(AutogradContext* ctx, const Tensor& gate, const Tensor& up) {
    ctx->save_for_backward({gate, up});
    return swiglu(gate, up);
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    auto [ggate, gup, product] = swiglu_backward(saved[0], saved[1], grads[0].clone(at::MemoryFormat::Contiguous), false);
    return {ggate, gup};
  }
};

struct Rope : torch::autograd::Function<Rope> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& cos, const Tensor& sin) {
    ctx->save_for_backward({cos, sin});
    Tensor y = x.clone(at::MemoryFormat::Contiguous);
    rope_(y, cos, sin, false);
    return y;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    Tensor gx = grads[0].clone(at::MemoryFormat::Contiguous);
    rope_(gx, saved[0], saved[1], true);
    return {gx, Tensor(), Tensor()};
  }
};

struct AttentionOp : torch::autograd::Function<AttentionOp> {
  static Tensor forward(AutogradContext* ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                        const Attention& attention) {
    attention.check(q, k, v);
    variable_list saved = {q.contiguous(), k.contiguous(), v.contiguous()};
    const auto result = attention.forward(saved[0], saved[1], saved[2]);
    saved.insert(saved.end(), result.begin(), result.end());
    ctx->save_for_backward(saved);
    ctx->saved_data["cu_seqlens"] = attention.cu_seqlens;
    ctx->saved_data["scale"] = attention.scale;
    return result[0];
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const Attention attention{ctx->saved_data["cu_seqlens"].toIntVector(), ctx->saved_data["scale"].toDouble()};
    auto out = attention.backward(grads[0], saved[0], saved[1], saved[2], {saved.begin() + 3, saved.end()});
    out.emplace_back();
    return out;
  }
};

struct Linear : torch::autograd::Function<Linear> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& w, const OptionalTensor& bias) {
    ctx->save_for_backward({x, w, bias.value_or(Tensor())});
    return linear_forward(x, w, bias.value_or(Tensor()));
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &w = saved[1], &bias = saved[2];
    const Tensor g = grads[0].contiguous();
    const Tensor gx = ctx->needs_input_grad(0) ? product(g, w.to(g.scalar_type())) : Tensor();
    return {gx, weight_grad(g, x, w), bias.defined() ? bias_grad(g, bias) : Tensor()};
  }
};

}  // namespace

extern "C" {

char* vt_rms_norm(Tensor** out, const Tensor* x, const Tensor* w, double eps) {
  return guarded([&] { *out = give(RmsNorm::apply(*x, *w, eps)); });
}

char* vt_swiglu(Tensor** out, const Tensor* gate, const Tensor* up) {
  return guarded([&] { *out = give(Swiglu::apply(*gate, *up)); });
}

char* vt_rope(Tensor** out, const Tensor* x, const Tensor* cos, const Tensor* sin) {
  return guarded([&] { *out = give(Rope::apply(*x, *cos, *sin)); });
}

char* vt_attention(Tensor** out, const Tensor* q, const Tensor* k, const Tensor* v, const int64_t* cu_seqlens,
                   int64_t count, double scale) {
  return guarded([&] {
    *out = give(AttentionOp::apply(*q, *k, *v, Attention{{cu_seqlens, cu_seqlens + count}, scale}));
  });
}

char* vt_linear(Tensor** out, const Tensor* x, const Tensor* w, const Tensor* bias) {
  return guarded([&] {
    TORCH_CHECK(x->dim() == 2 && w->dim() == 2 && x->size(1) == w->size(1), "linear: input ", x->sizes(),
                " does not fit weight ", w->sizes(), ", expected [T,i] and [o,i]");
    *out = give(Linear::apply(*x, *w, maybe(bias)));
  });
}

}  // extern "C"

}  // namespace vt
