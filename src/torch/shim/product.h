// Matrix products: one place that knows which library is fastest for which operands.
#pragma once

#include "shim.h"

namespace vt {

// out = beta * out + a b, for a [m,k], b [k,n] (either may be a transposed view), out [m,n]
// contiguous. beta is 0 or 1; with 0 what out held does not matter. a and b of one dtype; an out
// of another dtype (f32 beside bf16 factors) is added to in its own.
void product_into(const Tensor& a, const Tensor& b, Tensor& out, float beta);

// a b
Tensor product(const Tensor& a, const Tensor& b);

// x [T,i], w [o,i] (cast to x's dtype), bias [o] or undefined: x w^T + bias, [T,o].
Tensor linear_forward(const Tensor& x, const Tensor& w, const Tensor& bias);

// g [T,o], x [T,i] -> g^T x [o,i] in the dtype of w; sums of g's rows [o] in the dtype of bias.
Tensor weight_grad(const Tensor& g, const Tensor& x, const Tensor& w);
Tensor bias_grad(const Tensor& g, const Tensor& bias);

}  // namespace vt
