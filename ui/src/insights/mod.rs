//! How many, how often, how much, by whom, over time.
