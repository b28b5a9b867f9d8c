//! Colours, spacing and type: the design tokens.
