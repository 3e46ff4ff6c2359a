use super::*;
use crate::torch::kernels::{Kernel, with_plain};
use crate::torch::trace::measured_peak;
use crate::torch::{Trace, TracedDevice, testing};
use tch::{Device, Kind};

const CPU: (Kind, Device) = (Kind::Float, Device::Cpu);
const ADAM: AdamW =
    AdamW { step: 1, lr: 0.1, beta1: 0.9, beta2: 0.99, weight_decay: 0.2, eps: 1e-8 };
const KEYS: Keys = Keys { weight: 1 << 40 | 5, first: 6, second: 7 };
/// Kinds of weights and moments that take one pass of ours.
const KINDS: [(Kind, MomentKind); 5] = [
    (Kind::BFloat16, MomentKind::Bf16),
    (Kind::BFloat16, MomentKind::F32),
    (Kind::BFloat16, MomentKind::Int8),
    (Kind::Float, MomentKind::Bf16),
    (Kind::Float, MomentKind::Int8),
];

#[test]
fn two_adamw_steps_by_hand() {
    let [p, g, m, v] = [1.0f32, 0.5, 0.0, 0.0].map(|x| [Tensor::from_slice(&[x])]);
    let step = |n: u64| {
        fused_adamw(&p, &g, &m, &v, AdamW { step: n, ..ADAM }).unwrap();
        (p[0].double_value(&[0]), m[0].double_value(&[0]), v[0].double_value(&[0]))
    };
    // p = 1·(1 − 0.1·0.2) = 0.98; m = 0.05, v = 0.0025; m̂ = 0.5, v̂ = 0.25: p −= 0.1·0.5/0.5.
    let (p1, m1, v1) = step(1);
    assert!((p1 - 0.88).abs() < 1e-6 && (m1 - 0.05).abs() < 1e-7 && (v1 - 0.0025).abs() < 1e-8);
    // A constant gradient keeps m̂ = 0.5 and v̂ = 0.25: p = 0.88·0.98 − 0.1.
    let (p2, m2, v2) = step(2);
    assert!((p2 - 0.7624).abs() < 1e-6);
    assert!((m2 - 0.095).abs() < 1e-7 && (v2 - 0.004975).abs() < 1e-8);
}

/// The same numbers as above; alone in its block each moment is its largest magnitude, which 8 bits hold exactly.
#[test]
fn the_same_steps_with_moments_in_8_bits() {
    let (weight, grad) = (Tensor::from_slice(&[1.0f32]), Tensor::from_slice(&[0.5f32]));
    let moments = Moments::zeros(&weight, MomentKind::Int8).unwrap();
    for (step, wanted) in [(1, [0.88, 0.05, 0.0025]), (2, [0.7624, 0.095, 0.004975])] {
        adamw_step(&weight, &grad, &moments, AdamW { step, ..ADAM }, KEYS).unwrap();
        let [first, second] = moments.decode().unwrap();
        for (found, wanted) in [&weight, &first, &second].iter().zip(wanted) {
            let found = found.double_value(&[0]);
            assert!((found - wanted).abs() < 1e-6 * wanted.max(0.1), "{step}: {found} {wanted}");
        }
    }
}

#[test]
fn adamw_wants_full_lists() {
    let x = [Tensor::zeros([3], CPU)];
    assert!(fused_adamw(&x, &[], &x, &x, ADAM).is_err());
    fused_adamw(&[], &[], &[], &[], ADAM).unwrap();
}

#[test]
fn norm_and_scale_span_all_tensors() {
    let grads = [Tensor::from_slice(&[3.0f32, 0.0]), Tensor::from_slice(&[4.0f32])];
    assert_eq!(grad_norm(&grads).unwrap().double_value(&[]), 5.0);
    scale_in_place(&grads, &Tensor::from(0.5f32)).unwrap();
    assert_eq!(grad_norm(&grads).unwrap().double_value(&[]), 2.5);
    assert!(grad_norm(&[]).is_err());
}

#[test]
fn the_norm_of_bf16_gradients_is_summed_in_f32() {
    let ones = Tensor::ones([100_000], (Kind::BFloat16, Device::Cpu));
    let norm = grad_norm(&[ones]).unwrap();
    assert_eq!(norm.kind(), Kind::Float);
    assert!((norm.double_value(&[]) - 100_000f64.sqrt()).abs() < 0.01);
}

/// A parameter in the midst of training.
struct Parameter {
    weight: Tensor,
    grad: Tensor,
    moments: Moments,
}

impl Parameter {
    fn new(elements: i64, weight_kind: Kind, kind: MomentKind) -> Self {
        let random = |seed| testing::random(seed, &[elements]);
        let weight = random(1).to_kind(weight_kind);
        let mut moments = Moments::zeros(&weight, kind).unwrap();
        moments.encode(&random(3), &random(4).square()).unwrap();
        Parameter { grad: random(2).to_kind(weight_kind), weight, moments }
    }

    fn step(&self, keys: Keys) {
        adamw_step(&self.weight, &self.grad, &self.moments, ADAM, keys).unwrap();
    }

    fn tensors(&self) -> Vec<&Tensor> {
        let parts = self.moments.parts();
        let stored = parts.iter().flat_map(|(numbers, largest)| [Some(*numbers), *largest]);
        [Some(&self.weight)].into_iter().chain(stored).flatten().collect()
    }
}

#[test]
fn each_kind_takes_the_step_that_f32_takes() {
    for (weight_kind, kind) in KINDS {
        let own = Parameter::new(5_003, weight_kind, kind);
        let [first, second] = own.moments.decode().unwrap();
        let wide =
            [&own.weight, &own.grad, &first, &second].map(|x| [x.to_kind(Kind::Float).copy()]);
        own.step(KEYS);
        fused_adamw(&wide[0], &wide[1], &wide[2], &wide[3], ADAM).unwrap();
        let [first, second] = own.moments.decode().unwrap();
        // Neighbours in bf16 lie 2⁻⁷ apart at most, and half of that is the largest standard error of a chance between
        // them. Codes have one digit and a half.
        let rounding = 1.0 / 256.0;
        let most = if kind == MomentKind::Int8 { 0.02 } else { rounding };
        testing::assert_close("weight", &own.weight, &wide[0][0], rounding);
        testing::assert_close("first", &first, &wide[2][0], most);
        testing::assert_close("second", &second, &wide[3][0], most);
    }
}

#[test]
fn operators_take_the_same_step_to_the_last_digit() {
    for (weight_kind, kind) in KINDS {
        let [ours, plain] = [(); 2].map(|()| Parameter::new(70_003, weight_kind, kind));
        ours.step(KEYS);
        with_plain(Kernel::AdamW, || plain.step(KEYS));
        for (ours, plain) in ours.tensors().into_iter().zip(plain.tensors()) {
            let [ours, plain] = [ours, plain].map(|x| x.to_kind(Kind::Double));
            // A last digit of f32 that decides on which side a number is rounded does so once in 65,536 times, and
            // a code changes at the middle between two.
            let differ = ours.isclose(&plain, 1e-5, 1e-7, false).logical_not().sum(Kind::Int64);
            assert!(differ.int64_value(&[]) <= 20, "{weight_kind:?} {kind:?}: {differ:?}");
        }
    }
}

#[test]
fn a_step_depends_on_its_keys_and_not_on_how_it_is_shared_out() {
    for (weight_kind, kind) in KINDS {
        let [once, again, other] = [(); 3].map(|()| Parameter::new(90_001, weight_kind, kind));
        once.step(KEYS);
        let threads = tch::get_num_threads();
        tch::set_num_threads(if threads == 1 { 2 } else { 1 });
        again.step(KEYS);
        tch::set_num_threads(threads);
        assert_eq!(once.tensors(), again.tensors(), "{weight_kind:?} {kind:?}");
        other.step(Keys { weight: KEYS.weight ^ 1 << 40, first: 0, second: 1 });
        let is_rounded = (weight_kind, kind) != (Kind::Float, MomentKind::Int8);
        assert_eq!(once.tensors() != other.tensors(), is_rounded, "{weight_kind:?} {kind:?}");
    }
}

/// What a step moves, from its buffers, against the least that there is to move: it reads and writes each of them
/// once, and takes no memory beside them.
#[test]
fn a_step_moves_few_more_bytes_than_its_numbers_have() {
    let elements = 1 << 20;
    for (weight_kind, kind) in KINDS {
        let own = Parameter::new(elements, weight_kind, kind);
        let (beside, ()) = measured_peak(|| own.step(KEYS));
        assert_eq!(beside, 0, "{weight_kind:?} {kind:?}");
        let bytes = |x: &Tensor| x.numel() * x.kind().elt_size_in_bytes();
        let both_ways: usize = own.tensors().into_iter().map(bytes).sum();
        let moved = 2 * both_ways + bytes(&own.grad);
        let weight = if weight_kind == Kind::Float { 4 } else { 2 };
        let moment = match kind {
            MomentKind::F32 => 4,
            MomentKind::Bf16 => 2,
            MomentKind::Int8 => 1,
        };
        // Weight and moments both ways, the gradient one way.
        let least = elements as usize * (3 * weight + 4 * moment);
        let ratio = moved as f64 / least as f64;
        assert!((1.0..1.01).contains(&ratio), "{weight_kind:?} {kind:?}: {ratio}");
    }
}

#[test]
fn a_traced_step_on_a_gpu_takes_no_memory_either() {
    for (weight_kind, kind) in KINDS {
        let trace = Trace::begin(TracedDevice::Gpu((9, 0)));
        let weight = trace.tensor(&[300, 100], weight_kind).unwrap();
        let grad = trace.tensor(&[300, 100], weight_kind).unwrap();
        let moments = Moments::zeros(&weight, kind).unwrap();
        let before = trace.memory().live;
        adamw_step(&weight, &grad, &moments, ADAM, KEYS).unwrap();
        assert_eq!(trace.memory().peak, before, "{weight_kind:?} {kind:?}");
        with_plain(Kernel::AdamW, || adamw_step(&weight, &grad, &moments, ADAM, KEYS).unwrap());
        assert!(trace.memory().peak > before, "{weight_kind:?} {kind:?}");
    }
}

/// A weight of 1 that decays by a quarter of a step of bf16, by the loop or by operators.
fn decayed(n: i64, key: u64, plain: bool) -> Tensor {
    let weight = Tensor::ones([n], (Kind::BFloat16, Device::Cpu));
    let moments = Moments::zeros(&weight, MomentKind::Bf16).unwrap();
    let adam = AdamW { lr: 0.25, weight_decay: 1.0 / 256.0, ..ADAM };
    let keys = Keys { weight: key, first: 0, second: 0 };
    let step = || adamw_step(&weight, &weight.zeros_like(), &moments, adam, keys).unwrap();
    if plain {
        with_plain(Kernel::AdamW, step)
    } else {
        step()
    }
    weight
}

#[test]
fn stochastic_rounding_is_unbiased_and_takes_only_neighbours() {
    let n = 200_000;
    let weight = decayed(n, 7, false).to_kind(Kind::Double);
    let share = |of: f64| weight.eq(of).sum(Kind::Double).double_value(&[]) / n as f64;
    // The bf16 below 1 is 1 − 2⁻⁸.
    let (down, up) = (share(1.0 - 1.0 / 256.0), share(1.0));
    assert_eq!(up + down, 1.0);
    // Five standard errors of a share of 1/4.
    assert!((down - 0.25).abs() < 5.0 * (0.25f64 * 0.75 / n as f64).sqrt(), "{down}");
}

#[test]
fn rounding_depends_on_key_and_index_alone() {
    let n = 10_007;
    assert!(decayed(n, 1, false).equal(&decayed(n, 1, false)));
    assert!(!decayed(n, 1, false).equal(&decayed(n, 2, false)));
    assert!(!decayed(n, 1, false).equal(&decayed(n, 1 << 40 | 1, false)));
    assert!(decayed(n, 1, false).narrow(0, 0, 99).equal(&decayed(99, 1, false)));
    // The operators give the same bits.
    assert!(decayed(n, 1 << 40 | 5, false).equal(&decayed(n, 1 << 40 | 5, true)));
}

#[test]
fn what_is_not_finite_stays_so() {
    for plain in [false, true] {
        let start = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::from_bits(0x7f80_0001), -0.0];
        let weight = Tensor::from_slice(&start).to_kind(Kind::BFloat16);
        let moments = Moments::zeros(&weight, MomentKind::Bf16).unwrap();
        let adam = AdamW { weight_decay: 0.0, ..ADAM };
        let step = || adamw_step(&weight, &weight.zeros_like(), &moments, adam, KEYS).unwrap();
        if plain {
            with_plain(Kernel::AdamW, step)
        } else {
            step()
        }
        let found = Vec::<f32>::try_from(weight.to_kind(Kind::Float)).unwrap();
        assert_eq!(found[..2], start[..2]);
        assert!(found[2].is_nan() && found[3].is_nan() && found[4] == 0.0, "{found:?}");
    }
}

#[test]
fn a_step_refuses_what_does_not_fit() {
    let own = Parameter::new(300, Kind::Float, MomentKind::F32);
    let refused = |weight: &Tensor, grad: &Tensor, moments: &Moments| {
        adamw_step(weight, grad, moments, ADAM, KEYS).unwrap_err().to_string()
    };
    assert!(refused(&own.weight, &own.grad, &own.moments).contains("not all float32"));
    let narrow = own.weight.to_kind(Kind::BFloat16);
    assert!(refused(&narrow, &own.grad, &own.moments).contains("gradient in Float"));
    let moments = Moments::zeros(&narrow.narrow(0, 0, 299), MomentKind::Int8).unwrap();
    assert!(refused(&narrow, &narrow, &moments).contains("of one size"));
}

/// The values that bitsandbytes' `create_dynamic_map` gives, computed from its description.
#[test]
fn the_maps_are_those_of_bitsandbytes() {
    let of = |map| {
        let zeros = Tensor::zeros([256], CPU);
        let mut blocks = Blocks::zeros_like(&zeros, map).unwrap();
        let codes: Vec<u8> = (0..=255).collect();
        blocks.codes = Tensor::from_slice(&codes);
        let _ = blocks.largest.fill_(1.0);
        Vec::<f32>::try_from(blocks.decode().unwrap()).unwrap()
    };
    let dynamic_map = |signed: bool| {
        let mut values = vec![0.0, 1.0];
        for decade in 0..7 {
            let items = 1 << if signed { decade } else { decade + 1 };
            for item in 0..items {
                let [low, high] =
                    [item, item + 1].map(|i| 0.1 + 0.9 * f64::from(i) / f64::from(items));
                let value = 10f64.powi(decade - 6) * (low + high) / 2.0;
                values.extend(if signed { vec![value, -value] } else { vec![value] });
            }
        }
        values.sort_by(f64::total_cmp);
        values
    };
    for (map, signed) in [(BlockMap::Signed, true), (BlockMap::Unsigned, false)] {
        let (found, wanted) = (of(map), dynamic_map(signed));
        assert_eq!(wanted.len(), 256);
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((f64::from(*found) - wanted).abs() <= 1e-7 * wanted.abs(), "{found} {wanted}");
        }
    }
    let signed = of(BlockMap::Signed);
    let picked = [0, 1, 126, 127, 128, 129, 254, 255].map(|code| signed[code]);
    assert_eq!(
        picked,
        [-0.992_968_75, -0.978_906_3, -5.5e-7, 0.0, 5.5e-7, 3.25e-6, 0.992_968_75, 1.0]
    );
    let unsigned = of(BlockMap::Unsigned);
    let picked = [0, 1, 2, 126, 127, 254, 255].map(|code| unsigned[code]);
    assert_eq!(picked[..3], [0.0, 3.25e-7, 7.75e-7]);
    assert_eq!(picked[3..], [0.099_296_875, 0.103_515_625, 0.996_484_4, 1.0]);
}

#[test]
fn blocks_come_back_as_near_as_codes_lie() {
    let numbers = testing::random(1, &[3, 257]);
    for (map, numbers) in
        [(BlockMap::Signed, numbers.shallow_clone()), (BlockMap::Unsigned, numbers.square())]
    {
        let mut blocks = Blocks::zeros_like(&numbers, map).unwrap();
        assert_eq!(blocks.decode().unwrap(), numbers.zeros_like());
        blocks.encode(&numbers).unwrap();
        assert_eq!((blocks.codes.size(), blocks.largest.size()), (vec![3, 257], vec![4]));
        let most = numbers.abs().max().double_value(&[]);
        let back = blocks.decode().unwrap();
        // Half of the largest distance between two codes; without signs it is half of that.
        let bound = most * if map == BlockMap::Signed { 0.0071 } else { 0.0036 };
        let error = (&back - &numbers).abs().max().double_value(&[]);
        assert!(error <= bound && error > bound / 3.0, "{error} {bound}");
    }
}

/// By hand: the nearest of the values that lie around 0.25 of the largest magnitude; a square that is too small for
/// a code has the least one.
#[test]
fn a_block_by_hand() {
    let mut numbers = vec![0.0f32; 256];
    (numbers[0], numbers[1], numbers[2], numbers[3]) = (-4.0, 4.0, 1.0, 1e-9);
    let numbers = Tensor::from_slice(&numbers);
    let mut signed = Blocks::zeros_like(&numbers, BlockMap::Signed).unwrap();
    signed.encode(&numbers).unwrap();
    assert_eq!(signed.largest.double_value(&[0]), 4.0);
    let back = Vec::<f32>::try_from(signed.decode().unwrap()).unwrap();
    // −4 has no code of its own; 0.25 lies between 0.1 + 0.9·(10.5 / 64) and 0.1 + 0.9·(11.5 / 64), in the last decade.
    assert_eq!(back[..5], [-4.0 * 0.992_968_75, 4.0, 4.0 * 0.247_656_25, 0.0, 0.0]);
    let mut unsigned = Blocks::zeros_like(&numbers, BlockMap::Unsigned).unwrap();
    unsigned.encode(&numbers.abs()).unwrap();
    let back = Vec::<f32>::try_from(unsigned.decode().unwrap()).unwrap();
    assert_eq!((back[3], back[4]), (4.0 * 3.25e-7, 0.0));
}
