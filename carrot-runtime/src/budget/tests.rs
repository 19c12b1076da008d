use super::*;
use crate::{Span, Surroundings, span, testing};

fn ledger(budget: Budget) -> Ledger {
    Ledger::new(budget, None)
}

fn here() -> Option<Arc<Ledger>> {
    Surroundings::of(&Span::none()).budget().cloned()
}

#[test]
fn steps_are_refused_once_they_are_made() {
    let ledger = ledger(budget().max_steps(2));
    assert_eq!(ledger.begin_step(), Ok(()));
    assert_eq!(ledger.begin_step(), Ok(()));
    let refused = ledger.begin_step().unwrap_err();
    assert_eq!(refused.ceiling(), "max_steps");
    assert_eq!(
        refused.to_string(),
        "refused by the run's budget: max_steps is 2, and 2 model calls were made"
    );
}

#[test]
fn tokens_and_dollars_are_refused_once_they_are_spent() {
    let tokens = ledger(budget().max_tokens(100));
    tokens.spend(Some(99), None);
    assert_eq!(tokens.begin_step(), Ok(()));
    tokens.spend(Some(5), None);
    assert_eq!(
        tokens.begin_step().unwrap_err().to_string(),
        "refused by the run's budget: max_tokens is 100, and 104 tokens are used"
    );
    let usd = ledger(budget().max_usd(0.3));
    (0..3).for_each(|_| usd.spend(None, Some(0.1)));
    assert_eq!(
        usd.begin_step().unwrap_err().to_string(),
        "refused by the run's budget: max_usd is 0.3, and 0.3 US dollars are spent"
    );
}

#[test]
fn a_budget_inside_another_spends_both() {
    budget().max_steps(3).run(|| {
        let outer = here().unwrap();
        budget().max_steps(2).run(|| {
            let inner = here().unwrap();
            assert!(inner.begin_step().is_ok() && inner.begin_step().is_ok());
            assert!(inner.begin_step().is_err());
        });
        assert!(outer.begin_step().is_ok());
        budget().max_steps(9).run(|| {
            let inner = here().unwrap();
            assert!(inner.begin_step().unwrap_err().to_string().contains("is 3"));
            assert_eq!(
                inner.steps.load(Relaxed),
                0,
                "what was refused is not counted"
            );
        });
    });
    assert!(here().is_none());
}

#[test]
fn a_span_hands_its_budget_down() {
    testing::capture(|| {
        let _run = span("run").budget(budget().max_tokens(5));
        let child = span("child");
        here().unwrap().spend(Some(5), None);
        assert!(here().unwrap().begin_step().is_err());
        drop(child);
    });
}

#[test]
fn ceilings_of_zero_are_left_out() {
    let none = budget().max_steps(0).max_tokens(0).max_usd(f64::NAN);
    assert_eq!(none.sensible(), (Budget::default(), Some("max_steps")));
    assert_eq!(
        budget().max_steps(1).max_usd(-1.0).sensible(),
        (budget().max_steps(1), Some("max_usd"))
    );
    none.run(|| assert!(here().is_none()));
}
