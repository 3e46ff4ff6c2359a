// The cheap operations of a layer, without autograd: our loops for f32 on the CPU, our kernels on a GPU, ATen
// elsewhere.
#pragma once

#include "shim.h"

#include <tuple>

namespace vt {

// x [T,d], w [d] -> y [T,d] in x's dtype, rstd (one number a row, f32 or wider).
std::tuple<Tensor, Tensor> rms_norm(const Tensor& x, const Tensor& w, double eps);
// y once more, from x and the kept rstd.
Tensor rms_norm_again(const Tensor& x, const Tensor& w, const Tensor& rstd);
// Gradients of x (plus `residual`, if defined) and, if wanted, of w.
std::tuple<Tensor, Tensor> rms_norm_backward(const Tensor& x, const Tensor& w, const Tensor& rstd, const Tensor& gy,
                                             const Tensor& residual, bool weight_wanted);

// silu(gate) * up.
Tensor swiglu(const Tensor& gate, const Tensor& up);
// Gradients of gate and up, and, if wanted, swiglu(gate, up) once more. gy is used up: it may become
// gup.
std::tuple<Tensor, Tensor, Tensor> swiglu_backward(const Tensor& gate, const Tensor& up, Tensor gy,
                                                   bool result_wanted);

// Rotates x [T,H,E] in place by the angles of cos and sin [T,E], first half against second half as in
// HF; back: by the negative angles.
void rope_(Tensor& x, const Tensor& cos, const Tensor& sin, bool back);

}  // namespace vt
