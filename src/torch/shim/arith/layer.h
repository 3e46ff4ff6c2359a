// The cheap operations of a layer and its backward, and those of the loss.
#pragma once

#include "arith/exp.h"

namespace vt::arith {

// RMSNorm of a row of d: 1 / sqrt(mean(x^2) + eps), from the sum of squares.
VT_FN float rstd_of(float squares, int64_t d, float eps) { return 1.0f / sqrtf(squares / d + eps); }
VT_FN float normed(float x, float w, float rstd) { return w * (x * rstd); }

// Its backward: gx = rstd * (w*gy - xhat * mean(w*gy*xhat)), gw = gy * xhat. `dot` is the row's sum of w*gy*x.
VT_FN float norm_along(float dot, float rstd, int64_t d) { return dot * rstd * rstd * rstd / d; }
VT_FN float norm_grad(float x, float w, float gy, float rstd, float along) { return rstd * w * gy - along * x; }
VT_FN float norm_weight_grad(float x, float gy, float rstd) { return gy * x * rstd; }

// silu(gate) * up
VT_FN float swiglu(float gate, float up) { return gate / (1.0f + exp_f32(-gate)) * up; }

struct SwigluGradients {
  float gate, up, result;
};

VT_FN SwigluGradients swiglu_backward(float gate, float up, float gy) {
  const float s = 1.0f / (1.0f + exp_f32(-gate));
  return {gy * up * s * (1.0f + gate * (1.0f - s)), gy * gate * s, gate * s * up};
}

// Rotates the pair (a, b) by an angle.
VT_FN void rotate(float& a, float& b, float cos, float sin) {
  const float a_before = a, b_before = b;
  a = a_before * cos - b_before * sin;
  b = b_before * cos + a_before * sin;
}

// -log softmax of the label's logit, from the largest logit and the sum of exp(logit - largest).
VT_FN double loss_of(double total, float largest, float wanted) {
  return log(total) + (static_cast<double>(largest) - wanted);
}

}  // namespace vt::arith
