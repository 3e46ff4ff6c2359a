#include "optim_loops.h"

#include "clones.h"

#include <algorithm>

namespace vt::loops {

using arith::BLOCK;
using arith::Map;

namespace {

template <typename Value>
Map map_of(Value&& value) {
  Map map;
  for (int code = 0; code < arith::CODES; ++code) map.value[code] = value(code);
  for (int code = 0; code + 1 < arith::CODES; ++code) {
    map.middle[code] = arith::middle_of(map.value[code], map.value[code + 1]);
  }
  return map;
}

template <typename W, typename M>
VT_FN void step(const arith::AdamW& of, const arith::Keys& keys, W* weight, const W* grad, M* first, M* second,
                int64_t begin, int64_t end) {
#pragma omp simd
  for (int64_t i = begin; i < end; ++i) {
    const arith::AdamWElement x =
        arith::adamw(of, {arith::load(weight[i]), arith::load(first[i]), arith::load(second[i])}, arith::load(grad[i]));
    arith::store_stochastic(weight[i], x.weight, keys.weight, i);
    arith::store_stochastic(first[i], x.first, keys.first, i);
    arith::store_stochastic(second[i], x.second, keys.second, i);
  }
}

// A block's numbers into codes; -> its largest magnitude.
template <typename Nearest>
VT_FN float encode(const float* x, uint8_t* codes, int64_t count, Nearest&& nearest) {
  float largest = 0;
#pragma omp simd reduction(max : largest)
  for (int64_t i = 0; i < count; ++i) largest = std::fabs(x[i]) > largest ? std::fabs(x[i]) : largest;
  const float inverse = arith::inverse_of(largest);
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) codes[i] = static_cast<uint8_t>(nearest(x[i] * inverse));
  return largest;
}

template <typename W>
VT_FN void block_step(const arith::AdamW& of, uint64_t weight_key, W* weight, const W* grad, Blocks first,
                      Blocks second, int64_t begin, int64_t end, int64_t n) {
  const Map &with_sign = signed_map(), &without = unsigned_map();
  for (int64_t block = begin; block < end; ++block) {
    const int64_t from = block * BLOCK, count = std::min(BLOCK, n - from);
    uint8_t *const first_codes = first.codes + from, *const second_codes = second.codes + from;
    const float first_largest = first.largest[block], second_largest = second.largest[block];
    float moments[2][BLOCK];
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
      const float m = with_sign.value[first_codes[i]] * first_largest;
      const float v = without.value[second_codes[i]] * second_largest;
      const arith::AdamWElement x =
          arith::adamw(of, {arith::load(weight[from + i]), m, v}, arith::load(grad[from + i]));
      arith::store_stochastic(weight[from + i], x.weight, weight_key, from + i);
      moments[0][i] = x.first;
      moments[1][i] = x.second;
    }
    first.largest[block] =
        encode(moments[0], first_codes, count, [&](float x) { return arith::nearest_code(with_sign.middle, x); });
    second.largest[block] =
        encode(moments[1], second_codes, count, [&](float x) { return arith::nearest_positive_code(without.middle, x); });
  }
}

}  // namespace

const Map& signed_map() {
  static const Map map = map_of([](int code) { return arith::signed_value(code); });
  return map;
}

const Map& unsigned_map() {
  static const Map map = map_of([](int code) { return arith::unsigned_value(code); });
  return map;
}

VT_CLONES void adamw(const arith::AdamW& of, const arith::Keys& keys, bf16* weight, const bf16* grad, bf16* first,
                     bf16* second, int64_t begin, int64_t end) {
  step(of, keys, weight, grad, first, second, begin, end);
}

VT_CLONES void adamw(const arith::AdamW& of, const arith::Keys& keys, bf16* weight, const bf16* grad, float* first,
                     float* second, int64_t begin, int64_t end) {
  step(of, keys, weight, grad, first, second, begin, end);
}

VT_CLONES void adamw(const arith::AdamW& of, const arith::Keys& keys, float* weight, const float* grad, bf16* first,
                     bf16* second, int64_t begin, int64_t end) {
  step(of, keys, weight, grad, first, second, begin, end);
}

VT_CLONES void adamw(const arith::AdamW& of, uint64_t weight_key, bf16* weight, const bf16* grad, Blocks first,
                     Blocks second, int64_t begin, int64_t end, int64_t n) {
  block_step(of, weight_key, weight, grad, first, second, begin, end, n);
}

VT_CLONES void adamw(const arith::AdamW& of, uint64_t weight_key, float* weight, const float* grad, Blocks first,
                     Blocks second, int64_t begin, int64_t end, int64_t n) {
  block_step(of, weight_key, weight, grad, first, second, begin, end, n);
}

}  // namespace vt::loops
