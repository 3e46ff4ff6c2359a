// RMSNorm of rows [rows, d], a block a row, and its backward.

#include "arith/layer.h"
#include "gpu_kernels/reduce.h"

namespace vt::gpu {

// Rows begin where four may be read at once, all of them or none.
template <typename... T>
VT_FN bool rows_aligned(int64_t d, const T*... p) {
  return d % 4 == 0 && (aligned(p) && ...);
}

template <typename T, typename W>
VT_FN void rms_norm(const T* x, const W* w, T* y, float* rstd, int64_t d, float eps) {
  __shared__ float shared[WARPS];
  const int64_t row = blockIdx.x;
  const T* const xt = x + row * d;
  T* const yt = y + row * d;
  const bool by_four = rows_aligned(d, x, w, y);
  float squares = 0;
  each_of_block(d, by_four, [&]<int N>(int64_t i, Count<N>) {
    float of_x[N];
    load(xt + i, of_x);
    for (int k = 0; k < N; ++k) squares += of_x[k] * of_x[k];
  });
  const float r = arith::rstd_of(over_block(squares, shared, Add{}), d, eps);
  if (threadIdx.x == 0) rstd[row] = r;
  each_of_block(d, by_four, [&]<int N>(int64_t i, Count<N>) {
    float of_x[N], of_w[N];
    load(xt + i, of_x);
    load(w + i, of_w);
    for (int k = 0; k < N; ++k) of_x[k] = arith::normed(of_x[k], of_w[k], r);
    store(yt + i, of_x);
  });
}

template <typename T, typename W>
VT_FN void rms_norm_again(const T* x, const W* w, const float* rstd, T* y, int64_t d) {
  const int64_t row = blockIdx.x;
  const float r = rstd[row];
  each_of_block(d, rows_aligned(d, x, w, y), [&]<int N>(int64_t i, Count<N>) {
    float of_x[N], of_w[N];
    load(x + row * d + i, of_x);
    load(w + i, of_w);
    for (int k = 0; k < N; ++k) of_x[k] = arith::normed(of_x[k], of_w[k], r);
    store(y + row * d + i, of_x);
  });
}

// Each block takes an equal share of the rows. residual is null for none. parts [blocks,d] gets each block's own
// sum of the weight's gradient, for which there is shared memory for d numbers; null where it is not wanted.
template <typename T, typename W>
VT_FN void rms_norm_backward(const T* x, const W* w, const float* rstd, const T* gy, const T* residual, T* gx,
                             float* parts, int64_t rows, int64_t d) {
  __shared__ float shared[WARPS];
  extern __shared__ float own[];
  const int64_t share = (rows + gridDim.x - 1) / gridDim.x;
  const int64_t begin = blockIdx.x * share, end = begin + share < rows ? begin + share : rows;
  const bool by_four = rows_aligned(d, x, w, gy, residual, gx);
  const bool weight_wanted = parts != nullptr;
  // A column belongs to one thread throughout, so that `own` needs no barrier.
  if (weight_wanted) {
    each_of_block(d, by_four, [&]<int N>(int64_t i, Count<N>) {
      for (int k = 0; k < N; ++k) own[i + k] = 0;
    });
  }
  for (int64_t row = begin; row < end; ++row) {
    const int64_t from = row * d;
    float dot = 0;
    each_of_block(d, by_four, [&]<int N>(int64_t i, Count<N>) {
      float of_x[N], of_w[N], g[N];
      load(x + from + i, of_x);
      load(w + i, of_w);
      load(gy + from + i, g);
      for (int k = 0; k < N; ++k) dot += of_w[k] * g[k] * of_x[k];
    });
    const float r = rstd[row];
    const float along = arith::norm_along(over_block(dot, shared, Add{}), r, d);
    each_of_block(d, by_four, [&]<int N>(int64_t i, Count<N>) {
      float of_x[N], of_w[N], g[N], grad[N] = {};
      load(x + from + i, of_x);
      load(w + i, of_w);
      load(gy + from + i, g);
      if (residual != nullptr) load(residual + from + i, grad);
      for (int k = 0; k < N; ++k) {
        if (weight_wanted) own[i + k] += arith::norm_weight_grad(of_x[k], g[k], r);
        grad[k] += arith::norm_grad(of_x[k], of_w[k], g[k], r, along);
      }
      store(gx + from + i, grad);
    });
  }
  if (weight_wanted) {
    each_of_block(d, by_four, [&]<int N>(int64_t i, Count<N>) {
      for (int k = 0; k < N; ++k) parts[blockIdx.x * d + i + k] = own[i + k];
    });
  }
}

}  // namespace vt::gpu

using vt::arith::bf16;

// Kinds of x and of w.
#define VT_NORM(T, W, KIND)                                                                                        \
  __global__ void __launch_bounds__(vt::gpu::THREADS)                                                              \
  rms_norm_##KIND(const T* x, const W* w, T* y, float* rstd, int64_t d, float eps) {                               \
    vt::gpu::rms_norm(x, w, y, rstd, d, eps);                                                                      \
  }                                                                                                                \
  __global__ void __launch_bounds__(vt::gpu::THREADS)                                                              \
  rms_norm_again_##KIND(const T* x, const W* w, const float* rstd, T* y, int64_t d) {                              \
    vt::gpu::rms_norm_again(x, w, rstd, y, d);                                                                     \
  }                                                                                                                \
  __global__ void __launch_bounds__(vt::gpu::THREADS)                                                              \
  rms_norm_backward_##KIND(const T* x, const W* w, const float* rstd, const T* gy, const T* residual, T* gx,       \
                           float* parts, int64_t rows, int64_t d) {                                                \
    vt::gpu::rms_norm_backward(x, w, rstd, gy, residual, gx, parts, rows, d);                                      \
  }

extern "C" {

VT_NORM(float, float, f32_f32)
VT_NORM(bf16, bf16, bf16_bf16)
VT_NORM(bf16, float, bf16_f32)

}  // extern "C"
