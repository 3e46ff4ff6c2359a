#pragma once

#include "shim.h"

namespace vt {

// AdamW's numbers of a step; see arith/adamw.h for what they become.
struct AdamWStep {
  int64_t step;
  double lr, beta1, beta2, weight_decay, eps;
};

// A step in place by libtorch's operators of one pass each, for tensors of one dtype.
void plain_adamw(const Tensor& p, const Tensor& g, const Tensor& m, const Tensor& v, const AdamWStep& of);

}  // namespace vt
