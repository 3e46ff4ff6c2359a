// The cheap operations of a layer, without autograd: our loops for f32 on the CPU, ATen elsewhere.
// T tokens (rows), d width, H heads of D.
#pragma once

#include "shim.h"

#include <tuple>

namespace vt {

// x [T,d], w [d] -> y [T,d] in x's dtype, rstd (one number a row, f32 or wider).
std::tuple<Tensor, Tensor> rms_norm(const Tensor& x, const Tensor& w, double eps);
// y once more, from x and the kept rstd.
Tensor rms_norm_again(const Tensor& x, const Tensor& w, const Tensor& rstd);
// Gradients of x (plus `residual`, if defined) and of w.
std::tuple<Tensor, Tensor> rms_norm_backward(const Tensor& x, const Tensor& w, const Tensor& rstd, const Tensor& gy,
                                             const Tensor& residual);

// silu(gate) * up.
Tensor swiglu(const Tensor& gate, const Tensor& up);
// Gradients of gate and up, and, if wanted, the product once more. gy is used up: it may become gup.
std::tuple<Tensor, Tensor, Tensor> swiglu_backward(const Tensor& gate, const Tensor& up, Tensor gy, bool product);

// Turns x [T,H,D] in place by cos and sin [T,D], half against half (HF); back: the inverse turn.
void rope_(Tensor& x, const Tensor& cos, const Tensor& sin, bool back);

}  // namespace vt
