use super::*;

static SITE: Site = Site::new("site");

fn root(name: &str, random: u64) -> Root<'_> {
    Root {
        name,
        site: &SITE,
        trace: TraceId(u128::from(random)),
        inherited: None,
    }
}

fn rate(rate: f64) -> Sampling {
    Sampling {
        rate: Some(rate),
        ..Sampling::default()
    }
}

/// The vectors of the Python SDK.
#[test]
fn a_seed_decides_by_name() {
    assert_eq!(fnv1a(&["my-stable-seed", ":", "my-agent"]), 0x2962_78a7);
    assert_eq!(
        fnv1a(&["my-stable-seed", ":", "research-agent"]),
        0xa3df_2cc8
    );
    let sampling = Sampling {
        seed: Some("my-stable-seed".to_owned()),
        ..rate(0.5)
    };
    assert_eq!(sampling.decide(&root("my-agent", 7)).weight, 2.0);
    assert_eq!(sampling.decide(&root("my-agent", 7)).flags, 0);
    assert_eq!(sampling.decide(&root("research-agent", 7)).flags, SKELETON);
}

#[test]
fn one_keeps_all_and_zero_none() {
    for (asked, flags) in [(1.0, 0), (7.0, 0), (0.0, SKELETON), (-1.0, SKELETON)] {
        for random in [0, u64::MAX] {
            assert_eq!(rate(asked).decide(&root("a", random)).flags, flags);
        }
    }
}

#[test]
fn the_share_that_is_kept_is_the_rate() {
    let sampling = rate(0.1);
    let kept = (0..100_000).filter(|_| {
        let sampled = sampling.decide(&root("a", crate::line::random()));
        sampled.flags == 0 && sampled.weight == 10.0
    });
    let kept = kept.count();
    assert!((9_000..11_000).contains(&kept), "{kept}");
}

#[test]
fn names_and_samplers_come_before_the_rate() {
    let mut sampling = rate(1.0);
    sampling.by_name.insert("health".to_owned(), 0.0);
    assert_eq!(sampling.decide(&root("health", 1)).flags, SKELETON);
    assert_eq!(sampling.decide(&root("chat", 1)).flags, 0);
    sampling.sampler = Some(Arc::new(|root: &Root<'_>| match root.name() {
        "chat" => 0.0,
        "odd" => f64::NAN,
        "bad" => panic!("a sampler's own fault"),
        _ => 1.0,
    }));
    assert_eq!(sampling.decide(&root("health", 1)).flags, 0);
    assert_eq!(sampling.decide(&root("chat", 1)).flags, SKELETON);
    assert_eq!(sampling.decide(&root("odd", 1)).flags, 0);
    assert_eq!(sampling.decide(&root("bad", 1)).flags, 0);
    sampling.keep.push(Keep::errors());
    assert_eq!(sampling.decide(&root("chat", 1)).flags, HELD);
}
