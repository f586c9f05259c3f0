"""Human-readable reports: trace, compare, the account of a run."""
