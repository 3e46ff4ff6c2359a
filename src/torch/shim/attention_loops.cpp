#include "attention_loops.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "arith/exp.h"

// The whole row of scores of a few queries is held, so that softmax needs one pass; matmuls go
// through one kernel for tiles of 8 x 32 that fills the vector registers. Keys and values that are
// multiplied transposed are first packed into panels of 32.
namespace vt::loops {

#if defined(__x86_64__)
#define VT_AVX512 __attribute__((target("avx512f,fma")))

bool attention_is_available(int64_t width) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") && width > 0 && width % 16 == 0;
}

namespace {

constexpr int64_t TILE = 8;     // rows of a tile
constexpr int64_t PANEL = 32;   // columns of a tile
constexpr int64_t QUERIES = 32;  // queries whose scores are held at one time

typedef float Vector __attribute__((vector_size(64), aligned(4), may_alias));

int64_t panels(int64_t length) { return (length + PANEL - 1) / PANEL; }
int64_t round_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

// c [8, 16 N] = (add ? c : 0) + a [8,k] b [k, 16 N]. Element (i,p) of a is a[i * a_row + p * a_step].
template <int N>
VT_AVX512 void tile(const float* a, int64_t a_row, int64_t a_step, const float* b, int64_t b_row, float* c,
                    int64_t c_row, int64_t k, bool add) {
  Vector sum[TILE][N];
#pragma GCC unroll 8
  for (int i = 0; i < TILE; ++i)
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n)
      sum[i][n] = add ? *reinterpret_cast<const Vector*>(c + i * c_row + 16 * n) : Vector{};
  for (int64_t p = 0; p < k; ++p) {
    Vector right[N];
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n) right[n] = *reinterpret_cast<const Vector*>(b + p * b_row + 16 * n);
#pragma GCC unroll 8
    for (int i = 0; i < TILE; ++i) {
      const float left = a[i * a_row + p * a_step];
#pragma GCC unroll 2
      for (int n = 0; n < N; ++n) sum[i][n] += left * right[n];
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < TILE; ++i)
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n) *reinterpret_cast<Vector*>(c + i * c_row + 16 * n) = sum[i][n];
}

// The same for c of any multiple of 16 columns.
VT_AVX512 void tiles(const float* a, int64_t a_row, int64_t a_step, const float* b, int64_t b_row, float* c,
                     int64_t c_row, int64_t k, int64_t columns, bool add) {
  int64_t from = 0;
  for (; from + PANEL <= columns; from += PANEL) tile<2>(a, a_row, a_step, b + from, b_row, c + from, c_row, k, add);
  if (from < columns) tile<1>(a, a_row, a_step, b + from, b_row, c + from, c_row, k, add);
}

// x [length, width] -> panels [panels][width][32], zeros behind the last row.
std::vector<float> packed(const float* x, int64_t row, int64_t length, int64_t width) {
  std::vector<float> out(panels(length) * width * PANEL, 0.0f);
  for (int64_t t = 0; t < length; ++t) {
    float* column = out.data() + t / PANEL * width * PANEL + t % PANEL;
    for (int64_t i = 0; i < width; ++i) column[i * PANEL] = x[t * row + i];
  }
  return out;
}

// Rows [from, from + count) of x, width apart, zeros up to QUERIES rows.
void copy_rows(const float* x, int64_t row, int64_t from, int64_t count, int64_t width, float* out) {
  for (int64_t r = 0; r < count; ++r) std::memcpy(out + r * width, x + (from + r) * row, width * sizeof(float));
  std::fill(out + count * width, out + QUERIES * width, 0.0f);
}

// scores [QUERIES, columns] = rows [QUERIES, width] x panels, except where no query sees the key.
VT_AVX512 void all_scores(const float* rows, const std::vector<float>& right, int64_t from, int64_t count,
                          int64_t width, float* scores, int64_t columns) {
  for (int64_t panel = 0; panel * PANEL < columns; ++panel) {
    for (int64_t r = 0; r < count; r += TILE) {
      if (panel * PANEL > from + r + TILE - 1) continue;  // all of it in these rows' future
      tile<2>(rows + r * width, width, 1, right.data() + panel * width * PANEL, PANEL,
              scores + r * columns + panel * PANEL, columns, width, false);
    }
  }
}

// Scores of a query that sees `seen` keys become weights that do not yet sum to 1, zeros behind;
// -> their sum, and the largest score times scale.
VT_AVX512 float exponentials(float* scores, int64_t seen, int64_t columns, float scale, float* largest) {
  float most = scores[0];
#pragma omp simd reduction(max : most)
  for (int64_t j = 0; j < seen; ++j) most = scores[j] > most ? scores[j] : most;
  float sum = 0;
  const float shift = most * scale;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < seen; ++j) {
    scores[j] = arith::exp_f32(scores[j] * scale - shift);
    sum += scores[j];
  }
  std::fill(scores + seen, scores + columns, 0.0f);
  *largest = shift;
  return sum;
}

// scores become weights, gweights the gradients of the scores, zeros behind.
VT_AVX512 void score_gradients(float* scores, float* gweights, int64_t seen, int64_t columns, float scale, float lse,
                               float delta) {
#pragma omp simd
  for (int64_t j = 0; j < seen; ++j) {
    const float weight = arith::exp_f32(scores[j] * scale - lse);
    scores[j] = weight;
    gweights[j] = weight * (gweights[j] - delta) * scale;
  }
  std::fill(scores + seen, scores + columns, 0.0f);
  std::fill(gweights + seen, gweights + columns, 0.0f);
}

VT_AVX512 float dot(const float* a, const float* b, int64_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

VT_AVX512 void AttentionTask::forward(float* out, float* lse) const {
  const auto keys = packed(k, key_row, length, width);
  std::vector<float> scores(QUERIES * panels(length) * PANEL), rows(QUERIES * width), sums(QUERIES),
      result(QUERIES * width);
  for (int64_t g = 0; g < group; ++g) {
    for (int64_t from = 0; from < length; from += QUERIES) {
      const int64_t count = std::min(QUERIES, length - from), columns = panels(from + count) * PANEL;
      copy_rows(q + g * width, query_row, from, count, width, rows.data());
      all_scores(rows.data(), keys, from, count, width, scores.data(), columns);
      for (int64_t r = 0; r < round_up(count, TILE); ++r) {
        float largest;
        const int64_t seen = r < count ? from + r + 1 : 0;
        sums[r] = exponentials(scores.data() + r * columns, seen, columns, scale, &largest);
        if (r < count) lse[g * lse_row + from + r] = largest + std::log(sums[r]);
      }
      for (int64_t r = 0; r < count; r += TILE) {
        tiles(scores.data() + r * columns, columns, 1, v, key_row, result.data() + r * width, width,
              std::min(length, from + r + TILE), width, false);
      }
      for (int64_t r = 0; r < count; ++r) {
        float* o = out + (from + r) * query_row + g * width;
        const float share = 1.0f / sums[r];
        for (int64_t i = 0; i < width; ++i) o[i] = result[r * width + i] * share;
      }
    }
  }
}

VT_AVX512 void AttentionTask::backward(const float* gout, const float* out, const float* lse, float* gq, float* gk,
                                       float* gv) const {
  const auto keys = packed(k, key_row, length, width), values = packed(v, key_row, length, width);
  const int64_t most = panels(length) * PANEL, padded = round_up(length, TILE);
  std::vector<float> weights(QUERIES * most), gscores(QUERIES * most), rows(QUERIES * width), grows(QUERIES * width),
      gqueries(QUERIES * width), gkeys(padded * width, 0.0f), gvalues(padded * width, 0.0f);
  for (int64_t g = 0; g < group; ++g) {
    for (int64_t from = 0; from < length; from += QUERIES) {
      const int64_t count = std::min(QUERIES, length - from), columns = panels(from + count) * PANEL;
      copy_rows(q + g * width, query_row, from, count, width, rows.data());
      copy_rows(gout + g * width, query_row, from, count, width, grows.data());
      all_scores(rows.data(), keys, from, count, width, weights.data(), columns);
      all_scores(grows.data(), values, from, count, width, gscores.data(), columns);
      for (int64_t r = 0; r < round_up(count, TILE); ++r) {
        const bool real = r < count;
        const float delta = real ? dot(out + (from + r) * query_row + g * width, grows.data() + r * width, width) : 0;
        score_gradients(weights.data() + r * columns, gscores.data() + r * columns, real ? from + r + 1 : 0, columns,
                        scale, real ? lse[g * lse_row + from + r] : 0, delta);
      }
      for (int64_t r = 0; r < count; r += TILE) {
        tiles(gscores.data() + r * columns, columns, 1, k, key_row, gqueries.data() + r * width, width,
              std::min(length, from + r + TILE), width, false);
      }
      for (int64_t r = 0; r < count; ++r)
        std::memcpy(gq + (from + r) * query_row + g * width, gqueries.data() + r * width, width * sizeof(float));
      for (int64_t key = 0; key < from + count; key += TILE) {
        // Queries before the key do not see it.
        const int64_t first = std::max<int64_t>(0, key - from), rest = count - first;
        tiles(gscores.data() + first * columns + key, 1, columns, rows.data() + first * width, width,
              gkeys.data() + key * width, width, rest, width, true);
        tiles(weights.data() + first * columns + key, 1, columns, grows.data() + first * width, width,
              gvalues.data() + key * width, width, rest, width, true);
      }
    }
  }
  for (int64_t t = 0; t < length; ++t) {
    std::memcpy(gk + t * key_row, gkeys.data() + t * width, width * sizeof(float));
    std::memcpy(gv + t * key_row, gvalues.data() + t * width, width * sizeof(float));
  }
}

#else

bool attention_is_available(int64_t) { return false; }
void AttentionTask::forward(float*, float*) const {}
void AttentionTask::backward(const float*, const float*, const float*, float*, float*, float*) const {}

#endif

}  // namespace vt::loops
