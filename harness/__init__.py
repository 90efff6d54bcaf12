"""clientbench's harness: scenario, plan, trial, samples, summary, store, comparison, report."""
