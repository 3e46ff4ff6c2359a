use super::*;

/// Hidden states, head, labels (some not counted) and domains of a small case.
pub fn head_case(t: i64, d: i64, v: i64) -> (Tensor, Tensor, Tensor, Tensor) {
    let labels: Vec<i64> = (0..t).map(|i| if i % 3 == 1 { -100 } else { (i * 7) % v }).collect();
    let domains: Vec<i64> = (0..t).map(|i| (i / 4) % 3).collect();
    let weight = random(2, &[v, d]) * 2.0;
    (random(1, &[t, d]), weight, Tensor::from_slice(&labels), Tensor::from_slice(&domains))
}

/// Sums per domain, the scaled sum and both gradients by tch's own operations and autograd in f64. `scale`
/// is a number or one per token.
fn plain_cross_entropy(
    (hidden, weight, labels, domains): &(Tensor, Tensor, Tensor, Tensor),
    scale: &Tensor,
) -> (Tensor, Tensor, Tensor, Tensor) {
    let [hidden, weight] = [hidden, weight].map(|x| leaf(&x.to_kind(Kind::Double)));
    let logits = hidden.matmul(&weight.tr());
    let losses = logits.cross_entropy_loss::<Tensor>(labels, None, tch::Reduction::None, -100, 0.0);
    let sums: Vec<Tensor> = (0..3).map(|k| (&losses * domains.eq(k)).sum(None::<Kind>)).collect();
    let scaled = (&losses * scale).sum(None::<Kind>);
    scaled.backward();
    (Tensor::stack(&sums, 0), scaled.detach().view([1]), hidden.grad(), weight.grad())
}

pub fn loss_of<'a>(case: &'a (Tensor, Tensor, Tensor, Tensor), chunk: i64) -> CrossEntropy<'a> {
    let (hidden, weight, labels, domains) = case;
    CrossEntropy { hidden, weight, labels, groups: domains, group_count: 3, chunk }
}

/// Sums and the gradient of the hidden states; that of the weight is added.
fn with_gradients(
    loss: &CrossEntropy<'_>,
    weight_grad: &mut Tensor,
    scale: f64,
) -> (Tensor, Tensor) {
    let (losses, hidden_grad) = with_scale(loss, weight_grad, LossScale::Same(scale));
    assert!(losses.scaled.is_none());
    (losses.sums, hidden_grad)
}

fn with_scale(
    loss: &CrossEntropy<'_>,
    weight_grad: &mut Tensor,
    scale: LossScale<'_>,
) -> (CrossEntropyLosses, Tensor) {
    let gradients = CrossEntropyGradients { scale, hidden: true, weight: Some(weight_grad) };
    let mut losses = cross_entropy(loss, gradients).unwrap();
    let hidden_grad = losses.hidden_grad.take().unwrap();
    (losses, hidden_grad)
}

#[test]
fn only_the_wanted_gradients_of_the_loss_are_computed_to_the_same_bits() {
    for (kind, _) in KINDS {
        let (hidden, weight, labels, domains) = head_case(41, 12, 30);
        let case = (hidden.to_kind(kind), weight.to_kind(kind), labels, domains);
        let loss = loss_of(&case, 16);
        let mut weight_grad = case.1.zeros_like();
        let (sums, hidden_grad) = with_gradients(&loss, &mut weight_grad, 0.25);

        let scale = LossScale::Same(0.25);
        let hidden_only = CrossEntropyGradients { scale, hidden: true, weight: None };
        let same = cross_entropy(&loss, hidden_only).unwrap();
        assert_eq!((&same.sums, same.hidden_grad.unwrap()), (&sums, hidden_grad));

        let mut alone = case.1.zeros_like();
        let weight_only = CrossEntropyGradients { scale, hidden: false, weight: Some(&mut alone) };
        let same = cross_entropy(&loss, weight_only).unwrap();
        assert!(same.hidden_grad.is_none());
        assert_eq!((same.sums, alone), (sums, weight_grad), "{kind:?}");
    }
}

/// Scales of their own for all tokens: some negative numbers, zeros and large ones among them.
fn scales_of(t: i64) -> Tensor {
    let scales: Vec<f64> = (0..t).map(|i| ((i * 5) % 7 - 2) as f64 / 8.0).collect();
    Tensor::from_slice(&scales)
}

#[test]
fn each_token_is_scaled_by_its_own_number_in_every_chunk() {
    for (kind, most) in KINDS {
        for (t, v) in [(1, 5), (41, 30), (50, 1500)] {
            let (hidden, weight, labels, domains) = head_case(t, 12, v);
            let case = (hidden.to_kind(kind), weight.to_kind(kind), labels, domains);
            let scales = scales_of(t);
            let (sums, scaled, hidden, weight) = plain_cross_entropy(&case, &scales);
            for chunk in [1, 7, 16, 1000] {
                let mut weight_grad = case.1.zeros_like();
                let loss = loss_of(&case, chunk);
                let (found, hidden_grad) =
                    with_scale(&loss, &mut weight_grad, LossScale::Each(&scales));
                assert_close("sums are not scaled", &found.sums, &sums, most);
                assert_close("scaled", &found.scaled.unwrap(), &scaled, 2.0 * most);
                assert_close("hidden", &hidden_grad, &hidden, most);
                assert_close("weight", &weight_grad, &weight, most);
            }
        }
    }
}

#[test]
fn the_same_number_for_each_token_is_one_number_for_all_to_the_bit() {
    for (kind, _) in KINDS {
        let (hidden, weight, labels, domains) = head_case(41, 12, 30);
        let case = (hidden.to_kind(kind), weight.to_kind(kind), labels, domains);
        let loss = loss_of(&case, 16);
        let (mut one, mut each) = (case.1.zeros_like(), case.1.zeros_like());
        let (sums, hidden_grad) = with_gradients(&loss, &mut one, 0.25);
        let scales = Tensor::full([41], 0.25, (Kind::Double, tch::Device::Cpu));
        let (found, same) = with_scale(&loss, &mut each, LossScale::Each(&scales));
        assert_eq!((found.sums, same, each), (sums, hidden_grad, one), "{kind:?}");
    }
}

#[test]
fn scales_that_do_not_fit_the_tokens_are_an_error() {
    let case = head_case(9, 4, 11);
    for scales in [scales_of(8), scales_of(9).to_kind(Kind::Float)] {
        let scale = LossScale::Each(&scales);
        let gradients = CrossEntropyGradients { scale, hidden: true, weight: None };
        let error = cross_entropy(&loss_of(&case, 4), gradients).unwrap_err().to_string();
        assert!(error.contains("one scale in float64 per token"), "{error}");
    }
}

#[test]
fn cross_entropy_as_composed_for_every_chunk() {
    for (kind, most) in KINDS {
        for (t, v) in [(1, 5), (41, 30), (50, 1500)] {
            let (hidden, weight, labels, domains) = head_case(t, 12, v);
            let case = (hidden.to_kind(kind), weight.to_kind(kind), labels, domains);
            let quarter = Tensor::from(0.25);
            let (wanted, _, wanted_hidden, wanted_weight) = plain_cross_entropy(&case, &quarter);
            for chunk in [1, 7, 16, 1000] {
                let mut weight_grad = case.1.ones_like();
                let (sums, hidden_grad) =
                    with_gradients(&loss_of(&case, chunk), &mut weight_grad, 0.25);
                assert_eq!((sums.kind(), hidden_grad.kind()), (Kind::Double, kind));
                assert_close("sums", &sums, &wanted, most);
                assert_close("hidden", &hidden_grad, &wanted_hidden, most);
                assert_close("weight", &weight_grad, &(&wanted_weight + 1.0), most);
                assert_close(
                    "evaluation",
                    &cross_entropy_sums(&loss_of(&case, chunk)).unwrap(),
                    &sums,
                    1e-6,
                );
            }
        }
    }
}

#[test]
fn cross_entropy_without_targets_is_zero() {
    let (hidden, weight, _, domains) = head_case(9, 4, 11);
    let case = (hidden, weight, Tensor::full([9], -100, (Kind::Int64, tch::Device::Cpu)), domains);
    let mut weight_grad = case.1.zeros_like();
    let (sums, hidden_grad) = with_gradients(&loss_of(&case, 4), &mut weight_grad, 1.0);
    for zero in [sums, hidden_grad, weight_grad] {
        assert_eq!(zero.abs().max().double_value(&[]), 0.0);
    }
}

#[test]
fn cross_entropy_shows_what_is_not_finite() {
    let case = head_case(9, 4, 11);
    let _ = case.0.get(3).fill_(f64::NAN);
    let mut weight_grad = case.1.zeros_like();
    let (sums, _) = with_gradients(&loss_of(&case, 4), &mut weight_grad, 1.0);
    assert!(sums.get(0).isfinite().int64_value(&[]) == 0, "{sums:?}");
    assert!(sums.get(2).isfinite().int64_value(&[]) == 1);
}

#[test]
fn cross_entropy_with_f32_gradient_beside_bf16() {
    let (hidden, weight, labels, domains) = head_case(41, 12, 30);
    let case = (hidden.to_kind(Kind::BFloat16), weight, labels, domains);
    let (wanted, _, _, wanted_weight) = plain_cross_entropy(&case, &Tensor::from(1.0));
    let mut weight_grad = case.1.zeros_like();
    let (sums, hidden_grad) = with_gradients(&loss_of(&case, 8), &mut weight_grad, 1.0);
    assert_eq!((hidden_grad.kind(), weight_grad.kind()), (Kind::BFloat16, Kind::Float));
    assert_close("sums", &sums, &wanted, 1e-2);
    assert_close("weight", &weight_grad, &wanted_weight, 2e-2);
}
