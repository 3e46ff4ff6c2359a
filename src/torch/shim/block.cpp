// The two halves of a decoder layer as one differentiable operation each. Only what is costly to
// make again is kept for the backward: norms, products of the gate and residual sums are not.
// T tokens, d width of the model, H query heads, K key heads, D width of a head, f feed-forward.

#include "attention.h"
#include "elementwise.h"
#include "product.h"

// Rust fills these (src/torch/ops/block.rs has the same fields in the same order).
extern "C" {

struct vt_linear_weights {
  const at::Tensor* weight;
  const at::Tensor* bias;  // may be null
};

struct vt_attention_block {
  const at::Tensor* norm;
  vt_linear_weights query, key, value, out;
  const at::Tensor* query_norm;  // may be null, as key_norm
  const at::Tensor* key_norm;
  const at::Tensor* cos;
  const at::Tensor* sin;
  const int64_t* cu_seqlens;
  int64_t cu_seqlens_count;
  int64_t heads, kv_heads;
  double eps, scale;
};

struct vt_mlp_block {
  const at::Tensor* norm;
  vt_linear_weights gate, up, down;
  double eps;
};
}

namespace vt {

namespace {

// What the attention half is told besides tensors.
struct Layout {
  Attention attention;
  int64_t heads, kv_heads;
  double eps;

  void save(AutogradContext* ctx) const {
    ctx->saved_data["cu_seqlens"] = attention.cu_seqlens;
    ctx->saved_data["scale"] = attention.scale;
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["key_heads"] = kv_heads;
    ctx->saved_data["eps"] = eps;
  }
  static Layout load(AutogradContext* ctx) {
    auto& d = ctx->saved_data;
    return {{d["cu_seqlens"].toIntVector(), d["scale"].toDouble()}, d["heads"].toInt(), d["key_heads"].toInt(),
            d["eps"].toDouble()};
  }
};

Tensor split_heads(const Tensor& x, int64_t heads) { return x.view({x.size(0), heads, -1}); }
Tensor join_heads(const Tensor& x) { return x.view({x.size(0), -1}); }
Tensor rows_of_heads(const Tensor& x) { return x.view({-1, x.size(-1)}); }

// Norm per head (if the family has one), then the turn by position. Without a norm the turn is
// done in place and `x` is used up; with one, `x` is left as it is, for the backward.
Tensor turned_heads(Tensor x, const Tensor& norm, const Tensor& cos, const Tensor& sin, double eps) {
  if (norm.defined()) x = std::get<0>(rms_norm(rows_of_heads(x), norm, eps)).view(x.sizes());
  rope_(x, cos, sin, false);
  return x;
}

// The way back: g is the gradient of the turned heads, raw the heads before norm and turn.
std::tuple<Tensor, Tensor> turned_heads_backward(Tensor g, const Tensor& raw, const Tensor& norm, const Tensor& cos,
                                                 const Tensor& sin, double eps) {
  rope_(g, cos, sin, true);
  if (!norm.defined()) return {g, Tensor()};
  const Tensor rstd = std::get<1>(rms_norm(rows_of_heads(raw), norm, eps));
  auto [graw, gnorm] = rms_norm_backward(rows_of_heads(raw), norm, rstd, rows_of_heads(g), Tensor());
  return {graw.view(g.sizes()), gnorm};
}

// sum += g w, for the gradient of an input that several projections share.
void add_input_grad(Tensor& sum, const Tensor& g, const Tensor& w) {
  product_into(g, w.to(g.scalar_type()), sum, 1);
}

struct AttentionBlock : torch::autograd::Function<AttentionBlock> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& norm, const Tensor& wq, const Tensor& wk,
                        const Tensor& wv, const Tensor& wo, const OptionalTensor& bq, const OptionalTensor& bk,
                        const OptionalTensor& bv, const OptionalTensor& bo, const OptionalTensor& qnorm,
                        const OptionalTensor& knorm, const Tensor& cos, const Tensor& sin, const Layout& layout) {
    auto [n, rstd] = rms_norm(x, norm, layout.eps);
    const Tensor q0 = split_heads(linear_forward(n, wq, bq.value_or(Tensor())), layout.heads);
    const Tensor k0 = split_heads(linear_forward(n, wk, bk.value_or(Tensor())), layout.kv_heads);
    const Tensor v = split_heads(linear_forward(n, wv, bv.value_or(Tensor())), layout.kv_heads);
    n.reset();
    const Tensor q = turned_heads(q0, qnorm.value_or(Tensor()), cos, sin, layout.eps);
    const Tensor k = turned_heads(k0, knorm.value_or(Tensor()), cos, sin, layout.eps);
    const variable_list kept = layout.attention.forward(q, k, v);
    // Without norms q0 and q are one tensor; with them the raw heads are kept, and turned again.
    variable_list saved = {x,    norm, wq,  wk,  wv,   wo, bq.value_or(Tensor()), bk.value_or(Tensor()),
                           bv.value_or(Tensor()), bo.value_or(Tensor()), qnorm.value_or(Tensor()),
                           knorm.value_or(Tensor()), cos, sin, rstd, q0, k0, v};
    saved.insert(saved.end(), kept.begin(), kept.end());
    ctx->save_for_backward(saved);
    layout.save(ctx);
    Tensor y = x.clone(at::MemoryFormat::Contiguous);
    product_into(join_heads(kept[0]), wo.to(x.scalar_type()).t(), y, 1);
    if (bo.has_value()) y.add_(bo->to(x.scalar_type()));
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto s = ctx->get_saved_variables();
    const Layout layout = Layout::load(ctx);
    const Tensor &x = s[0], &norm = s[1], &wq = s[2], &wk = s[3], &wv = s[4], &wo = s[5], &bq = s[6], &bk = s[7],
                 &bv = s[8], &bo = s[9], &qnorm = s[10], &knorm = s[11], &cos = s[12], &sin = s[13], &rstd = s[14],
                 &q0 = s[15], &k0 = s[16], &v = s[17];
    const variable_list kept(s.begin() + 18, s.end());
    const Tensor g = grads[0].contiguous();

    const Tensor gwo = weight_grad(g, join_heads(kept[0]), wo);
    const Tensor gbo = bo.defined() ? bias_grad(g, bo) : Tensor();
    variable_list gqkv;
    {
      const Tensor q = qnorm.defined() ? turned_heads(q0, qnorm, cos, sin, layout.eps) : q0;
      const Tensor k = knorm.defined() ? turned_heads(k0, knorm, cos, sin, layout.eps) : k0;
      const Tensor gout = product(g, wo.to(g.scalar_type())).view(q.sizes());
      gqkv = layout.attention.backward(gout, q, k, v, kept);
    }
    auto [gq0, gqnorm] = turned_heads_backward(gqkv[0].contiguous(), q0, qnorm, cos, sin, layout.eps);
    auto [gk0, gknorm] = turned_heads_backward(gqkv[1].contiguous(), k0, knorm, cos, sin, layout.eps);
    const Tensor gq = join_heads(gq0), gk = join_heads(gk0), gv = join_heads(gqkv[2].contiguous());

    const Tensor n = rms_norm_again(x, norm, rstd);
    const Tensor gwq = weight_grad(gq, n, wq), gwk = weight_grad(gk, n, wk), gwv = weight_grad(gv, n, wv);
    Tensor gn = n;  // n is not needed any more: its memory takes the gradient
    product_into(gq, wq.to(g.scalar_type()), gn, 0);
    add_input_grad(gn, gk, wk);
    add_input_grad(gn, gv, wv);
    auto [gx, gnorm] = rms_norm_backward(x, norm, rstd, gn, g);
    return {gx,  gnorm, gwq, gwk, gwv, gwo, bq.defined() ? bias_grad(gq, bq) : Tensor(),
            bk.defined() ? bias_grad(gk, bk) : Tensor(), bv.defined() ? bias_grad(gv, bv) : Tensor(),
            gbo, gqnorm, gknorm, Tensor(), Tensor(), Tensor()};
  }
};

struct MlpBlock : torch::autograd::Function<MlpBlock> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& norm, const Tensor& wg, const Tensor& wu,
                        const Tensor& wd, const OptionalTensor& bg, const OptionalTensor& bu, const OptionalTensor& bd,
                        double eps) {
    auto [n, rstd] = rms_norm(x, norm, eps);
    const Tensor gate = linear_forward(n, wg, bg.value_or(Tensor()));
    const Tensor up = linear_forward(n, wu, bu.value_or(Tensor()));
    n.reset();
    ctx->save_for_backward({x, norm, wg, wu, wd, bg.value_or(Tensor()), bu.value_or(Tensor()), bd.value_or(Tensor()),
                            rstd, gate, up});
    Tensor y = x.clone(at::MemoryFormat::Contiguous);
    product_into(swiglu(gate, up), wd.to(x.scalar_type()).t(), y, 1);
    if (bd.has_value()) y.add_(bd->to(x.scalar_type()));
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto s = ctx->get_saved_variables();
    const Tensor &x = s[0], &norm = s[1], &wg = s[2], &wu = s[3], &wd = s[4], &bg = s[5], &bu = s[6], &bd = s[7],
                 &rstd = s[8], &gate = s[9], &up = s[10];
    const Tensor g = grads[0].contiguous();
    Tensor ggate, gup, gwd;
    {
      auto [first, second, h] = swiglu_backward(gate, up, product(g, wd.to(g.scalar_type())), true);
      ggate = first;
      gup = second;
      gwd = weight_grad(g, h, wd);
    }
    const Tensor n = rms_norm_again(x, norm, rstd);
    const Tensor gwg = weight_grad(ggate, n, wg), gwu = weight_grad(gup, n, wu);
    Tensor gn = n;
    product_into(ggate, wg.to(g.scalar_type()), gn, 0);
    add_input_grad(gn, gup, wu);
    auto [gx, gnorm] = rms_norm_backward(x, norm, rstd, gn, g);
    return {gx, gnorm, gwg, gwu, gwd, bg.defined() ? bias_grad(ggate, bg) : Tensor(),
            bu.defined() ? bias_grad(gup, bu) : Tensor(), bd.defined() ? bias_grad(g, bd) : Tensor(), Tensor()};
  }
};

}  // namespace

extern "C" {

char* vt_attention_block(Tensor** out, const Tensor* x, const vt_attention_block* b) {
  return guarded([&] {
    const Layout layout{{{b->cu_seqlens, b->cu_seqlens + b->cu_seqlens_count}, b->scale}, b->heads, b->kv_heads, b->eps};
    *out = give(AttentionBlock::apply(*x, *b->norm, *b->query.weight, *b->key.weight, *b->value.weight, *b->out.weight,
                                      maybe(b->query.bias), maybe(b->key.bias), maybe(b->value.bias),
                                      maybe(b->out.bias), maybe(b->query_norm), maybe(b->key_norm), *b->cos, *b->sin,
                                      layout));
  });
}

char* vt_mlp_block(Tensor** out, const Tensor* x, const vt_mlp_block* b) {
  return guarded([&] {
    *out = give(MlpBlock::apply(*x, *b->norm, *b->gate.weight, *b->up.weight, *b->down.weight, maybe(b->gate.bias),
                                maybe(b->up.bias), maybe(b->down.bias), b->eps));
  });
}

}  // extern "C"

}  // namespace vt
