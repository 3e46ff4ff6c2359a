// SwiGLU with its backward, and RoPE: each element is read and written once.

#include "arith/layer.h"
#include "gpu_kernels/vector.h"

namespace vt::gpu {

template <typename T>
VT_FN void swiglu(const T* gate, const T* up, T* y, int64_t n) {
  const bool by_four = aligned(gate) && aligned(up) && aligned(y);
  each_of_grid(n, by_four, [&]<int N>(int64_t i, Count<N>) {
    float g[N], u[N];
    load(gate + i, g);
    load(up + i, u);
    for (int k = 0; k < N; ++k) g[k] = arith::swiglu(g[k], u[k]);
    store(y + i, g);
  });
}

// gup may be gy itself: a thread reads what it overwrites. y is null where it is not wanted.
template <typename T>
VT_FN void swiglu_backward(const T* gate, const T* up, const T* gy, T* ggate, T* gup, T* y, int64_t n) {
  const bool by_four =
      aligned(gate) && aligned(up) && aligned(gy) && aligned(ggate) && aligned(gup) && aligned(y);
  each_of_grid(n, by_four, [&]<int N>(int64_t i, Count<N>) {
    float g[N], u[N], result[N];
    load(gate + i, g);
    load(up + i, u);
    load(gy + i, result);
    for (int k = 0; k < N; ++k) {
      const arith::SwigluGradients grads = arith::swiglu_backward(g[k], u[k], result[k]);
      g[k] = grads.gate;
      u[k] = grads.up;
      result[k] = grads.result;
    }
    store(ggate + i, g);
    store(gup + i, u);
    if (y != nullptr) store(y + i, result);
  });
}

// x [T,H,E] in place, cos and sin [T,E]; a block takes one token after another.
template <typename T>
VT_FN void rope(T* x, const float* cos, const float* sin, int64_t tokens, int heads, int half, float sign) {
  const bool by_four = half % 4 == 0 && aligned(x) && aligned(cos) && aligned(sin);
  for (int64_t t = blockIdx.x; t < tokens; t += gridDim.x) {
    const float *const token_cos = cos + t * 2 * half, *const token_sin = sin + t * 2 * half;
    T* const token = x + t * heads * 2 * half;
    // Pair number `pair` of the token: the heads' pairs one after the other. Four never span two heads.
    each_of_block(static_cast<int64_t>(heads) * half, by_four, [&]<int N>(int64_t pair, Count<N>) {
      const int i = static_cast<int>(pair) % half;
      T* const first = token + (static_cast<int>(pair) / half) * 2 * half + i;
      float a[N], b[N], c[N], s[N];
      load(first, a);
      load(first + half, b);
      load(token_cos + i, c);
      load(token_sin + i, s);
      for (int k = 0; k < N; ++k) arith::rotate(a[k], b[k], c[k], sign * s[k]);
      store(first, a);
      store(first + half, b);
    });
  }
}

}  // namespace vt::gpu

using vt::arith::bf16;

extern "C" {

__global__ void __launch_bounds__(vt::gpu::THREADS)
swiglu_f32(const float* gate, const float* up, float* y, int64_t n) {
  vt::gpu::swiglu(gate, up, y, n);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
swiglu_bf16(const bf16* gate, const bf16* up, bf16* y, int64_t n) {
  vt::gpu::swiglu(gate, up, y, n);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
swiglu_backward_f32(const float* gate, const float* up, const float* gy, float* ggate, float* gup, float* y,
                    int64_t n) {
  vt::gpu::swiglu_backward(gate, up, gy, ggate, gup, y, n);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
swiglu_backward_bf16(const bf16* gate, const bf16* up, const bf16* gy, bf16* ggate, bf16* gup, bf16* y, int64_t n) {
  vt::gpu::swiglu_backward(gate, up, gy, ggate, gup, y, n);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
rope_f32(float* x, const float* cos, const float* sin, int64_t tokens, int heads, int half, float sign) {
  vt::gpu::rope(x, cos, sin, tokens, heads, half, sign);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
rope_bf16(bf16* x, const float* cos, const float* sin, int64_t tokens, int heads, int half, float sign) {
  vt::gpu::rope(x, cos, sin, tokens, heads, half, sign);
}

}  // extern "C"
