// The language-model head with its loss: logits of a chunk of tokens at a time, never of all.
// N of the T tokens have a label.

#include "count.h"
#include "gpu_kernels.h"
#include "kernels.h"
#include "loops.h"
#include "matmul.h"

namespace vt {

namespace {

struct Head {
  Tensor weight;       // [V,d] in the dtype of the hidden states
  Tensor weight_grad;  // undefined: not wanted
  Tensor hidden_grad;  // [N,d]; undefined: not wanted
  double scale;
  Tensor scales;  // [N], f64; undefined: `scale` for all

  bool training() const { return weight_grad.defined() || hidden_grad.defined(); }

  // Whether our kernel takes the logits in their own dtype; it computes in f32.
  static bool by_kernel(const Tensor& logits) {
    return !is_plain(Kernel::CrossEntropy) && gpu::available(gpu::Source::Loss, {&logits});
  }

  // `own` as in `losses`.
  Tensor losses_by_kernel(const Tensor& logits, const Tensor& labels, const Tensor& own) const {
    const int64_t n = logits.size(0), v = logits.size(1);
    Tensor loss = at::empty({n}, logits.options().dtype(at::kDouble));
    void *const x = logits.data_ptr(), *const y = labels.data_ptr(), *const l = loss.data_ptr();
    if (training()) {
      gpu::launch("cross_entropy_grad_" + gpu::kind(logits), logits, {n}, x, y, l, v, static_cast<float>(scale),
                  own.defined() ? own.data_ptr() : nullptr);
    } else {
      gpu::launch("cross_entropy_" + gpu::kind(logits), logits, {n}, x, y, l, v);
    }
    // Gradients are made in a second walk.
    const Tensor again = training() ? logits : Tensor();
    count_kernel("cross_entropy", {logits, again}, {again, loss});
    return loss;
  }

  // logits [n,V] of the tokens from `from` on become scale * (softmax - onehot) if training; -> losses
  // [n], f64.
  Tensor losses(Tensor& logits, const Tensor& labels, int64_t from) const {
    const Tensor own = scales.defined() ? scales.narrow(0, from, labels.size(0)) : Tensor();
    if (plain_f32(logits) && !is_plain(Kernel::CrossEntropy)) {
      const int64_t n = logits.size(0), v = logits.size(1);
      Tensor loss = at::empty({n}, logits.options().dtype(at::kDouble));
      parallel(logits, n, std::max<int64_t>(1, 8192 / v), [&](int64_t begin, int64_t end) {
        float* x = logits.data_ptr<float>();
        const int64_t* y = labels.const_data_ptr<int64_t>();
        double* l = loss.data_ptr<double>();
        if (training() && own.defined()) {
          const double* s = own.const_data_ptr<double>();
          for (int64_t t = begin; t < end; ++t) {
            loops::softmax_loss_grad(x, y, l, t, t + 1, v, static_cast<float>(s[t]));
          }
        } else if (training()) {
          loops::softmax_loss_grad(x, y, l, begin, end, v, static_cast<float>(scale));
        } else {
          loops::softmax_loss(x, y, l, begin, end, v);
        }
      });
      return loss;
    }
    if (by_kernel(logits)) return losses_by_kernel(logits, labels, own);
    const Tensor wanted = labels.unsqueeze(1);
    const Tensor all = at::logsumexp(logits, 1, true);
    const Tensor loss = (all - logits.gather(1, wanted)).squeeze(1).to(at::kDouble);
    if (training()) {
      logits.sub_(all).exp_();
      // One element per row: no two writes meet, so this is deterministic on every device.
      logits.scatter_(1, wanted, logits.gather(1, wanted).sub_(1.0));
      if (own.defined()) {
        logits.mul_(own.to(logits.scalar_type()).unsqueeze(1));
      } else {
        logits.mul_(scale);
      }
    }
    return loss;
  }

  // Losses [n] of the chunk of hidden states [n,d] that begins at token `from` of the N; adds to the
  // gradients that are wanted.
  Tensor chunk(const Tensor& hidden, const Tensor& labels, int64_t from) const {
    const auto wide = hidden.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    Tensor logits = vt::matmul(hidden, weight.t());
    if (!by_kernel(logits)) logits = logits.to(wide);
    Tensor loss = losses(logits, labels, from);
    if (!training()) return loss;
    const Tensor g = logits.to(hidden.scalar_type());
    if (hidden_grad.defined()) {
      Tensor part = hidden_grad.narrow(0, from, hidden.size(0));
      matmul_into(g, weight, part, 0);
    }
    if (weight_grad.defined()) {
      Tensor sum = weight_grad;
      matmul_into(g.t(), hidden, sum, 1);
    }
    return loss;
  }
};

// Sum of losses [N] per domain -> [K], f64. By a one-hot matrix, since adding by index is not
// deterministic on CUDA.
Tensor sums_by_domain(const Tensor& loss, const Tensor& domains, int64_t count) {
  const Tensor ids = at::arange(count, domains.options()).unsqueeze(1);
  return at::where(domains.unsqueeze(0) == ids, loss.unsqueeze(0), 0.0).sum(1);
}

void check(const Tensor& hidden, const Tensor& weight, const Tensor& labels, const Tensor& domains, int64_t domain_count,
           const Tensor& scales, int64_t chunk) {
  TORCH_CHECK(hidden.dim() == 2 && weight.dim() == 2 && hidden.size(1) == weight.size(1), "cross_entropy: hidden ",
              hidden.sizes(), " does not fit weight ", weight.sizes(), ", expected [T,d] and [V,d]");
  TORCH_CHECK(labels.dim() == 1 && labels.size(0) == hidden.size(0) && domains.sizes() == labels.sizes(),
              "cross_entropy: labels ", labels.sizes(), " and domains ", domains.sizes(), " do not fit ", hidden.size(0),
              " tokens");
  TORCH_CHECK(!scales.defined() || (scales.sizes() == labels.sizes() && scales.scalar_type() == at::kDouble),
              "cross_entropy: one scale in float64 per token is needed, for ", labels.sizes(), " labels");
  TORCH_CHECK(labels.scalar_type() == at::kLong && domains.scalar_type() == at::kLong,
              "cross_entropy: labels and domains have to be int64");
  TORCH_CHECK(chunk > 0 && domain_count > 0, "cross_entropy: chunk ", chunk, " and domain count ", domain_count,
              " have to be positive");
}

void check_labels(const Tensor& labels, int64_t vocabulary) {
  TORCH_CHECK(labels.min().item<int64_t>() >= 0 && labels.max().item<int64_t>() < vocabulary,
              "cross_entropy: a label lies outside the vocabulary of ", vocabulary);
}

// Of the N tokens that have a label: their rows, labels, domains, and scales where there are any.
struct Counted {
  Tensor rows, labels, domains, scales;
};

// They go to the device together. Where the labels lie on the CPU this needs no wait for the GPU.
Counted counted(const Tensor& labels, const Tensor& domains, const Tensor& scales, int64_t vocabulary,
                at::Device device) {
  const Tensor rows = labels.ne(-100).nonzero().squeeze(1);
  const int64_t n = rows.size(0);
  std::vector<Tensor> parts{rows, labels.index_select(0, rows), domains.index_select(0, rows)};
  if (n > 0 && labels.is_cpu()) check_labels(parts[1], vocabulary);
  // As bits.
  if (scales.defined()) parts.push_back(scales.index_select(0, rows).view(at::kLong));
  const Tensor all = upload(at::cat(parts), device);
  const auto part = [&](int64_t index) { return all.narrow(0, index * n, n); };
  return {part(0), part(1), part(2), scales.defined() ? part(3).view(at::kDouble) : Tensor()};
}

}  // namespace

extern "C" {

// out: the sums per domain; if wanted, the gradient of hidden; with scales, the sum of scale * loss [1].
// weight_grad null: not wanted. scales [T] null: `scale` for all. With neither gradient wanted this is an
// evaluation.
char* vt_cross_entropy(Tensor** out, const Tensor* hidden, const Tensor* weight, bool hidden_grad_wanted,
                       Tensor* weight_grad, const Tensor* labels, const Tensor* domains, int64_t domain_count,
                       double scale, const Tensor* scales, int64_t chunk) {
  return without_graph([&] {
    check(*hidden, *weight, *labels, *domains, domain_count, maybe(scales), chunk);
    const auto device = hidden->device();
    const auto [rows, wanted, domain, own] = counted(*labels, *domains, maybe(scales), weight->size(0), device);
    const int64_t n = rows.size(0);
    const Tensor taken = hidden->index_select(0, rows);
    const Head head{weight->to(hidden->scalar_type()), maybe(weight_grad),
                    hidden_grad_wanted ? at::empty_like(taken) : Tensor(), scale, own};
    Tensor loss = at::empty({n}, hidden->options().dtype(at::kDouble));
    for (int64_t from = 0; from < n; from += chunk) {
      const int64_t length = std::min(chunk, n - from);
      loss.narrow(0, from, length)
          .copy_(head.chunk(taken.narrow(0, from, length), wanted.narrow(0, from, length), from));
    }
    const Tensor hidden_grad =
        hidden_grad_wanted ? at::zeros_like(*hidden).index_copy_(0, rows, head.hidden_grad) : Tensor();
    const Tensor scaled = own.defined() ? loss.mul(own).sum().unsqueeze(0) : Tensor();
    give_all(out, {sums_by_domain(loss, domain, domain_count), hidden_grad, scaled});
  });
}

}  // extern "C"

}  // namespace vt
