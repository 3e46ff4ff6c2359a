#include "loops.h"

#include "arith/layer.h"
#include "clones.h"

#include <limits>

namespace vt::loops {

VT_CLONES void rms_norm(const float* x, const float* w, float* y, float* rstd, int64_t begin, int64_t end, int64_t d,
                        float eps) {
  for (int64_t t = begin; t < end; ++t) {
    const float* xt = x + t * d;
    float* yt = y + t * d;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < d; ++i) sum += xt[i] * xt[i];
    const float r = arith::rstd_of(sum, d, eps);
    rstd[t] = r;
#pragma omp simd
    for (int64_t i = 0; i < d; ++i) yt[i] = arith::normed(xt[i], w[i], r);
  }
}

VT_CLONES void rms_norm_again(const float* x, const float* w, const float* rstd, float* y, int64_t begin, int64_t end,
                              int64_t d) {
  for (int64_t t = begin; t < end; ++t) {
    const float* xt = x + t * d;
    float* yt = y + t * d;
    const float r = rstd[t];
#pragma omp simd
    for (int64_t i = 0; i < d; ++i) yt[i] = arith::normed(xt[i], w[i], r);
  }
}

VT_CLONES void rms_norm_backward(const float* x, const float* w, const float* rstd, const float* gy,
                                 const float* residual, float* gx, float* gw, int64_t begin, int64_t end, int64_t d) {
  for (int64_t t = begin; t < end; ++t) {
    const float* xt = x + t * d;
    const float* gt = gy + t * d;
    float* gxt = gx + t * d;
    const float r = rstd[t];
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t i = 0; i < d; ++i) dot += w[i] * gt[i] * xt[i];
    const float along = arith::norm_along(dot, r, d);
    if (gw != nullptr) {
#pragma omp simd
      for (int64_t i = 0; i < d; ++i) gw[i] += arith::norm_weight_grad(xt[i], gt[i], r);
    }
    if (residual != nullptr) {
      const float* rt = residual + t * d;
#pragma omp simd
      for (int64_t i = 0; i < d; ++i) gxt[i] = rt[i] + arith::norm_grad(xt[i], w[i], gt[i], r, along);
    } else {
#pragma omp simd
      for (int64_t i = 0; i < d; ++i) gxt[i] = arith::norm_grad(xt[i], w[i], gt[i], r, along);
    }
  }
}

VT_CLONES void swiglu(const float* gate, const float* up, float* y, int64_t begin, int64_t end) {
#pragma omp simd
  for (int64_t i = begin; i < end; ++i) y[i] = arith::swiglu(gate[i], up[i]);
}

VT_CLONES void swiglu_backward(const float* gate, const float* up, const float* gy, float* ggate, float* gup, float* y,
                               int64_t begin, int64_t end) {
  if (y != nullptr) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) {
      const arith::SwigluGradients grads = arith::swiglu_backward(gate[i], up[i], gy[i]);
      y[i] = grads.result;
      ggate[i] = grads.gate;
      gup[i] = grads.up;
    }
  } else {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) {
      const arith::SwigluGradients grads = arith::swiglu_backward(gate[i], up[i], gy[i]);
      ggate[i] = grads.gate;
      gup[i] = grads.up;
    }
  }
}

VT_CLONES void rope(float* x, const float* cos, const float* sin, int64_t begin, int64_t end, int64_t heads, int64_t e,
                    bool back) {
  const int64_t half = e / 2;
  const float sign = back ? -1.0f : 1.0f;
  for (int64_t t = begin; t < end; ++t) {
    const float* c = cos + t * e;
    const float* s = sin + t * e;
    for (int64_t h = 0; h < heads; ++h) {
      float* a = x + (t * heads + h) * e;
      float* b = a + half;
#pragma omp simd
      for (int64_t i = 0; i < half; ++i) {
        arith::rotate(a[i], b[i], c[i], sign * s[i]);
      }
    }
  }
}

namespace {

// Sums stay in f32 for this many logits, so that a large vocabulary costs no digits.
constexpr int64_t SPAN = 1024;

VT_FN float row_max(const float* x, int64_t v) {
  float most = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : most)
  for (int64_t i = 0; i < v; ++i) most = x[i] > most ? x[i] : most;
  return most;
}

}  // namespace

VT_CLONES void softmax_loss_grad(float* logits, const int64_t* labels, double* loss, int64_t begin, int64_t end,
                                 int64_t v, float scale) {
  for (int64_t t = begin; t < end; ++t) {
    float* x = logits + t * v;
    const float most = row_max(x, v);
    const float wanted = x[labels[t]];
    double total = 0;
    for (int64_t from = 0; from < v; from += SPAN) {
      const int64_t to = from + SPAN < v ? from + SPAN : v;
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = from; i < to; ++i) {
        x[i] = arith::exp_f32(x[i] - most);
        sum += x[i];
      }
      total += sum;
    }
    loss[t] = arith::loss_of(total, most, wanted);
    const float share = static_cast<float>(scale / total);
#pragma omp simd
    for (int64_t i = 0; i < v; ++i) x[i] *= share;
    x[labels[t]] -= scale;
  }
}

VT_CLONES void softmax_loss(const float* logits, const int64_t* labels, double* loss, int64_t begin, int64_t end,
                            int64_t v) {
  for (int64_t t = begin; t < end; ++t) {
    const float* x = logits + t * v;
    const float most = row_max(x, v);
    double total = 0;
    for (int64_t from = 0; from < v; from += SPAN) {
      const int64_t to = from + SPAN < v ? from + SPAN : v;
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = from; i < to; ++i) sum += arith::exp_f32(x[i] - most);
      total += sum;
    }
    loss[t] = arith::loss_of(total, most, x[labels[t]]);
  }
}

}  // namespace vt::loops
