#include "attention.h"

#include "attention_loops.h"
#include "cuda.h"
#include "kernels.h"

#include <torch/csrc/autograd/autograd.h>

namespace vt {

namespace {

// Which kernels compute these tensors.
enum class Kernels {
  Packed,     // CUDA from Ampere on, half precision: one flash kernel over all documents
  Loops,      // CPU in f32 with AVX-512: our loops
  Document,   // CPU otherwise: a flash kernel for each document, on views, nothing copied or padded
  Composite,  // the rest (CUDA in f32, older GPUs, odd head widths) and in place of the others: ATen's choice,
              // recomputed in the backward
};

Kernels kernels_for(const Tensor& q) {
  if (is_plain(Kernel::Attention)) return Kernels::Composite;
  if (on_cpu(q)) {
    return plain_f32(q) && loops::attention_is_available(q.size(2)) ? Kernels::Loops : Kernels::Document;
  }
  const bool half = q.scalar_type() == at::kBFloat16 || q.scalar_type() == at::kHalf;
  const bool flash = on_cuda(q) && capability_of(q) >= Capability{8, 0};
  return flash && half && q.size(2) % 8 == 0 && q.size(2) <= 256 ? Kernels::Packed : Kernels::Composite;
}

// Tokens [from, from+length) of x [T,H,E] as [G, H/G, L, E]: a view.
Tensor query_view(const Tensor& x, int64_t from, int64_t length, int64_t kv_heads) {
  return x.narrow(0, from, length).view({length, kv_heads, x.size(1) / kv_heads, x.size(2)}).permute({1, 2, 0, 3});
}

// The same of x [T,G,E], each head repeated for all its query heads: a view with stride 0.
Tensor key_view(const Tensor& x, int64_t from, int64_t length, int64_t group) {
  return x.narrow(0, from, length).permute({1, 0, 2}).unsqueeze(1).expand({x.size(1), group, length, x.size(2)});
}

template <typename Body>
void each_document(const std::vector<int64_t>& cu_seqlens, Body&& body) {
  for (size_t i = 0; i + 1 < cu_seqlens.size(); ++i) {
    if (cu_seqlens[i + 1] > cu_seqlens[i]) body(cu_seqlens[i], cu_seqlens[i + 1] - cu_seqlens[i]);
  }
}

int64_t longest(const std::vector<int64_t>& cu_seqlens) {
  int64_t most = 0;
  each_document(cu_seqlens, [&](int64_t, int64_t length) { most = std::max(most, length); });
  return most;
}

// The cu_seqlens on the device, as flash attention wants them. All layers of a sequence need the
// same ones, so the last are kept (per thread, since only the engine's thread computes).
struct DeviceCuSeqlens {
  std::vector<int64_t> host;
  Tensor device;
};

DeviceCuSeqlens& last_cu_seqlens() {
  static thread_local DeviceCuSeqlens last;
  return last;
}

Tensor device_cu_seqlens(const std::vector<int64_t>& cu_seqlens, const Tensor& like) {
  DeviceCuSeqlens& last = last_cu_seqlens();
  if (!last.device.defined() || last.host != cu_seqlens || last.device.device() != like.device()) {
    last = {cu_seqlens, upload(at::tensor(cu_seqlens, at::kInt), like.device())};
  }
  return last.device;
}

// One task per key/value head and document; heads first, so that threads get equal shares of documents.
template <typename Body>
void each_task(const Attention& a, const Tensor& q, const Tensor& k, const Tensor& v, Body&& body) {
  const int64_t tokens = q.size(0), width = q.size(2), kv_heads = k.size(1), group = q.size(1) / kv_heads;
  const int64_t documents = static_cast<int64_t>(a.cu_seqlens.size()) - 1;
  parallel(q, kv_heads * documents, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t head = i / documents, from = a.cu_seqlens[i % documents], to = a.cu_seqlens[i % documents + 1];
      const int64_t at_query = (from * kv_heads + head) * group * width, at_key = (from * kv_heads + head) * width;
      if (from == to) continue;
      body(loops::AttentionTask{to - from, group, width, kv_heads * group * width, kv_heads * width, tokens,
                                static_cast<float>(a.scale), q.const_data_ptr<float>() + at_query,
                                k.const_data_ptr<float>() + at_key, v.const_data_ptr<float>() + at_key},
           at_query, at_key, head * group * tokens + from);
    }
  });
}

Tensors forward_by_loops(const Attention& a, const Tensor& q, const Tensor& k, const Tensor& v) {
  Tensor out = at::empty_like(q), lse = at::empty({q.size(1), q.size(0)}, q.options());
  each_task(a, q, k, v, [&](const loops::AttentionTask& task, int64_t at_query, int64_t, int64_t at_lse) {
    task.forward(out.data_ptr<float>() + at_query, lse.data_ptr<float>() + at_lse);
  });
  return {out, lse};
}

Tensors backward_by_loops(const Attention& a, const Tensor& gout, const Tensor& q, const Tensor& k,
                                const Tensor& v, const Tensor& out, const Tensor& lse) {
  Tensor gq = at::empty_like(q), gk = at::empty_like(k), gv = at::empty_like(v);
  each_task(a, q, k, v, [&](const loops::AttentionTask& task, int64_t at_query, int64_t at_key, int64_t at_lse) {
    task.backward(gout.const_data_ptr<float>() + at_query, out.const_data_ptr<float>() + at_query,
                  lse.const_data_ptr<float>() + at_lse, gq.data_ptr<float>() + at_query, gk.data_ptr<float>() + at_key,
                  gv.data_ptr<float>() + at_key);
  });
  return {gq, gk, gv};
}

Tensors forward_by_document(const Attention& a, const Tensor& q, const Tensor& k, const Tensor& v) {
  const int64_t kv_heads = k.size(1), group = q.size(1) / kv_heads;
  Tensor out = at::empty_like(q);
  const auto wide = q.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  Tensor lse = at::empty({q.size(1), q.size(0)}, q.options().dtype(wide));
  each_document(a.cu_seqlens, [&](int64_t from, int64_t length) {
    auto [o, l] = at::_scaled_dot_product_flash_attention_for_cpu(
        query_view(q, from, length, kv_heads), key_view(k, from, length, group), key_view(v, from, length, group), 0.0,
        true, std::nullopt, a.scale);
    query_view(out, from, length, kv_heads).copy_(o);
    lse.narrow(1, from, length).view({kv_heads, group, length}).copy_(l);
  });
  return {out, lse};
}

Tensors backward_by_document(const Attention& a, const Tensor& gout, const Tensor& q, const Tensor& k,
                                   const Tensor& v, const Tensor& out, const Tensor& lse) {
  const int64_t kv_heads = k.size(1), group = q.size(1) / kv_heads;
  Tensor gq = at::empty_like(q), gk = at::empty_like(k), gv = at::empty_like(v);
  const auto sum_of_group = [&](const Tensor& whole, int64_t from, const Tensor& part) {
    Tensor document = whole.narrow(0, from, part.size(2)).permute({1, 0, 2});
    group == 1 ? document.copy_(part.squeeze(1)) : document.copy_(part.sum(1));
  };
  each_document(a.cu_seqlens, [&](int64_t from, int64_t length) {
    auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        query_view(gout, from, length, kv_heads), query_view(q, from, length, kv_heads),
        key_view(k, from, length, group), key_view(v, from, length, group), query_view(out, from, length, kv_heads),
        lse.narrow(1, from, length).reshape({kv_heads, group, length}).contiguous(), 0.0, true, std::nullopt, a.scale);
    query_view(gq, from, length, kv_heads).copy_(dq);
    sum_of_group(gk, from, dk);
    sum_of_group(gv, from, dv);
  });
  return {gq, gk, gv};
}

// [1, heads, L, E] of one document.
Tensor batch_view(const Tensor& x, int64_t from, int64_t length) {
  return x.narrow(0, from, length).permute({1, 0, 2}).unsqueeze(0);
}

Tensors forward_composite(const Attention& a, const Tensor& q, const Tensor& k, const Tensor& v) {
  Tensor out = at::empty_like(q);
  each_document(a.cu_seqlens, [&](int64_t from, int64_t length) {
    batch_view(out, from, length)
        .copy_(at::scaled_dot_product_attention(batch_view(q, from, length), batch_view(k, from, length),
                                                batch_view(v, from, length), std::nullopt, 0.0, true, a.scale,
                                                q.size(1) != k.size(1)));
  });
  return {out};
}

Tensors backward_composite(const Attention& a, const Tensor& gout, const Tensor& q, const Tensor& k,
                                 const Tensor& v) {
  at::AutoGradMode with_grad(true);
  const auto leaf = [](const Tensor& t) { return t.detach().requires_grad_(); };
  const Tensor lq = leaf(q), lk = leaf(k), lv = leaf(v);
  Tensors outs, gouts;
  each_document(a.cu_seqlens, [&](int64_t from, int64_t length) {
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
              " do not fit, expected [T,H,E], [T,G,E], [T,G,E] with H a multiple of G");
  TORCH_CHECK(cu_seqlens.size() >= 2 && cu_seqlens.front() == 0 && cu_seqlens.back() == q.size(0) &&
                  std::is_sorted(cu_seqlens.begin(), cu_seqlens.end()),
              "attention: cu_seqlens ", cu_seqlens, " do not rise from 0 to ", q.size(0), " tokens");
}

Tensors Attention::forward(const Tensor& q, const Tensor& k, const Tensor& v) const {
  check(q, k, v);
  switch (kernels_for(q)) {
    case Kernels::Loops:
      return forward_by_loops(*this, q, k, v);
    case Kernels::Document:
      return forward_by_document(*this, q, k, v);
    case Kernels::Packed: {
      const Tensor cu = device_cu_seqlens(cu_seqlens, q);
      const int64_t most = longest(cu_seqlens);
      auto [out, lse, rng, unused, debug] =
          at::_flash_attention_forward(q, k, v, cu, cu, most, most, 0.0, true, false, scale);
      return {out, lse, rng, unused};
    }
    case Kernels::Composite:
      break;
  }
  return forward_composite(*this, q, k, v);
}

Tensors Attention::backward(const Tensor& gout, const Tensor& q, const Tensor& k, const Tensor& v,
                                  const Tensors& saved) const {
  const Tensor g = gout.contiguous();
  switch (kernels_for(q)) {
    case Kernels::Loops:
      return backward_by_loops(*this, g, q, k, v, saved[0], saved[1]);
    case Kernels::Document:
      return backward_by_document(*this, g, q, k, v, saved[0], saved[1]);
    case Kernels::Packed: {
      const Tensor cu = device_cu_seqlens(cu_seqlens, q);
      const int64_t most = longest(cu_seqlens);
      auto [gq, gk, gv] = at::_flash_attention_backward(g, q, k, v, saved[0], saved[1], cu, cu, most, most, 0.0, true,
                                                        saved[2], saved[3], scale);
      return {gq, gk, gv};
    }
    case Kernels::Composite:
      break;
  }
  return backward_composite(*this, g, q, k, v);
}

extern "C" {

// The cu_seqlens that the next attentions have, i64, on the device already.
char* vt_keep_cu_seqlens(const int64_t* cu_seqlens, int64_t count, const Tensor* on_device) {
  return without_graph([&] {
    if (!on_cuda(*on_device)) return;
    last_cu_seqlens() = {std::vector<int64_t>(cu_seqlens, cu_seqlens + count), on_device->to(at::kInt)};
  });
}

}  // extern "C"

}  // namespace vt
