use super::*;

#[test]
fn rms_norm_as_composed() {
    for kind in KINDS {
        for (t, d) in [(1, 3), (7, 33), (130, 64)] {
            compare(
                kind,
                &[random(1, &[t, d]), random(2, &[d])],
                |x, g| {
                    let (y, rstd) = rms_norm(&x[0], &x[1], 1e-5).unwrap();
                    let grads = rms_norm_backward(&x[0], &x[1], &rstd, g, None, true);
                    let (gx, gw) = grads.unwrap();
                    (y, vec![gx, gw.unwrap()])
                },
                |x| plain_rms_norm(&x[0], &x[1], 1e-5),
            );
        }
    }
}

#[test]
fn rms_norm_again_is_rms_norm() {
    for (kind, most) in KINDS {
        let [x, w] = [random(1, &[9, 20]), random(2, &[20])].map(|x| x.to_kind(kind));
        let (y, rstd) = rms_norm(&x, &w, 1e-5).unwrap();
        assert_close("again", &rms_norm_again(&x, &w, &rstd).unwrap(), &y, most);
    }
}

#[test]
fn the_gradient_of_a_frozen_norm_is_not_computed_and_changes_no_other() {
    for (kind, _) in KINDS {
        let [x, w, g, residual] = [&[40, 24][..], &[24], &[40, 24], &[40, 24]]
            .map(|shape| random(3, shape).to_kind(kind));
        let rstd = rms_norm(&x, &w, 1e-5).unwrap().1;
        let run = |weight_wanted| {
            rms_norm_backward(&x, &w, &rstd, &g, Some(&residual), weight_wanted).unwrap()
        };
        let ((gx, gw), (gx_alone, none)) = (run(true), run(false));
        assert!(gw.is_some() && none.is_none());
        assert_eq!(gx, gx_alone, "{kind:?}");
    }
}

#[test]
fn swiglu_as_composed() {
    for kind in KINDS {
        compare(
            kind,
            &[random(1, &[13, 77]) * 20.0, random(2, &[13, 77])],
            |x, g| {
                let y = swiglu(&x[0], &x[1]).unwrap();
                let grads = swiglu_backward(&x[0], &x[1], g.copy(), true).unwrap();
                assert_close("again", &grads.result.unwrap(), &y, kind.1);
                (y, vec![grads.gate, grads.up])
            },
            |x| x[0].silu() * &x[1],
        );
    }
}

#[test]
fn swiglu_gives_its_result_again_only_if_it_is_wanted_and_the_same_gradients() {
    for (kind, _) in KINDS {
        let [gate, up, g] = [1, 2, 3].map(|seed| random(seed, &[13, 77]).to_kind(kind));
        let run = |wanted| swiglu_backward(&gate, &up, g.copy(), wanted).unwrap();
        let (with, without) = (run(true), run(false));
        assert!(with.result.is_some() && without.result.is_none());
        assert_eq!((with.gate, with.up), (without.gate, without.up), "{kind:?}");
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
        let rotated = |x: &Tensor, direction| {
            let mut y = x.copy();
            rope(&mut y, &cos, &sin, direction).unwrap();
            y
        };
        compare(
            kind,
            &[random(1, &[11, 3, 6])],
            |x, g| (rotated(&x[0], Direction::Forward), vec![rotated(g, Direction::Back)]),
            |x| plain_rope(&x[0], &cos, &sin),
        );
    }
}
