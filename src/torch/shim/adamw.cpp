// AdamW's step of a parameter whose weight or moments are not f32: in one pass by our loop on the CPU and by our
// kernel on a GPU, or by libtorch's operators in pieces.

#include "blockwise.h"
#include "count.h"
#include "gpu_kernels.h"
#include "kernels.h"
#include "optim.h"
#include "optim_loops.h"

#include <cmath>

namespace vt {

namespace {

struct Moments {
  Tensor first, second;                  // f32, bf16, or codes
  Tensor first_largest, second_largest;  // of the blocks of codes; else undefined

  bool in_8bit() const { return first_largest.defined(); }
};

struct Step {
  Tensor weight, grad;
  Moments moments;
  arith::Keys keys;
  AdamWStep numbers;

  void check() const;
  void by_loops() const;
  void by_kernel() const;
  void by_operators() const;

  arith::AdamW as_f32() const {
    const AdamWStep& of = numbers;
    return {static_cast<float>(1.0 - of.lr * of.weight_decay),
            static_cast<float>(of.beta1),
            static_cast<float>(1.0 - of.beta1),
            static_cast<float>(of.beta2),
            static_cast<float>(1.0 - of.beta2),
            static_cast<float>(of.lr / (1.0 - std::pow(of.beta1, of.step))),
            static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(of.beta2, of.step))),
            static_cast<float>(of.eps)};
  }
};

bool is_float(const Tensor& t) { return t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16; }

void Step::check() const {
  const auto of_moments = moments.first.scalar_type();
  TORCH_CHECK(is_float(weight) && grad.scalar_type() == weight.scalar_type() &&
                  moments.second.scalar_type() == of_moments && moments.in_8bit() == (of_moments == at::kByte) &&
                  (moments.in_8bit() || is_float(moments.first)) &&
                  !(weight.scalar_type() == at::kFloat && of_moments == at::kFloat),
              "adamw: a weight in ", weight.scalar_type(), ", gradient in ", grad.scalar_type(), ", moments in ",
              of_moments, " and ", moments.second.scalar_type(),
              "; weight and gradient may be bfloat16 or float32, the moments bfloat16, float32 or 8-bit codes with "
              "their magnitudes, not all float32");
  for (const Tensor* t : {&weight, &grad, &moments.first, &moments.second}) {
    TORCH_CHECK(t->is_contiguous() && t->numel() == weight.numel() && t->device() == weight.device(),
                "adamw: needs contiguous tensors of one size on one device, got ", weight.sizes(), " and ", t->sizes());
  }
  if (!moments.in_8bit()) return;
  const int64_t blocks = (weight.numel() + arith::BLOCK - 1) / arith::BLOCK;
  for (const Tensor* t : {&moments.first_largest, &moments.second_largest}) {
    TORCH_CHECK(t->scalar_type() == at::kFloat && t->is_contiguous() && t->numel() == blocks &&
                    t->device() == weight.device(),
                "adamw: ", blocks, " blocks have their magnitudes in float32 beside the weight, got ", t->scalar_type(), t->sizes());
  }
}

// Calls `body` with pointers of the type that a tensor has.
template <typename Body>
void with_type(const Tensor& of, Body&& body) {
  of.scalar_type() == at::kFloat ? body(static_cast<float*>(nullptr)) : body(static_cast<arith::bf16*>(nullptr));
}

template <typename T>
T* data(const Tensor& t) {
  return static_cast<T*>(t.data_ptr());
}

void Step::by_loops() const {
  constexpr int64_t GRAIN = 1 << 14;
  const int64_t n = weight.numel();
  const arith::AdamW of = as_f32();
  with_type(weight, [&](auto* w) {
    using W = std::remove_pointer_t<decltype(w)>;
    if (moments.in_8bit()) {
      const loops::Blocks first{data<uint8_t>(moments.first), data<float>(moments.first_largest)};
      const loops::Blocks second{data<uint8_t>(moments.second), data<float>(moments.second_largest)};
      parallel(weight, moments.first_largest.numel(), GRAIN / arith::BLOCK, [&](int64_t begin, int64_t end) {
        loops::adamw(of, keys.weight, data<W>(weight), data<W>(grad), first, second, begin, end, n);
      });
      return;
    }
    with_type(moments.first, [&](auto* m) {
      using M = std::remove_pointer_t<decltype(m)>;
      if constexpr (!(std::is_same_v<W, float> && std::is_same_v<M, float>)) {
        // What a thread gets begins and ends at whole grains: the last elements of a loop, for which no vector is
        // full, may come out with another last digit.
        parallel(weight, (n + GRAIN - 1) / GRAIN, 1, [&](int64_t first, int64_t last) {
          for (int64_t grain = first; grain < last; ++grain) {
            loops::adamw(of, keys, data<W>(weight), data<W>(grad), data<M>(moments.first), data<M>(moments.second),
                         grain * GRAIN, std::min(n, (grain + 1) * GRAIN));
          }
        });
      }
    });
  });
}

void Step::by_kernel() const {
  const Moments& m = moments;
  count_kernel("adamw", {weight, grad, m.first, m.second, m.first_largest, m.second_largest},
               {weight, m.first, m.second, m.first_largest, m.second_largest});
  const int64_t n = weight.numel();
  const arith::AdamW of = as_f32();
  void *const w = weight.data_ptr(), *const g = grad.data_ptr();
  void *const first = moments.first.data_ptr(), *const second = moments.second.data_ptr();
  if (moments.in_8bit()) {
    // Eight numbers to a thread.
    const gpu::Grid grid = gpu::over_elements((n + 1) / 2);
    gpu::launch("adamw_" + gpu::kind(weight) + "_8bit", weight, grid, of, keys.weight, w, g, first,
                moments.first_largest.data_ptr(), second, moments.second_largest.data_ptr(), n);
    return;
  }
  gpu::launch("adamw_" + gpu::kind(weight) + "_" + gpu::kind(moments.first), weight, gpu::over_elements(n), of, keys, w,
              g, first, second, n);
}

// The integer hash of arith/rounding.h by tensor operations, on values below 2^32 held in int64.
Tensor mixed(Tensor x) {
  constexpr int64_t MASK = 0xffffffff;
  x = x.bitwise_xor(x.bitwise_right_shift(16));
  x = x.mul_(0x7feb352d).bitwise_and_(MASK);
  x = x.bitwise_xor(x.bitwise_right_shift(15));
  x = x.mul_(static_cast<int64_t>(0x846ca68b)).bitwise_and_(MASK);
  return x.bitwise_xor(x.bitwise_right_shift(16));
}

// Elements [from, from + length) of a flat tensor: the same bits as arith/rounding.h has.
void round_stochastic(const Tensor& src, Tensor dst, uint64_t key, int64_t from) {
  const int64_t low = key & 0xffffffff, high = key >> 32;
  const Tensor index = at::arange(from, from + src.numel(), src.options().dtype(at::kLong));
  const Tensor own = mixed(index.bitwise_and(0xffffffff).bitwise_xor_(low));
  const Tensor chance = mixed(own.bitwise_xor(index.bitwise_right_shift(32)).bitwise_xor_(high));
  const Tensor bits = src.view(at::kInt).to(at::kLong);
  const Tensor up = bits.add(chance.bitwise_right_shift(16)).bitwise_right_shift(16);
  const Tensor rounded = up.to(at::kShort).view(at::kBFloat16);
  dst.copy_(at::where(src.isfinite(), rounded, src.to(at::kBFloat16)));
}

// f32 numbers back to where they are stored.
void put(const Tensor& wide, const Tensor& stored, uint64_t key, int64_t from) {
  if (stored.scalar_type() == at::kBFloat16) round_stochastic(wide, stored, key, from);
}

void Step::by_operators() const {
  // The hash takes many times the memory of what it rounds.
  constexpr int64_t PIECE = 1 << 22;
  static_assert(PIECE % arith::BLOCK == 0, "a piece is of whole blocks");
  const int64_t n = weight.numel();
  for (int64_t from = 0; from < n; from += PIECE) {
    const int64_t length = std::min(PIECE, n - from);
    const auto piece = [&](const Tensor& t) { return t.view(-1).narrow(0, from, length); };
    const auto blocks = [&](const Tensor& codes, const Tensor& largest) {
      const int64_t count = (length + arith::BLOCK - 1) / arith::BLOCK;
      return Blockwise{piece(codes), largest.view(-1).narrow(0, from / arith::BLOCK, count)};
    };
    // What is f32 already is changed in place.
    const Tensor w = piece(weight).to(at::kFloat), g = piece(grad).to(at::kFloat);
    if (moments.in_8bit()) {
      const Blockwise first = blocks(moments.first, moments.first_largest);
      const Blockwise second = blocks(moments.second, moments.second_largest);
      const Tensor m = decode(first, MapKind::Signed), v = decode(second, MapKind::Unsigned);
      plain_adamw(w, g, m, v, numbers);
      encode(m, first, MapKind::Signed);
      encode(v, second, MapKind::Unsigned);
    } else {
      const Tensor m = piece(moments.first).to(at::kFloat), v = piece(moments.second).to(at::kFloat);
      plain_adamw(w, g, m, v, numbers);
      put(m, piece(moments.first), keys.first, from);
      put(v, piece(moments.second), keys.second, from);
    }
    put(w, piece(weight), keys.weight, from);
  }
}

}  // namespace

extern "C" {

// first_largest and second_largest are null but for 8-bit moments. keys: of weight and moments.
char* vt_adamw_step(Tensor* weight, const Tensor* grad, Tensor* first, Tensor* second, Tensor* first_largest,
                    Tensor* second_largest, const uint64_t* keys, const AdamWStep* of) {
  return without_graph([&] {
    const Step step{*weight,
                    *grad,
                    {*first, *second, maybe(first_largest), maybe(second_largest)},
                    {keys[0], keys[1], keys[2]},
                    *of};
    step.check();
    if (is_plain(Kernel::AdamW)) {
      step.by_operators();
    } else if (on_cpu(*weight)) {
      step.by_loops();
    } else if (on_cuda(*weight) && gpu::available(gpu::Source::AdamW, *weight)) {
      step.by_kernel();
    } else {
      step.by_operators();
    }
    // Copies of the weight in other kinds are made anew by that count.
    weight->unsafeGetTensorImpl()->bump_version();
  });
}

}  // extern "C"

}  // namespace vt
