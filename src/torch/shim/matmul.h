// Matrix multiplication: one place that knows which library is fastest for which operands.
#pragma once

#include "shim.h"

namespace vt {

// out = beta * out + a b, for a [m,k], b [k,n] (either may be a transposed view), out [m,n]
// contiguous. beta is 0 or 1; with 0 what out held does not matter. a and b of one dtype; an out
// of another dtype (f32 beside bf16 factors) is added to in its own.
void matmul_into(const Tensor& a, const Tensor& b, Tensor& out, float beta);

// a b
Tensor matmul(const Tensor& a, const Tensor& b);

}  // namespace vt
