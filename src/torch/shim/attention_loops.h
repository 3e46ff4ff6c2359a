// Causal attention of one document and key/value head on the CPU in f32, for AVX-512.
#pragma once

#include <cstdint>

namespace vt::loops {

// Whether these loops may run: the CPU has AVX-512, and heads are a multiple of 16 wide.
bool attention_is_available(int64_t width);

// `length` tokens, `group` query heads that share the key/value head, each `width` (E) numbers. Tokens of q,
// out and their gradients are query_row numbers apart and the heads in them E apart; tokens of k, v
// and their gradients are key_row apart. lse has a row of lse_row numbers per query head.
struct AttentionTask {
  int64_t length, group, width, query_row, key_row, lse_row;
  float scale;
  const float *q, *k, *v;

  void forward(float* out, float* lse) const;
  void backward(const float* gout, const float* out, const float* lse, float* gq, float* gk, float* gv) const;
};

}  // namespace vt::loops
