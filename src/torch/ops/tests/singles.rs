use super::*;

#[test]
fn rms_norm_as_composed() {
    for kind in KINDS {
        for (t, d) in [(1, 3), (7, 33), (130, 64)] {
            compare(
                kind,
                &[random(1, &[t, d]), random(2, &[d])],
                |x| rms_norm(&x[0], &x[1], 1e-5).unwrap(),
                |x| plain_rms_norm(&x[0], &x[1], 1e-5),
            );
        }
    }
}

#[test]
fn swiglu_as_composed() {
    for kind in KINDS {
        compare(
            kind,
            &[random(1, &[13, 77]) * 20.0, random(2, &[13, 77])],
            |x| swiglu(&x[0], &x[1]).unwrap(),
            |x| x[0].silu() * &x[1],
        );
    }
}

#[test]
fn swiglu_at_the_ends_of_exp() {
    let gate = Tensor::from_slice(&[-1e4f32, -100.0, -88.0, 0.0, 88.0, 1e4, f32::NAN]);
    let y = Vec::<f32>::try_from(swiglu(&gate, &gate.ones_like()).unwrap()).unwrap();
    assert!(y[..3].iter().all(|x| x.abs() < 1e-30) && y[3] == 0.0);
    assert_eq!(y[4..6], [88.0, 1e4]);
    assert!(y[6].is_nan());
}

#[test]
fn rope_as_composed() {
    for kind in KINDS {
        let (cos, sin) = angles(11, 6);
        compare(
            kind,
            &[random(1, &[11, 3, 6])],
            |x| rope(&x[0], &cos, &sin).unwrap(),
            |x| plain_rope(&x[0], &cos, &sin),
        );
    }
}

#[test]
fn linear_as_composed() {
    for kind in KINDS {
        compare(
            kind,
            &[random(1, &[37, 19]), random(2, &[23, 19]), random(3, &[23])],
            |x| linear(&x[0], &x[1], Some(&x[2])).unwrap(),
            |x| x[0].matmul(&x[1].tr()) + &x[2],
        );
    }
}

#[test]
fn linear_with_f32_masters_gives_f32_gradients() {
    let (x, w) = (leaf(&random(1, &[37, 19]).to_kind(Kind::BFloat16)), leaf(&random(2, &[23, 19])));
    let y = linear(&x, &w, None).unwrap();
    assert_eq!(y.kind(), Kind::BFloat16);
    backward(&[&y], &[&y.ones_like()]).unwrap();
    assert_eq!((x.grad().kind(), w.grad().kind()), (Kind::BFloat16, Kind::Float));
    let wanted = x.to_kind(Kind::Float).sum_dim_intlist([0i64].as_slice(), false, None::<Kind>);
    assert_close("gradient", &w.grad().get(3), &wanted, 1e-2);
}
