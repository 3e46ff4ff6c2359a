// Causal attention within each document of a packed row, without autograd.
// T tokens, H query heads, K key heads (H a multiple of K), D width of a head.
#pragma once

#include "shim.h"

namespace vt {

// cu_seqlens: document i is rows cu_seqlens[i] .. cu_seqlens[i+1]; from 0 to T, rising.
struct Attention {
  std::vector<int64_t> cu_seqlens;
  double scale;

  // q [T,H,D], k and v [T,K,D] -> {out [T,H,D], what the backward needs besides q, k, v, out}.
  variable_list forward(const Tensor& q, const Tensor& k, const Tensor& v) const;
  // saved: what forward returned. -> {gq, gk, gv}
  variable_list backward(const Tensor& gout, const Tensor& q, const Tensor& k, const Tensor& v,
                         const variable_list& saved) const;

  void check(const Tensor& q, const Tensor& k, const Tensor& v) const;
};

}  // namespace vt
