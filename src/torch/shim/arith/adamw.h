#pragma once

#include "arith/portable.h"

namespace vt::arith {

// AdamW's numbers of one step, the same for all elements of a parameter.
struct AdamW {
  float decay;         // 1 - lr * weight decay
  float first_decay;   // beta1
  float first_share;   // 1 - beta1
  float second_decay;  // beta2
  float second_share;  // 1 - beta2
  float rate;          // lr / (1 - beta1^step)
  float root;          // 1 / sqrt(1 - beta2^step)
  float eps;
};

struct AdamWElement {
  float weight, first, second;
};

// Keys of the stochastic rounding of a parameter's tensors, where they are bf16.
struct Keys {
  uint64_t weight, first, second;
};

VT_FN AdamWElement adamw(const AdamW& of, AdamWElement x, float grad) {
  x.first = of.first_decay * x.first + of.first_share * grad;
  x.second = of.second_decay * x.second + of.second_share * grad * grad;
  x.weight = of.decay * x.weight - of.rate * x.first / (sqrtf(x.second) * of.root + of.eps);
  return x;
}

}  // namespace vt::arith
