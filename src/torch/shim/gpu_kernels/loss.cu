// Cross-entropy of logits [rows, v], a block a row.

#include "arith/layer.h"
#include "gpu_kernels/reduce.h"

namespace vt::gpu {

constexpr float LOWEST = -3.402823466e38f;

// loss gets -log softmax[label]. With GRADS logits become scale * (softmax - onehot); scales is null, or has a
// number for each row in place of `scale`. A label outside of the row gives a loss that is not a number.
template <bool GRADS, typename T>
VT_FN void cross_entropy(T* logits, const int64_t* labels, double* loss, int64_t v, float scale,
                         const double* scales) {
  __shared__ float shared[WARPS];
  __shared__ double shared_sums[WARPS];
  const int64_t row = blockIdx.x, label = labels[row];
  T* const x = logits + row * v;
  const bool by_four = v % 4 == 0 && aligned(logits);
  // Read before the first barrier, after which logits are overwritten.
  const float wanted = 0 <= label && label < v ? arith::load(x[label]) : arith::float_of(0x7fc00000u);

  // In one pass: the sum follows the largest so far.
  float most = LOWEST, sum = 0;
  each_of_block(v, by_four, [&]<int N>(int64_t i, Count<N>) {
    float of_x[N];
    load(x + i, of_x);
    for (int k = 0; k < N; ++k) {
      if (of_x[k] > most) {
        sum *= arith::exp_f32(most - of_x[k]);
        most = of_x[k];
      }
      sum += arith::exp_f32(of_x[k] - most);
    }
  });
  const float top = over_block(most, shared, Max{});
  const double scaled = static_cast<double>(sum) * arith::exp_f32(most - top);
  const double total = over_block(scaled, shared_sums, Add{});
  if (threadIdx.x == 0) loss[row] = arith::loss_of(total, top, wanted);

  if (GRADS) {
    const float by = scales != nullptr ? static_cast<float>(scales[row]) : scale;
    const float share = static_cast<float>(by / total);
    each_of_block(v, by_four, [&]<int N>(int64_t i, Count<N>) {
      float of_x[N];
      load(x + i, of_x);
      for (int k = 0; k < N; ++k) {
        of_x[k] = arith::exp_f32(of_x[k] - top) * share - (i + k == label ? by : 0.0f);
      }
      store(x + i, of_x);
    });
  }
}

}  // namespace vt::gpu

using vt::arith::bf16;

extern "C" {

__global__ void __launch_bounds__(vt::gpu::THREADS)
cross_entropy_f32(float* logits, const int64_t* labels, double* loss, int64_t v) {
  vt::gpu::cross_entropy<false>(logits, labels, loss, v, 1.0f, nullptr);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
cross_entropy_bf16(bf16* logits, const int64_t* labels, double* loss, int64_t v) {
  vt::gpu::cross_entropy<false>(logits, labels, loss, v, 1.0f, nullptr);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
cross_entropy_grad_f32(float* logits, const int64_t* labels, double* loss, int64_t v, float scale,
                       const double* scales) {
  vt::gpu::cross_entropy<true>(logits, labels, loss, v, scale, scales);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
cross_entropy_grad_bf16(bf16* logits, const int64_t* labels, double* loss, int64_t v, float scale,
                        const double* scales) {
  vt::gpu::cross_entropy<true>(logits, labels, loss, v, scale, scales);
}

}  // extern "C"
