// Numbers in 8 bits: blocks of 256, each with its largest magnitude, and codes of a map from there to 0 that has
// decades of finer and finer steps. The map is that of bitsandbytes (`create_dynamic_map`).
#pragma once

#include "arith/portable.h"

namespace vt::arith {

constexpr int64_t BLOCK = 256;  // numbers that share a largest magnitude
constexpr int CODES = 256;

// A map: the value of each code, rising, and the middles between neighbours.
struct Map {
  float value[CODES];
  float middle[CODES - 1];
};

// 10^(decade - 6)
VT_FN double power_of_ten(int decade) {
  double power = 1e-6;
  for (int i = 0; i < decade; ++i) power *= 10.0;
  return power;
}

// The item-th of 2^bits even steps through the decade from 10^(decade - 7) to 10^(decade - 6): its middle.
VT_FN float dynamic_value(int decade, int bits, int item) {
  return static_cast<float>(power_of_ten(decade) * (0.1 + 0.9 * (item + 0.5) / (1 << bits)));
}

VT_FN int log2_of(int x) {
  int bits = 0;
  while (x >>= 1) ++bits;
  return bits;
}

// Magnitudes and signs: 127 negative values, 0, 127 positive ones, 1. For the first moment.
VT_FN float signed_value(int code) {
  if (code == CODES - 1) return 1.0f;
  const int rank = code > 127 ? code - 127 : 127 - code;
  if (rank == 0) return 0.0f;
  const int decade = log2_of(rank);
  const float magnitude = dynamic_value(decade, decade, rank - (1 << decade));
  return code > 127 ? magnitude : -magnitude;
}

// No signs and twice the steps: 0, 254 positive values, 1. For the second moment.
VT_FN float unsigned_value(int code) {
  if (code == 0) return 0.0f;
  if (code == CODES - 1) return 1.0f;
  const int bits = log2_of(code + 1);
  return dynamic_value(bits - 1, bits, code + 1 - (1 << bits));
}

VT_FN float middle_of(float below, float above) { return 0.5f * (below + above); }

// The code of the value that is nearest to x, of two as near the lower one. Eight steps without a branch, written
// out for the vectorizer; `middles` are those of a map.
VT_FN int nearest_code(const float* middles, float x) {
  int code = x > middles[127] ? 128 : 0;
  code += x > middles[code + 63] ? 64 : 0;
  code += x > middles[code + 31] ? 32 : 0;
  code += x > middles[code + 15] ? 16 : 0;
  code += x > middles[code + 7] ? 8 : 0;
  code += x > middles[code + 3] ? 4 : 0;
  code += x > middles[code + 1] ? 2 : 0;
  return code + (x > middles[code] ? 1 : 0);
}

// What a block is divided by; one of zeros stays that.
VT_FN float inverse_of(float largest) { return largest > 0.0f ? 1.0f / largest : 0.0f; }

// A second moment that is not 0 never becomes 0: the update would be divided by eps alone.
VT_FN int nearest_positive_code(const float* middles, float x) {
  const int code = nearest_code(middles, x);
  return code == 0 && x > 0.0f ? 1 : code;
}

}  // namespace vt::arith
