// AdamW's step: weight, gradient and moments are read once, weight and moments written once. Weights and moments
// in bf16 are rounded stochastically.

#include "arith/adamw.h"
#include "arith/blockwise.h"
#include "gpu_kernels/reduce.h"

namespace vt::gpu {

template <typename W, typename M>
VT_FN void adamw(const arith::AdamW& of, const arith::Keys& keys, W* weight, const W* grad, M* first, M* second,
                 int64_t n) {
  const bool by_four = aligned(weight) && aligned(grad) && aligned(first) && aligned(second);
  each_of_grid(n, by_four, [&]<int N>(int64_t i, Count<N>) {
    float w[N], g[N], m[N], v[N];
    load(weight + i, w);
    load(grad + i, g);
    load(first + i, m);
    load(second + i, v);
    for (int k = 0; k < N; ++k) {
      const arith::AdamWElement x = arith::adamw(of, {w[k], m[k], v[k]}, g[k]);
      w[k] = x.weight;
      m[k] = x.first;
      v[k] = x.second;
    }
    store_stochastic(weight + i, w, keys.weight, i);
    store_stochastic(first + i, m, keys.first, i);
    store_stochastic(second + i, v, keys.second, i);
  });
}

// The maps, made by all threads of the block.
VT_FN void make_maps(arith::Map& with_sign, arith::Map& without) {
  static_assert(arith::CODES == THREADS, "a thread makes the value of a code");
  const int code = threadIdx.x;
  with_sign.value[code] = arith::signed_value(code);
  without.value[code] = arith::unsigned_value(code);
  __syncthreads();
  if (code + 1 < arith::CODES) {
    with_sign.middle[code] = arith::middle_of(with_sign.value[code], with_sign.value[code + 1]);
    without.middle[code] = arith::middle_of(without.value[code], without.value[code + 1]);
  }
  __syncthreads();
}

// Four numbers of a lane, or what of them is below n; the others are 0.
template <typename T>
VT_FN void load_some(const T* p, int64_t i, int64_t n, bool by_four, float* x) {
  if (by_four && i + 4 <= n) {
    float four[4];
    load(p + i, four);
    for (int k = 0; k < 4; ++k) x[k] = four[k];
  } else {
    for (int k = 0; k < 4; ++k) x[k] = i + k < n ? arith::load(p[i + k]) : 0.0f;
  }
}

template <typename T>
VT_FN void store_some(T* p, int64_t i, int64_t n, bool by_four, const float* x, uint64_t key) {
  if (by_four && i + 4 <= n) {
    store_stochastic(p + i, {x[0], x[1], x[2], x[3]}, key, i);
  } else {
    for (int k = 0; k < 4; ++k) {
      if (i + k < n) arith::store_stochastic(p[i + k], x[k], key, i + k);
    }
  }
}

// A warp takes a block of 256 numbers at a time, a lane eight of them: four, and the four that lie 128 further.
constexpr int LANE = arith::BLOCK / WARP;
VT_FN int64_t lane_index(int group) { return group * (arith::BLOCK / 2) + 4 * (threadIdx.x % WARP); }

VT_FN void decode(const uint8_t* codes, const arith::Map& map, float largest, int64_t from, int64_t n, bool by_four,
                  float* x) {
  for (int group = 0; group < 2; ++group) {
    const int64_t i = from + lane_index(group);
    Four<uint8_t> four = {};
    if (by_four && i + 4 <= n) {
      four = *reinterpret_cast<const Four<uint8_t>*>(codes + i);
      for (int k = 0; k < 4; ++k) x[4 * group + k] = map.value[four.at[k]] * largest;
    } else {
      for (int k = 0; k < 4; ++k) x[4 * group + k] = i + k < n ? map.value[codes[i + k]] * largest : 0.0f;
    }
  }
}

// Numbers of a warp into codes; -> their largest magnitude.
template <typename Nearest>
VT_FN float encode(const float* x, uint8_t* codes, int64_t from, int64_t n, bool by_four, Nearest&& nearest) {
  float largest = 0;
  for (int k = 0; k < LANE; ++k) largest = fabsf(x[k]) > largest ? fabsf(x[k]) : largest;
  largest = over_warp(largest, Max{});
  const float inverse = arith::inverse_of(largest);
  for (int group = 0; group < 2; ++group) {
    const int64_t i = from + lane_index(group);
    Four<uint8_t> four;
    for (int k = 0; k < 4; ++k) four.at[k] = static_cast<uint8_t>(nearest(x[4 * group + k] * inverse));
    if (by_four && i + 4 <= n) {
      *reinterpret_cast<Four<uint8_t>*>(codes + i) = four;
    } else {
      for (int k = 0; k < 4; ++k) {
        if (i + k < n) codes[i + k] = four.at[k];
      }
    }
  }
  return largest;
}

// Moments in 8 bits: codes [n] and the largest magnitude of each block.
template <typename W>
VT_FN void adamw_8bit(const arith::AdamW& of, uint64_t weight_key, W* weight, const W* grad, uint8_t* first_codes,
                      float* first_largest, uint8_t* second_codes, float* second_largest, int64_t n) {
  __shared__ arith::Map with_sign, without;
  make_maps(with_sign, without);
  const bool by_four = aligned(weight) && aligned(grad) && aligned(first_codes) && aligned(second_codes);
  const int64_t blocks = (n + arith::BLOCK - 1) / arith::BLOCK, stride = static_cast<int64_t>(gridDim.x) * WARPS;
  // All lanes of a warp go through the same blocks.
  for (int64_t block = static_cast<int64_t>(blockIdx.x) * WARPS + threadIdx.x / WARP; block < blocks; block += stride) {
    const int64_t from = block * arith::BLOCK;
    float w[LANE], g[LANE], m[LANE], v[LANE];
    for (int group = 0; group < 2; ++group) {
      load_some(weight, from + lane_index(group), n, by_four, w + 4 * group);
      load_some(grad, from + lane_index(group), n, by_four, g + 4 * group);
    }
    decode(first_codes, with_sign, first_largest[block], from, n, by_four, m);
    decode(second_codes, without, second_largest[block], from, n, by_four, v);
    for (int k = 0; k < LANE; ++k) {
      const arith::AdamWElement x = arith::adamw(of, {w[k], m[k], v[k]}, g[k]);
      w[k] = x.weight;
      m[k] = x.first;
      v[k] = x.second;
    }
    for (int group = 0; group < 2; ++group) {
      store_some(weight, from + lane_index(group), n, by_four, w + 4 * group, weight_key);
    }
    const float most_first = encode(m, first_codes, from, n, by_four,
                                    [&](float x) { return arith::nearest_code(with_sign.middle, x); });
    const float most_second = encode(v, second_codes, from, n, by_four,
                                     [&](float x) { return arith::nearest_positive_code(without.middle, x); });
    if (threadIdx.x % WARP == 0) {
      first_largest[block] = most_first;
      second_largest[block] = most_second;
    }
  }
}

}  // namespace vt::gpu

using vt::arith::bf16;

extern "C" {

__global__ void __launch_bounds__(vt::gpu::THREADS)
adamw_bf16_bf16(vt::arith::AdamW of, vt::arith::Keys keys, bf16* weight, const bf16* grad, bf16* first, bf16* second,
                int64_t n) {
  vt::gpu::adamw(of, keys, weight, grad, first, second, n);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
adamw_bf16_f32(vt::arith::AdamW of, vt::arith::Keys keys, bf16* weight, const bf16* grad, float* first, float* second,
               int64_t n) {
  vt::gpu::adamw(of, keys, weight, grad, first, second, n);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
adamw_f32_bf16(vt::arith::AdamW of, vt::arith::Keys keys, float* weight, const float* grad, bf16* first, bf16* second,
               int64_t n) {
  vt::gpu::adamw(of, keys, weight, grad, first, second, n);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
adamw_bf16_8bit(vt::arith::AdamW of, uint64_t weight_key, bf16* weight, const bf16* grad, uint8_t* first_codes,
                float* first_largest, uint8_t* second_codes, float* second_largest, int64_t n) {
  vt::gpu::adamw_8bit(of, weight_key, weight, grad, first_codes, first_largest, second_codes, second_largest, n);
}

__global__ void __launch_bounds__(vt::gpu::THREADS)
adamw_f32_8bit(vt::arith::AdamW of, uint64_t weight_key, float* weight, const float* grad, uint8_t* first_codes,
               float* first_largest, uint8_t* second_codes, float* second_largest, int64_t n) {
  vt::gpu::adamw_8bit(of, weight_key, weight, grad, first_codes, first_largest, second_codes, second_largest, n);
}

}  // extern "C"
