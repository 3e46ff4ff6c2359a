// Causal attention within each document of a packed sequence, without autograd.
#pragma once

#include "shim.h"

namespace vt {

// cu_seqlens: document i is the tokens cu_seqlens[i] .. cu_seqlens[i+1]; from 0 to T, rising.
struct Attention {
  std::vector<int64_t> cu_seqlens;
  double scale;

  // q [T,H,E], k and v [T,G,E] -> {out [T,H,E], what the backward needs besides q, k, v, out}.
  Tensors forward(const Tensor& q, const Tensor& k, const Tensor& v) const;
  // saved: what forward returned. -> {gq, gk, gv}
  Tensors backward(const Tensor& gout, const Tensor& q, const Tensor& k, const Tensor& v,
                         const Tensors& saved) const;

  void check(const Tensor& q, const Tensor& k, const Tensor& v) const;
};

}  // namespace vt
