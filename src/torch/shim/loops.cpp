#include "loops.h"

#include "exp.h"

#include <cmath>
#include <cstring>
#include <limits>

// One build of a loop per instruction set, chosen when the program starts: the binary runs on
// every x86-64. Such a loop must be a function of its own, since a lambda is not cloned.
#if defined(__x86_64__) && defined(__linux__)
#define VT_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VT_CLONES
#endif

namespace vt::loops {

namespace {

VT_INLINE uint32_t mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  x ^= x >> 16;
  return x;
}

}  // namespace

VT_CLONES void rms_norm(const float* x, const float* w, float* y, float* rstd, int64_t begin, int64_t end, int64_t d,
                        float eps) {
  for (int64_t t = begin; t < end; ++t) {
    const float* xt = x + t * d;
    float* yt = y + t * d;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < d; ++i) sum += xt[i] * xt[i];
    const float r = 1.0f / std::sqrt(sum / d + eps);
    rstd[t] = r;
#pragma omp simd
    for (int64_t i = 0; i < d; ++i) yt[i] = w[i] * (xt[i] * r);
  }
}

VT_CLONES void rms_norm_again(const float* x, const float* w, const float* rstd, float* y, int64_t begin, int64_t end,
                              int64_t d) {
  for (int64_t t = begin; t < end; ++t) {
    const float* xt = x + t * d;
    float* yt = y + t * d;
    const float r = rstd[t];
#pragma omp simd
    for (int64_t i = 0; i < d; ++i) yt[i] = w[i] * (xt[i] * r);
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
    const float along = dot * r * r * r / d;
    if (gw != nullptr) {
#pragma omp simd
      for (int64_t i = 0; i < d; ++i) gw[i] += gt[i] * xt[i] * r;
    }
    if (residual != nullptr) {
      const float* rt = residual + t * d;
#pragma omp simd
      for (int64_t i = 0; i < d; ++i) gxt[i] = rt[i] + (r * w[i] * gt[i] - along * xt[i]);
    } else {
#pragma omp simd
      for (int64_t i = 0; i < d; ++i) gxt[i] = r * w[i] * gt[i] - along * xt[i];
    }
  }
}

VT_CLONES void swiglu(const float* gate, const float* up, float* y, int64_t begin, int64_t end) {
#pragma omp simd
  for (int64_t i = begin; i < end; ++i) y[i] = gate[i] / (1.0f + exp_f32(-gate[i])) * up[i];
}

VT_CLONES void swiglu_backward(const float* gate, const float* up, const float* gy, float* ggate, float* gup, float* y,
                               int64_t begin, int64_t end) {
  if (y != nullptr) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) {
      const float g = gate[i], u = up[i], go = gy[i];
      const float s = 1.0f / (1.0f + exp_f32(-g));
      y[i] = g * s * u;
      ggate[i] = go * u * s * (1.0f + g * (1.0f - s));
      gup[i] = go * g * s;
    }
  } else {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) {
      const float g = gate[i], u = up[i], go = gy[i];
      const float s = 1.0f / (1.0f + exp_f32(-g));
      ggate[i] = go * u * s * (1.0f + g * (1.0f - s));
      gup[i] = go * g * s;
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
        const float ai = a[i], bi = b[i], si = sign * s[i];
        a[i] = ai * c[i] - bi * si;
        b[i] = bi * c[i] + ai * si;
      }
    }
  }
}

namespace {

// Sums stay in f32 for this many logits, so that a large vocabulary costs no digits.
constexpr int64_t SPAN = 1024;

VT_INLINE float row_max(const float* x, int64_t v) {
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
        x[i] = exp_f32(x[i] - most);
        sum += x[i];
      }
      total += sum;
    }
    loss[t] = std::log(total) + (static_cast<double>(most) - wanted);
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
      for (int64_t i = from; i < to; ++i) sum += exp_f32(x[i] - most);
      total += sum;
    }
    loss[t] = std::log(total) + (static_cast<double>(most) - x[labels[t]]);
  }
}

VT_CLONES void round_stochastic(const float* src, uint16_t* dst, uint64_t key, int64_t begin, int64_t end) {
  const uint32_t low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
#pragma omp simd
  for (int64_t i = begin; i < end; ++i) {
    uint32_t bits;
    std::memcpy(&bits, src + i, sizeof bits);
    const uint32_t hash = mix(mix(static_cast<uint32_t>(i) ^ low) ^ static_cast<uint32_t>(i >> 32) ^ high);
    const bool finite = (bits & 0x7f800000u) != 0x7f800000u;
    // Infinity stays; a NaN keeps its top payload bit, so that it does not become infinity.
    const uint32_t special = (bits & 0x007fffffu) != 0 ? bits | 0x00400000u : bits;
    dst[i] = static_cast<uint16_t>((finite ? bits + (hash >> 16) : special) >> 16);
  }
}

}  // namespace vt::loops
