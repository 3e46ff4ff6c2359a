// f32 loops for the CPU over rows [begin, end): each reads and writes memory once. They are the
// cheap part of a layer, done in one pass where ATen takes several.
#pragma once

#include <cstdint>

namespace vt::loops {

// y = w * (x * rstd), rstd = 1 / sqrt(mean(x^2) + eps), per row of d.
void rms_norm(const float* x, const float* w, float* y, float* rstd, int64_t begin, int64_t end, int64_t d, float eps);
// y = w * (x * rstd) with a known rstd.
void rms_norm_again(const float* x, const float* w, const float* rstd, float* y, int64_t begin, int64_t end, int64_t d);
// gx = residual + rstd * (w*gy - xhat * mean(w*gy*xhat)); gw += gy * xhat. residual and gw may be
// null.
void rms_norm_backward(const float* x, const float* w, const float* rstd, const float* gy, const float* residual,
                       float* gx, float* gw, int64_t begin, int64_t end, int64_t d);

// y = silu(gate) * up, element by element.
void swiglu(const float* gate, const float* up, float* y, int64_t begin, int64_t end);
// Both gradients; gup may be gy itself. If y is not null it gets silu(gate) * up once more.
void swiglu_backward(const float* gate, const float* up, const float* gy, float* ggate, float* gup, float* y,
                     int64_t begin, int64_t end);

// Rotates the first half of each head of size e against its second half by the angles of the row, in
// place; back: by the negative angles.
void rope(float* x, const float* cos, const float* sin, int64_t begin, int64_t end, int64_t heads, int64_t e,
          bool back);

// logits become scale * (softmax - onehot); loss gets -log softmax[label] per row.
void softmax_loss_grad(float* logits, const int64_t* labels, double* loss, int64_t begin, int64_t end, int64_t v,
                       float scale);
// Only the loss.
void softmax_loss(const float* logits, const int64_t* labels, double* loss, int64_t begin, int64_t end, int64_t v);

}  // namespace vt::loops
