#include "attention.h"

#include <torch/csrc/autograd/autograd.h>

namespace vt {

namespace {

// Which library serves these tensors.
enum class Way {
  Packed,     // CUDA, half precision: one flash kernel over all documents
  Document,   // CPU: a flash kernel for each document, on views, nothing copied or padded
  Composite,  // the rest (CUDA in f32, odd head widths): ATen's choice, recomputed in the backward
};

Way way_for(const Tensor& q) {
  if (q.device().is_cpu()) return Way::Document;
  const bool half = q.scalar_type() == at::kBFloat16 || q.scalar_type() == at::kHalf;
  return q.is_cuda() && half && q.size(2) % 8 == 0 && q.size(2) <= 256 ? Way::Packed : Way::Composite;
}

// Rows [from, from+length) of x [T,H,D] as [K, H/K, L, D]: a view.
Tensor query_view(const Tensor& x, int64_t from, int64_t length, int64_t key_heads) {
  return x.narrow(0, from, length).view({length, key_heads, x.size(1) / key_heads, x.size(2)}).permute({1, 2, 0, 3});
}

// The same of x [T,K,D], each key head seen by all its query heads: a view with stride 0.
Tensor key_view(const Tensor& x, int64_t from, int64_t length, int64_t group) {
  return x.narrow(0, from, length).permute({1, 0, 2}).unsqueeze(1).expand({x.size(1), group, length, x.size(2)});
}

template <typename Body>
void each_document(const std::vector<int64_t>& bounds, Body&& body) {
  for (size_t i = 0; i + 1 < bounds.size(); ++i) {
    if (bounds[i + 1] > bounds[i]) body(bounds[i], bounds[i + 1] - bounds[i]);
  }
}

int64_t longest(const std::vector<int64_t>& bounds) {
  int64_t most = 0;
  each_document(bounds, [&](int64_t, int64_t length) { most = std::max(most, length); });
  return most;
}

// The bounds on the device, as flash attention wants them. All layers of a row ask for the same
// ones, so the last answer is kept (per thread, since only the engine's thread asks).
Tensor device_bounds(const std::vector<int64_t>& bounds, const Tensor& like) {
  static thread_local std::vector<int64_t> last_bounds;
  static thread_local Tensor last;
  if (!last.defined() || last_bounds != bounds || last.device() != like.device()) {
    last = at::tensor(bounds, at::kInt).to(like.device());
    last_bounds = bounds;
  }
  return last;
}

variable_list forward_by_document(const Attention& a, const Tensor& q, const Tensor& k, const Tensor& v) {
  const int64_t key_heads = k.size(1), group = q.size(1) / key_heads;
  Tensor out = at::empty_like(q);
  const auto wide = q.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  Tensor lse = at::empty({q.size(1), q.size(0)}, q.options().dtype(wide));
  each_document(a.bounds, [&](int64_t from, int64_t length) {
    auto [o, l] = at::_scaled_dot_product_flash_attention_for_cpu(
        query_view(q, from, length, key_heads), key_view(k, from, length, group), key_view(v, from, length, group), 0.0,
        true, std::nullopt, a.scale);
    query_view(out, from, length, key_heads).copy_(o);
    lse.narrow(1, from, length).view({key_heads, group, length}).copy_(l);
  });
  return {out, lse};
}

variable_list backward_by_document(const Attention& a, const Tensor& gout, const Tensor& q, const Tensor& k,
                                   const Tensor& v, const Tensor& out, const Tensor& lse) {
  const int64_t key_heads = k.size(1), group = q.size(1) / key_heads;
  Tensor gq = at::empty_like(q), gk = at::empty_like(k), gv = at::empty_like(v);
  const auto sum_of_group = [&](const Tensor& whole, int64_t from, const Tensor& part) {
    Tensor place = whole.narrow(0, from, part.size(2)).permute({1, 0, 2});
    group == 1 ? place.copy_(part.squeeze(1)) : place.copy_(part.sum(1));
  };
  each_document(a.bounds, [&](int64_t from, int64_t length) {
    auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        query_view(gout, from, length, key_heads), query_view(q, from, length, key_heads),
        key_view(k, from, length, group), key_view(v, from, length, group), query_view(out, from, length, key_heads),
        lse.narrow(1, from, length).reshape({key_heads, group, length}).contiguous(), 0.0, true, std::nullopt, a.scale);
    query_view(gq, from, length, key_heads).copy_(dq);
    sum_of_group(gk, from, dk);
    sum_of_group(gv, from, dv);
  });
  return {gq, gk, gv};
}

// [1, heads, L, D] of one document.
Tensor batch_view(const Tensor& x, int64_t from, int64_t length) {
  return x.narrow(0, from, length).permute({1, 0, 2}).unsqueeze(0);
}

variable_list forward_composite(const Attention& a, const Tensor& q, const Tensor& k, const Tensor& v) {
  Tensor out = at::empty_like(q);
  each_document(a.bounds, [&](int64_t from, int64_t length) {
    batch_view(out, from, length)
        .copy_(at::scaled_dot_product_attention(batch_view(q, from, length), batch_view(k, from, length),
                                                batch_view(v, from, length), std::nullopt, 0.0, true, a.scale,
                                                q.size(1) != k.size(1)));
  });
  return {out};
}

variable_list backward_composite(const Attention& a, const Tensor& gout, const Tensor& q, const Tensor& k,
                                 const Tensor& v) {
  at::AutoGradMode with_grad(true);
  const auto leaf = [](const Tensor& t) { return t.detach().requires_grad_(); };
  const Tensor lq = leaf(q), lk = leaf(k), lv = leaf(v);
  variable_list outs, gouts;
  each_document(a.bounds, [&](int64_t from, int64_t length) {
    outs.push_back(at::scaled_dot_product_attention(batch_view(lq, from, length), batch_view(lk, from, length),
                                                    batch_view(lv, from, length), std::nullopt, 0.0, true, a.scale,
                                                    q.size(1) != k.size(1)));
    gouts.push_back(batch_view(gout, from, length));
  });
  return torch::autograd::grad(outs, {lq, lk, lv}, gouts);
}

}  // namespace

void Attention::check(const Tensor& q, const Tensor& k, const Tensor& v) const {
  TORCH_CHECK(q.dim() == 3 && k.dim() == 3 && k.sizes() == v.sizes() && q.size(0) == k.size(0) &&
                  q.size(2) == k.size(2) && k.size(1) > 0 && q.size(1) % k.size(1) == 0,
              "attention: q ", q.sizes(), ", k ", k.sizes(), ", v ", v.sizes(),
              " do not fit, expected [T,H,D], [T,K,D], [T,K,D] with H a multiple of K");
  TORCH_CHECK(bounds.size() >= 2 && bounds.front() == 0 && bounds.back() == q.size(0) &&
                  std::is_sorted(bounds.begin(), bounds.end()),
              "attention: bounds ", bounds, " do not rise from 0 to ", q.size(0), " tokens");
}

variable_list Attention::forward(const Tensor& q, const Tensor& k, const Tensor& v) const {
  check(q, k, v);
  switch (way_for(q)) {
    case Way::Document:
      return forward_by_document(*this, q, k, v);
    case Way::Packed: {
      const Tensor cu = device_bounds(bounds, q);
      const int64_t most = longest(bounds);
      auto [out, lse, rng, unused, debug] =
          at::_flash_attention_forward(q, k, v, cu, cu, most, most, 0.0, true, false, scale);
      return {out, lse, rng, unused};
    }
    case Way::Composite:
      break;
  }
  return forward_composite(*this, q, k, v);
}

variable_list Attention::backward(const Tensor& gout, const Tensor& q, const Tensor& k, const Tensor& v,
                                  const variable_list& saved) const {
  const Tensor g = gout.contiguous();
  switch (way_for(q)) {
    case Way::Document:
      return backward_by_document(*this, g, q, k, v, saved[0], saved[1]);
    case Way::Packed: {
      const Tensor cu = device_bounds(bounds, q);
      const int64_t most = longest(bounds);
      auto [gq, gk, gv] = at::_flash_attention_backward(g, q, k, v, saved[0], saved[1], cu, cu, most, most, 0.0, true,
                                                        saved[2], saved[3], scale);
      return {gq, gk, gv};
    }
    case Way::Composite:
      break;
  }
  return backward_composite(*this, g, q, k, v);
}

}  // namespace vt
