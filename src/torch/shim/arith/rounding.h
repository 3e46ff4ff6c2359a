// bf16, the upper half of an f32: to the nearest, and up or down by chance.
#pragma once

#include "arith/portable.h"

namespace vt::arith {

VT_FN float from_bf16(uint16_t x) { return float_of(static_cast<uint32_t>(x) << 16); }

// What bf16 makes of infinity, which stays, and of a NaN, which keeps its top payload bit, so that it does not
// become infinity.
VT_FN uint32_t not_finite(uint32_t bits) { return (bits & 0x007fffffu) != 0 ? bits | 0x00400000u : bits; }
VT_FN bool is_finite(uint32_t bits) { return (bits & 0x7f800000u) != 0x7f800000u; }

// The nearest bf16, of two as near the even one.
VT_FN uint16_t to_bf16(float x) {
  const uint32_t bits = bits_of(x);
  const uint32_t nearest = bits + 0x7fffu + ((bits >> 16) & 1u);
  return static_cast<uint16_t>((is_finite(bits) ? nearest : not_finite(bits)) >> 16);
}

VT_FN uint32_t mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  x ^= x >> 16;
  return x;
}

// A bf16 neighbour of x, unbiased: by bits from (key, index) alone.
VT_FN uint16_t to_bf16_stochastic(float x, uint64_t key, int64_t index) {
  const uint32_t bits = bits_of(x);
  const uint32_t low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
  const uint32_t hash = mix(mix(static_cast<uint32_t>(index) ^ low) ^ static_cast<uint32_t>(index >> 32) ^ high);
  return static_cast<uint16_t>((is_finite(bits) ? bits + (hash >> 16) : not_finite(bits)) >> 16);
}

// A bf16 in memory.
struct bf16 {
  uint16_t bits;
};

VT_FN float load(float x) { return x; }
VT_FN float load(bf16 x) { return from_bf16(x.bits); }
VT_FN void store_nearest(float& at, float x) { at = x; }
VT_FN void store_nearest(bf16& at, float x) { at.bits = to_bf16(x); }
// f32 takes the number as it is.
VT_FN void store_stochastic(float& at, float x, uint64_t, int64_t) { at = x; }
VT_FN void store_stochastic(bf16& at, float x, uint64_t key, int64_t index) {
  at.bits = to_bf16_stochastic(x, key, index);
}

}  // namespace vt::arith
